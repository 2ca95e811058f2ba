"""What no telephone system would send: the process stays, other calls go on, nothing grows."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid

import aiohttp
import numpy as np
import pytest

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.phone import Hotline as Address
from bot.channels import nonsense
from bot.channels.hotline.line import Audio, HungUp, Key
from bot.channels.hotline.media.callbook import number_of
from bot.channels.hotline.media.codecs import FORMATS
from bot.channels.hotline.media.media_messages import command, parsed
from bot.channels.hotline.media.pending import Pending
from tests.bot.channels.hotline.parrot import KEY, Parrot, answering, until

pytestmark = pytest.mark.unit
SEED = 20261128


async def opened(address: Address, call_id: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """An AudioSocket connection of an announced call."""
    async with aiohttp.ClientSession() as session:
        form = {"call_id": call_id, "caller": "1", "called": "2", "key": KEY}
        async with session.post(f"{address.url}/calls", data=form) as answer:
            assert await answer.text() == "ok"
    reader, writer = await asyncio.open_connection(address.host, address.audiosocket_port)
    writer.write(b"\x01\x00\x10" + uuid.UUID(call_id).bytes)
    return reader, writer


async def test_ten_thousand_fuzzed_frames() -> None:
    print("seed", SEED)
    random = np.random.default_rng(SEED)
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        bystander = AudioSocketPhone(address, clock)
        await bystander.dial()
        await bystander.listen()
        frames = 0
        while frames < 10_000:
            reader, writer = await opened(address, str(uuid.uuid4()))
            draining = asyncio.create_task(reader.read(10**8))
            for _ in range(100):
                kind = int(random.choice([0x10, 0x10, 0x10, 0x11, 0x12, 0x03, 0x02, 0x7F, int(random.integers(256))]))
                size = int(random.choice([0, 1, 2, 319, 320, 640, int(random.integers(2000))]))
                claimed = size if random.random() < 0.95 else int(random.integers(65536))
                writer.write(bytes([kind]) + claimed.to_bytes(2, "big") + random.bytes(size))
                frames += 1
            with contextlib.suppress(ConnectionError, OSError):  # it was given up as hopeless
                writer.write_eof()
                await asyncio.wait_for(draining, 5)
            writer.close()
        await bystander.press("5")
        await bystander.listen_for(0.2)
        assert bystander.ear.spans[-1].ended - bystander.ear.spans[-1].began > 0.2
        await bystander.hang_up()
        await until(lambda: parrot.over.is_set())


async def test_fuzzed_websocket_messages() -> None:
    random = np.random.default_rng(SEED)
    parrot = Parrot()
    words = ["MEDIA_START", "DTMF_END", "MEDIA_XOFF", "MEDIA_XON", "MEDIA_MARK_PROCESSED", "format", "slin", "digit"]
    async with answering(parrot) as (address, _clock), aiohttp.ClientSession() as session:
        for number in range(30):
            query = {"call_id": str(uuid.uuid4()), "key": KEY}
            async with session.ws_connect(f"{address.url}/asterisk", params=query, protocols=("media",)) as socket:
                if number % 2:
                    await socket.send_str("MEDIA_START connection_id:x channel:y format:ulaw optimal_frame_size:160")
                for _ in range(50):
                    text = " ".join(random.choice(words, 4)) + random.bytes(3).hex()
                    message = [
                        text,
                        "{" + text,
                        json.dumps({"event": text}),
                        json.dumps([text]),
                        '{"event": 5}',
                        "",
                        "[",
                    ]
                    try:
                        await socket.send_str(message[int(random.integers(len(message)))])
                        await socket.send_bytes(random.bytes(int(random.integers(400))))
                    except (ConnectionError, aiohttp.ClientError):
                        break
        phone_id = str(uuid.uuid4())
        async with session.ws_connect(
            f"{address.url}/asterisk", params={"call_id": phone_id, "key": KEY}, protocols=("media",)
        ) as socket:
            await socket.send_str(json.dumps({"event": "MEDIA_START", "format": "slin"}))
            assert (await asyncio.wait_for(socket.receive(), 2)).type is aiohttp.WSMsgType.TEXT


async def test_the_older_words_and_ulaw() -> None:
    """22.6 and 22.7 say it in words and know no marks: the end of a buffered sound is told instead."""
    parrot = Parrot()
    async with answering(parrot) as (address, _clock), aiohttp.ClientSession() as session:
        query = {"call_id": str(uuid.uuid4()), "key": KEY}
        async with session.ws_connect(f"{address.url}/asterisk", params=query, protocols=("media",)) as socket:
            await socket.send_str("MEDIA_START connection_id:x channel:WebSocket/y format:ulaw optimal_frame_size:160")
            said: list[str] = []
            sound = b""
            while not any(text.startswith("STOP_MEDIA_BUFFERING ") for text in said):
                message = await asyncio.wait_for(socket.receive(), 3)
                if message.type is aiohttp.WSMsgType.TEXT:
                    said.append(message.data)
                else:
                    sound += message.data
            assert said[0] == "START_MEDIA_BUFFERING"
            assert not any("MARK" in text for text in said)
            pcm = np.frombuffer(FORMATS["ulaw"].decode(sound[:8000]), "<i2")
            assert 7000 < np.abs(pcm.astype(int)).max() < 9000
            await socket.send_str(f"MEDIA_BUFFERING_COMPLETED {said[-1].split()[1]}")
            await until(lambda: parrot.played)
            await socket.send_str("DTMF_END digit:7 channel_id:1.1")
            await until(lambda: parrot.keys == "7")
            await socket.send_str("DTMF_END digit:9")
            while "HANGUP" not in said:
                message = await asyncio.wait_for(socket.receive(), 3)
                said += [message.data] if message.type is aiohttp.WSMsgType.TEXT else []


async def test_a_format_that_is_not_spoken_ends_the_connection() -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, _clock), aiohttp.ClientSession() as session:
        query = {"call_id": str(uuid.uuid4()), "key": KEY}
        async with session.ws_connect(f"{address.url}/asterisk", params=query, protocols=("media",)) as socket:
            await socket.send_str(json.dumps({"event": "MEDIA_START", "format": "opus"}))
            assert (await asyncio.wait_for(socket.receive(), 3)).type is aiohttp.WSMsgType.CLOSE
        assert not parrot.lines


async def test_xoff_stops_what_is_sent_until_xon() -> None:
    async with answering(Parrot()) as (address, _clock), aiohttp.ClientSession() as session:
        query = {"call_id": str(uuid.uuid4()), "key": KEY}
        async with session.ws_connect(f"{address.url}/asterisk", params=query, protocols=("media",)) as socket:
            await socket.send_str(json.dumps({"event": "MEDIA_XOFF"}))  # before the start: ignored
            await socket.send_str(json.dumps({"event": "MEDIA_START", "format": "slin"}))
            await socket.send_str(json.dumps({"event": "MEDIA_XOFF"}))
            await socket.send_str(json.dumps({"event": "DTMF_END", "digit": "5"}))
            sent = 0
            try:
                while True:
                    message = await asyncio.wait_for(socket.receive(), 1.0)
                    sent += len(message.data) if message.type is aiohttp.WSMsgType.BINARY else 0
            except TimeoutError:
                pass
            assert sent <= 16000 + 6400, "the greeting of a second at most"
            await socket.send_str(json.dumps({"event": "MEDIA_XON"}))
            message = await asyncio.wait_for(socket.receive(), 1.0)
            ahead = 0
            for _ in range(10):
                message = await asyncio.wait_for(socket.receive(), 1.0)
                ahead += len(message.data) if message.type is aiohttp.WSMsgType.BINARY else 0
            assert 0 < ahead <= 2.4 * 16000


async def test_keys_outlive_sound_that_nobody_takes() -> None:
    pending = Pending(8000)
    for index in range(500):
        pending.put(Audio(bytes(320)))
        if index % 100 == 0:
            pending.put(Key(str(index // 100)))
    pending.put(HungUp())
    pending.put(Key("9"))
    events = [event async for event in pending.events()]
    assert "".join(event.digit for event in events if isinstance(event, Key)) == "01234"
    assert sum(len(event.pcm) for event in events if isinstance(event, Audio)) <= 32000
    assert isinstance(events[-1], HungUp)


async def test_sound_that_grew_too_old_while_others_had_their_turn_is_missed_by_nobody() -> None:
    pending = Pending(8000)
    pending.put(Audio(bytes(320)))
    pending.put(Audio(bytes(320)))
    events = pending.events()
    await anext(events)
    second = asyncio.create_task(anext(events))
    await asyncio.sleep(0)  # it lets others go first: meanwhile comes more than a line may keep
    pending.put(Audio(bytes(40_000)))
    await asyncio.sleep(0)
    pending.put(HungUp())
    assert isinstance(await asyncio.wait_for(second, 2), HungUp)


UPGRADE = (
    b"Upgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\nSec-WebSocket-Protocol: media\r\n"
)
FORM = b"POST /calls HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded"
NO_HTTP = {
    "nothing": b"\x00\x01\x02\xff\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a line that is too long": b"GET /calls?key=" + KEY.encode() + b"&x=" + 9000 * b"x" + b" HTTP/1.1\r\n\r\n",
    "no header": b"GET /calls HTTP/1.1\r\nno colon here\r\n\r\n",
    "bytes that are no UTF-8": FORM + b"\r\nContent-Length: 6\r\n\r\n\xff\xfe=\xff\xfe\xff",
    "an encoding that does not exist": FORM + b"; charset=nonsense\r\nContent-Length: 3\r\n\r\na=b",
    "parts without a boundary": FORM.replace(b"application/x-www-form-urlencoded", b"multipart/form-data")
    + b"\r\nContent-Length: 3\r\n\r\na=b",
    "no gzip": FORM + b"\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcde",
    "chunks without a length": FORM + b"\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nqq\r\n\r\n",
    "a thousand fields": FORM + b"\r\nContent-Length: 4000\r\n\r\n" + 1000 * b"a=b&",
    "no path": b"GET /calls/\xe4\xb8\xad/next HTTP/1.1\r\nHost: x\r\n\r\n",
    "no upgrade": b"GET /asterisk?key=%s&call_id=%s HTTP/1.1\r\nHost: x\r\n\r\n",
    "gone at once": b"GET /asterisk?key=%s&call_id=%s HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n",
    "a key that is no text": b"GET /asterisk?key=%s&call_id=%s HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE.replace(b"AQID", b"\xf6QID")
    + b"\r\n",
    "an upgrade to what is no text": b"GET /asterisk?key=%s&call_id=%s HTTP/1.1\r\nHost: x\r\n"
    + UPGRADE.replace(b"Upgrade: websocket", b"Upgrade: web\xa2")
    + b"\r\n",
    "no frame": b"GET /asterisk?key=%s&call_id=%s HTTP/1.1\r\nHost: x\r\n" + UPGRADE + b"\r\n" + 20 * b"\xff",
}


async def test_what_is_no_http_is_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    nonsense.in_one_line()
    async with answering(Parrot()) as (address, _clock):
        for name, raw in NO_HTTP.items():
            if b"%s" in raw:
                raw = raw % (KEY.encode(), str(uuid.uuid4()).encode())
            reader, writer = await asyncio.open_connection(address.host, address.port)
            writer.write(raw)
            if name == "gone at once":
                writer.write_eof()
            with contextlib.suppress(ConnectionError):
                answer = await asyncio.wait_for(reader.read(2**16), 3)
                assert b" 500 " not in answer, name
            writer.close()
        await asyncio.sleep(0.1)  # the server has noticed that they are gone
    told = [record for record in caplog.records if record.name != "aiohttp.access"]
    assert [record.getMessage() for record in told if record.exc_info or record.levelname == "ERROR"] == []
    assert not any(KEY in record.getMessage() or "xxx" in record.getMessage() for record in told)
    assert sum("no HTTP" in record.getMessage() for record in told) >= 3


@pytest.mark.parametrize("name", ["ulaw", "alaw"])
def test_g711_is_what_ffmpeg_says(name: str) -> None:
    import av

    decoder = av.CodecContext.create({"ulaw": "pcm_mulaw", "alaw": "pcm_alaw"}[name], "r")
    decoder.sample_rate, decoder.layout = 8000, "mono"  # type: ignore[attr-defined]
    (frame,) = decoder.decode(av.Packet(bytes(range(256))))  # type: ignore[attr-defined]
    assert FORMATS[name].decode(bytes(range(256))) == frame.to_ndarray().astype("<i2").tobytes()
    every = np.arange(-32768, 32768, 7).astype("<i2")
    back = np.frombuffer(FORMATS[name].decode(FORMATS[name].encode(every.tobytes())), "<i2").astype(int)
    assert np.abs(back - every).max() <= 1024
    assert np.all(np.abs(back - every) <= np.maximum(16, np.abs(every.astype(int)) / 16))


def test_messages_and_numbers() -> None:
    assert parsed('{"event": "MEDIA_START", "optimal_frame_size": 320}').fields["optimal_frame_size"] == "320"  # type: ignore[union-attr]
    assert parsed("MEDIA_BUFFERING_COMPLETED abc").fields == {"correlation_id": "abc"}  # type: ignore[union-attr]
    assert parsed("hello") is parsed("{") is parsed("[1]") is parsed("") is None
    assert parsed("A" * 10_000) is None
    assert command("MARK_MEDIA", "s1", as_json=True) == '{"command": "MARK_MEDIA", "correlation_id": "s1"}'
    assert number_of("+86 (138) 0000-0000") == "+8613800000000"
    assert number_of("anonymous") is number_of("") is number_of(None) is number_of("1" * 40) is None
