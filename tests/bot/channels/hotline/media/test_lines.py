"""Both of Asterisk's protocols, as Asterisk speaks them: what a caller hears, what arrives, how calls end."""

from __future__ import annotations

import asyncio
import time
import wave
from io import BytesIO

import aiohttp
import numpy as np
import pytest

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.callers import cough, hum
from benchmarks.hotline.phone import Hotline as Address
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.websocket import WebSocketPhone
from bot.channels.hotline.call.session import Next
from bot.channels.hotline.line import FRAME_S
from tests.bot.channels.hotline.callers import as_pcm, recordings, sounds_at, telephone
from tests.bot.channels.hotline.parrot import KEY, Parrot, answering, until

pytestmark = pytest.mark.unit
PHONES: list[tuple[type[Phone], int]] = [(AudioSocketPhone, 8000), (WebSocketPhone, 8000), (WebSocketPhone, 16000)]
both = pytest.mark.parametrize(("kind", "rate"), PHONES)


async def ask(address: Address, path: str, password: str | None = None, **query: str) -> tuple[int, bytes]:
    shown = {} if password is None else {"Authorization": aiohttp.encode_basic_auth("xiangyin", password)}
    async with aiohttp.ClientSession(headers=shown) as session, session.get(address.url + path, params=query) as answer:
        return answer.status, await answer.read()


async def release(phone: Phone) -> None:
    if isinstance(phone, AudioSocketPhone | WebSocketPhone):
        await phone.release()


@both
async def test_a_call_from_greeting_to_hang_up(kind: type[Phone], rate: int) -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        phone = kind(address, clock, rate=rate, caller="+86 138-0000-0000", noise=0)
        await phone.dial()
        await phone.listen()
        assert phone.ear.spans[0].began - phone.answered < 1
        assert phone.ear.frames * FRAME_S == pytest.approx(1.0, abs=0.05)
        # It returns when the caller has heard it, not when it was sent.
        assert -0.1 < parrot.played[0] - phone.ear.spans[0].ended < 1
        assert 0 < phone.ear.noise < 100, "comfort noise between the words"
        await phone.press("12#4789", every_s=0)
        await asyncio.wait_for(phone.ended.wait(), 2)
        assert phone.why == "hung up by the assistant"
        assert await phone.next_step() == "hangup"
        await release(phone)
    assert parrot.keys == "12#4789"
    info = parrot.lines[0].info
    assert (info.caller, info.called, info.rate) == ("+8613800000000", "12345", rate)


@both
async def test_the_caller_hangs_up(kind: type[Phone], rate: int) -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        phone = kind(address, clock, rate=rate)
        await phone.dial()
        await phone.listen_for(0.2)
        await phone.hang_up()
        await asyncio.wait_for(parrot.over.wait(), 2)
        assert await phone.next_step() == "hangup"


@both
async def test_sounds_follow_one_another_without_a_gap(kind: type[Phone], rate: int) -> None:
    async with answering(Parrot()) as (address, clock):
        phone = kind(address, clock, rate=rate)
        await phone.dial()
        await phone.listen()
        before = phone.ear.frames
        await phone.press("3")
        await phone.listen()
        assert (phone.ear.frames - before) * FRAME_S == pytest.approx(0.943, abs=0.05)
        assert phone.lost_frames == 0
        await phone.hang_up()


@both
async def test_speech_stops_the_voice_and_coughs_do_not(kind: type[Phone], rate: int) -> None:
    speech = telephone(recordings()[0], rate)
    speech = speech[int(sounds_at(speech, rate)[0] * rate) :]
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        phone = kind(address, clock, rate=rate)
        await phone.dial()
        await phone.listen()
        await phone.press("5")
        await phone.listen_for(0.3)
        pause = bytes(2 * int(0.3 * rate))  # in sound: a busy machine would let the noises run into one another
        for number in range(2):
            await phone.say_all(cough(rate, number) + pause + hum(rate, number) + pause)
        assert not parrot.stopped
        sent = phone.say(as_pcm(speech))
        await until(lambda: parrot.stopped)
        await asyncio.sleep(0.2)
        silent = phone.ear.spans[-1].ended - sent.span.began
        assert silent < 1, "loose: the machine may be busy; benchmarks measure it"
        await phone.hang_up()


@both
async def test_what_the_caller_says_arrives(kind: type[Phone], rate: int) -> None:
    parrot = Parrot()
    voice = (6000 * np.sin(np.arange(rate) / 3)).astype("<i2").tobytes()
    async with answering(parrot) as (address, clock):
        more = {"split": True} if kind is AudioSocketPhone else {"early_audio": True}
        phone = kind(address, clock, rate=rate, silence_suppression=True, **more)  # type: ignore[arg-type]
        await phone.dial()
        await phone.say_all(voice)
        await until(lambda: len(parrot.audio) >= len(voice))
        await phone.hang_up()
    assert voice in bytes(parrot.audio)


@both
async def test_an_error_ends_at_a_person(kind: type[Phone], rate: int) -> None:
    async with answering(Parrot()) as (address, clock):
        phone = kind(address, clock, rate=rate)
        await phone.dial()
        await phone.press("6")
        await asyncio.wait_for(phone.ended.wait(), 2)
        assert (await ask(address, f"/calls/{phone.call_id}/next", key=KEY))[1] == b"person"
        await release(phone)


