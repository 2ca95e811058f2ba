"""Nonsense at both doors: the process must live, and calls beside it must not notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import struct
import uuid
from collections import Counter

import aiohttp

from benchmarks.hotline.audiosocket import AUDIO, HANG_UP, KEY, UUID, AudioSocketPhone
from benchmarks.hotline.callers import SEED, utterances
from benchmarks.hotline.conversation import Tally, chat
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Hotline
from benchmarks.hotline.stand import scripted
from benchmarks.hotline.table import Rows, keep, milliseconds
from benchmarks.hotline.websocket import WebSocketPhone

FRAMES_EACH = 50
EVENTS = (
    *("MEDIA_START", "DTMF_END", "MEDIA_MARK_PROCESSED", "MEDIA_BUFFERING_COMPLETED", "MEDIA_XOFF", "MEDIA_XON"),
    *("STATUS", "QUEUE_DRAINED", "ERROR", "DANCE"),
)


def odd_frame(chance: random.Random) -> bytes:
    """A frame of AudioSocket: right, half right, or no frame at all."""
    kind = chance.choice([HANG_UP if chance.random() < 0.02 else AUDIO, UUID, KEY, AUDIO, chance.randrange(256)])
    size = chance.choice([0, 1, 3, 15, 16, 17, 319, 320, 321, 640, 5000, chance.randrange(65536)])
    payload = chance.randbytes(size)
    told = size if chance.random() < 0.85 else chance.randrange(65536)
    frame = struct.pack("!BH", kind, told) + payload
    return frame[: chance.randrange(len(frame) + 1)] if chance.random() < 0.1 else frame


def odd_message(chance: random.Random) -> str | bytes:
    """A message of chan_websocket: right, half right, or none at all."""
    kind = chance.random()
    if kind < 0.4:
        return chance.randbytes(chance.choice([0, 1, 319, 320, 640, 641, 65500, chance.randrange(3000)]))
    if kind < 0.5:
        return chance.choice(["", "{", "[]", "null", "0", '"x"', "MEDIA_XON", "DTMF_END digit:5", "\x00", "{}" * 50])
    values: list[object] = [None, 0, -1, 1e308, "", "5", "#", "55", "x" * 5000, [], {}, True, "slin", "ulaw", "\ud7ff"]
    fields: dict[str, object] = {"event": chance.choice([*EVENTS, *values])}
    for name in ("digit", "correlation_id", "format", "optimal_frame_size", "ptime", "channel_variables"):
        if chance.random() < 0.5:
            fields[name] = chance.choice(values)
    return json.dumps(fields)


async def audiosocket(hotline: Hotline, clock: Metronome, chance: random.Random, frames: int) -> Counter[str]:
    """One connection; half of them begin as a call does."""
    seen: Counter[str] = Counter()
    if chance.random() < 0.5:
        phone = AudioSocketPhone(hotline, clock)
        await phone.register()
        first = struct.pack("!BH", UUID, 16) + uuid.UUID(phone.call_id).bytes
    else:
        first = odd_frame(chance)
    try:
        reader, writer = await asyncio.open_connection(hotline.host, hotline.audiosocket_port)
    except OSError:
        return Counter({"not accepted": frames})
    with contextlib.suppress(ConnectionError):
        writer.write(first)
        for _ in range(frames - 1):
            writer.write(odd_frame(chance))
            await writer.drain()
            seen["frames"] += 1
            if reader.at_eof():
                break
            if chance.random() < 0.1:
                await asyncio.sleep(0.005)
    writer.close()
    seen["connections"] += 1
    return seen


async def websocket(hotline: Hotline, chance: random.Random, frames: int) -> Counter[str]:
    seen: Counter[str] = Counter()
    query = {"call_id": str(uuid.uuid4()), "caller": "13800000000", "called": "1", "key": hotline.key}
    async with aiohttp.ClientSession() as session:
        try:
            socket = await session.ws_connect(f"{hotline.url}/asterisk", params=query, protocols=("media",))
        except (aiohttp.ClientError, OSError) as error:
            return Counter({f"not accepted: {type(error).__name__}": 1})
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            if chance.random() < 0.7:
                await socket.send_str(json.dumps({"event": "MEDIA_START", "format": "slin", "optimal_frame_size": 320}))
            for _ in range(frames):
                message = odd_message(chance)
                await (socket.send_bytes(message) if isinstance(message, bytes) else socket.send_str(message))
                seen["frames"] += 1
                if socket.closed:
                    break
                if chance.random() < 0.1:
                    await asyncio.sleep(0.005)
        await socket.close()
    seen["connections"] += 1
    return seen


async def requests(hotline: Hotline, chance: random.Random) -> Counter[str]:
    """The dialplan's requests, bent."""
    seen: Counter[str] = Counter()
    odd = ["", "x" * 9000, "..", "%00", "1' or 1=1", str(uuid.uuid4()), "../../etc/passwd", "\u4e2d"]
    async with aiohttp.ClientSession() as session:
        for _ in range(20):
            path = chance.choice(
                ["", f"/{chance.choice(odd)}", f"/{chance.choice(odd)}/next", f"/{uuid.uuid4()}/summary"]
            )
            key = chance.choice([hotline.key, "", "wrong", "x" * 9000])
            form = {
                name: chance.choice(odd) for name in ("call_id", "caller", "called", "key") if chance.random() < 0.8
            }
            try:
                how = session.post if chance.random() < 0.5 else session.get
                async with how(f"{hotline.url}/calls{path}", params={"key": key}, data=form) as answer:
                    seen[f"HTTP {answer.status // 100}xx"] += 1
            except (aiohttp.ClientError, OSError, ValueError) as error:
                seen[type(error).__name__] += 1
    return seen