@both
async def test_a_person_gets_a_summary_in_one_line_and_a_briefing(kind: type[Phone], rate: int) -> None:
    async with answering(Parrot()) as (address, clock):
        phone = kind(address, clock, rate=rate)
        await phone.dial()
        await phone.press("0")
        await asyncio.wait_for(phone.ended.wait(), 2)
        call = f"/calls/{phone.call_id}"
        assert (await ask(address, f"{call}/next", key=KEY)) == (200, Next.PERSON.value.encode())
        assert (await ask(address, f"{call}/summary", key=KEY))[1].decode() == "要查贷款进度， 尾号1234"
        with wave.open(BytesIO((await ask(address, f"{call}/briefing.wav", KEY))[1])) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
            assert file.getnframes() == 4000
        for path in ("next", "summary", "briefing.wav"):
            assert (await ask(address, f"{call}/{path}", key="wrong"))[0] == 403
            assert (await ask(address, f"{call}/{path}", "wrong"))[0] == 403
            assert (await ask(address, f"{call}/{path}"))[0] == 403
        await release(phone)


async def test_more_calls_than_there_is_room_for_go_to_a_person() -> None:
    async with answering(Parrot(), most_calls=1) as (address, clock):
        first = AudioSocketPhone(address, clock)
        await first.dial()
        await first.listen_for(0.1)
        second = AudioSocketPhone(address, clock)
        assert await second.register() == "busy"
        assert await second.next_step() == "person"
        third = WebSocketPhone(address, clock)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await third.dial()
        assert refused.value.status == 503
        await first.hang_up()


async def test_each_call_once_and_only_with_the_key() -> None:
    async with answering(Parrot()) as (address, clock):
        phone = WebSocketPhone(address, clock)
        await phone.dial()
        for call_id, key, status in (
            (phone.call_id, KEY, 409),
            ("12345", KEY, 400),
            ("../../etc/passwd", KEY, 400),
            ("", KEY, 400),
            ("f" * 36, KEY, 400),
            ("00000000-0000-4000-8000-000000000001", "other", 403),
            ("00000000-0000-4000-8000-000000000002", "", 403),
        ):
            wrong = WebSocketPhone(Address(address.host, address.port, 0, key), clock, call_id=call_id or " ")
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await wrong.dial()
            assert refused.value.status == status, call_id
        await phone.hang_up()
        assert (await ask(address, "/calls/nonsense/next", key=KEY))[0] == 400
        assert (await ask(address, "/calls/00000000-0000-4000-8000-000000000009/next", key=KEY))[1] == b"person"


@pytest.mark.parametrize("first", ["unannounced", "repeated", "audio", "short id", "nothing"])
async def test_audiosocket_without_a_good_id_is_hung_up(first: str) -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        phone = AudioSocketPhone(address, clock)
        if first == "repeated":
            await phone.dial()
            await phone.listen_for(0.1)
            await phone.hang_up()
            await until(lambda: parrot.over.is_set())
        reader, writer = await asyncio.open_connection(address.host, address.audiosocket_port)
        sent = {
            "unannounced": b"\x01\x00\x10" + bytes(16),
            "repeated": b"\x01\x00\x10" + bytes.fromhex(phone.call_id.replace("-", "")),
            "audio": b"\x10\x01\x40" + bytes(320),
            "short id": b"\x01\x00\x04abcd",
            "nothing": b"",
        }[first]
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 4) == b"\0\0\0"
        writer.close()
    assert len(parrot.lines) == (first == "repeated")


async def test_readiness_and_metrics() -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, _clock):
        assert (await ask(address, "/healthz"))[0] == 200
        assert (await ask(address, "/readyz"))[0] == 200
        parrot.well = False
        assert (await ask(address, "/readyz"))[0] == 503
        assert b"xiangyin_hotline_active_calls" in (await ask(address, "/metrics"))[1]


async def test_a_held_up_process_never_sends_faster_than_is_spoken() -> None:
    async with answering(Parrot()) as (address, clock):
        phone = AudioSocketPhone(address, clock)
        await phone.dial()
        await phone.listen()
        await phone.press("5")
        await phone.listen_for(0.3)
        time.sleep(0.5)  # noqa: ASYNC251 - the event loop of both sides stands still
        await asyncio.sleep(0.5)
        assert phone.lost_frames == 0
        await phone.hang_up()


async def test_unusual_rates_are_converted() -> None:
    parrot = Parrot()
    async with answering(parrot) as (address, clock):
        phone = AudioSocketPhone(address, clock)
        await phone.register()
        reader, writer = await asyncio.open_connection(address.host, address.audiosocket_port)
        writer.write(b"\x01\x00\x10" + bytes.fromhex(phone.call_id.replace("-", "")))
        pitch = (8000 * np.sin(2 * np.pi * 500 * np.arange(24000) / 24000)).astype("<i2").tobytes()
        for start in range(0, len(pitch), 960):
            writer.write(b"\x13\x03\xc0" + pitch[start : start + 960])
        await until(lambda: len(parrot.audio) > 31000)
        head = await reader.readexactly(3)
        while head[0] == 0x10:  # comfort noise before the rate was known
            await reader.readexactly(320)
            head = await reader.readexactly(3)
        assert head == b"\x12\x02\x80"
        writer.close()
        await until(lambda: parrot.over.is_set())
    assert parrot.lines[0].info.rate == 16000
    spectrum = np.abs(np.fft.rfft(np.frombuffer(bytes(parrot.audio[8000:24000]), "<i2")))
    assert int(spectrum.argmax()) == 250  # 500 Hz in half a second