async def bare(hotline: Hotline, chance: random.Random) -> Counter[str]:
    """A request of the dialplan with bytes of it replaced, cut off or doubled."""
    seen: Counter[str] = Counter()
    for _ in range(10):
        body = f"call_id={uuid.uuid4()}&caller=138&called=1&key={hotline.key}"
        kind = chance.choice(["application/x-www-form-urlencoded", "multipart/form-data", "text/plain; charset=dance"])
        heads = [
            f"POST /calls HTTP/1.1\r\nHost: x\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n{body}",
            f"GET /calls/{uuid.uuid4()}/next?key={hotline.key} HTTP/1.1\r\nHost: x\r\n\r\n",
            f"GET /asterisk?call_id={uuid.uuid4()}&key={hotline.key} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
            "Connection: upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n\r\n",
        ]
        data = bytearray(chance.choice(heads).encode())
        for _ in range(chance.choice([0, 1, 1, 3, 20])):
            at = chance.randrange(len(data))
            data[at : at + chance.randrange(3)] = chance.randbytes(chance.choice([0, 1, 1, 2, 50]))
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(hotline.host, hotline.port)
            writer.write(bytes(data))
            if chance.random() < 0.5:
                writer.write_eof()
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(reader.read(1000), 0.2)
                if answer:
                    seen[f"bare HTTP {answer[9:10].decode('latin-1')}xx"] += 1
            writer.close()
        seen["bare requests"] += 1
    return seen


async def measure(frames: int) -> Rows:
    chance = random.Random(SEED)
    seen: Counter[str] = Counter()
    tally = Tally()
    async with scripted() as stand, Metronome() as clock:
        pid, before = stand.line.pid, stand.line.rss_mb()
        beside = WebSocketPhone(stand.hotline, clock, rate=16000)
        await beside.dial()
        loop = asyncio.get_running_loop()
        talking = asyncio.create_task(
            chat(beside, utterances(16000), tally, loop.time() + 3600, random.Random(1), keys=0.0, interruptions=0.0)
        )
        while seen["frames"] < frames and stand.line.alive():
            some = [
                audiosocket(stand.hotline, clock, random.Random(chance.random()), FRAMES_EACH),
                websocket(stand.hotline, random.Random(chance.random()), FRAMES_EACH),
                requests(stand.hotline, random.Random(chance.random())),
                bare(stand.hotline, random.Random(chance.random())),
            ]
            for one in await asyncio.gather(*some):
                seen.update(one)
        await asyncio.sleep(3)
        alive = stand.line.alive() and stand.line.pid == pid
        talking.cancel()
        held = not beside.ended.is_set()
        if held:
            await beside.hang_up()
        tally.take(beside)
        after = stand.line.rss_mb() if alive else float("nan")
        log = stand.log.read_text("utf-8")
    return [
        ("seed", str(SEED)),
        ("frames sent", str(seen.pop("frames"))),
        ("what was seen besides", ", ".join(f"{name}: {count}" for name, count in sorted(seen.items()))),
        ("the process", "lives" if alive else "DIED"),
        ("tracebacks in its log", str(log.count("Traceback"))),
        ("lines of it with the key that the telephone system shows", str(log.count(stand.hotline.key))),
        ("calls of the nonsense that broke off by an error of ours", str(log.count("call failed"))),
        ("a call beside it", "went on" if held else f"ended: {beside.why}"),
        ("its answers", milliseconds(tally.replies)),
        ("gaps over 40 ms in its voice", f"{len(tally.gaps)} of {tally.frames} frames"),
        ("memory of the line process before and after", f"{before:.0f}, {after:.0f} MB"),
    ]


def fuzz(frames: int) -> str:
    return keep(
        "Nonsense",
        "Frames of both protocols and requests of the dialplan, bent at random, four connections at a time, as fast\n"
        "as they are taken, while one caller talks.",
        asyncio.run(measure(frames)),
    )
