"""The call simulator itself: it must do what Asterisk does, and find what is wrong with a server that does it wrong."""

from __future__ import annotations

import asyncio
import json
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.callers import cough, hum
from benchmarks.hotline.ear import level
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Hotline
from benchmarks.hotline.websocket import WebSocketPhone

pytestmark = pytest.mark.unit
VOICE = (8000 * np.sin(np.arange(8000) / 5)).astype(np.int16).tobytes()
"""One second at 8 kHz."""
FRAME = VOICE[:320]
Socket = web.WebSocketResponse
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Answerer:
    """A line process that does one thing, and notes what it gets."""

    def __init__(self) -> None:
        self.text: list[dict[str, Any]] = []
        self.binary: list[tuple[float, bytes]] = []
        self.frames: list[tuple[int, bytes]] = []
        self.registered: list[dict[str, Any]] = []
        self.queries: list[dict[str, str]] = []
        self.next = "hangup"
        self.closed = asyncio.Event()
        self.on_socket: Callable[[Socket], Awaitable[None]] | None = None
        self.on_text: Callable[[Socket, dict[str, Any]], Awaitable[None]] | None = None
        self.on_streams: Callable[[asyncio.StreamWriter], Awaitable[None]] | None = None

    async def websocket(self, request: web.Request) -> Socket:
        self.queries.append(dict(request.query))
        socket = Socket(protocols=("media",))
        await socket.prepare(request)
        speaking = asyncio.create_task(self._speak(socket))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self.text.append(json.loads(message.data))
                    if self.on_text:
                        await self.on_text(socket, self.text[-1])
                elif message.type is WSMsgType.BINARY:
                    self.binary.append((time.monotonic(), message.data))
        finally:
            speaking.cancel()
            self.closed.set()
        return socket

    async def _speak(self, socket: Socket) -> None:
        if self.on_socket:
            await self.on_socket(socket)

    async def audiosocket(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        speaking = asyncio.create_task(self.on_streams(writer)) if self.on_streams else None
        try:
            while True:
                kind, size = struct.unpack("!BH", await reader.readexactly(3))
                self.frames.append((kind, await reader.readexactly(size)))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        if speaking:
            speaking.cancel()
        writer.close()
        self.closed.set()

    async def register(self, request: web.Request) -> web.Response:
        self.registered.append(dict(await request.post()))
        return web.Response(text="ok")

    async def what_next(self, request: web.Request) -> web.Response:
        return web.Response(text=self.next)


@asynccontextmanager
async def answering(answerer: Answerer) -> AsyncIterator[tuple[Hotline, Metronome]]:
    app = web.Application()
    app.add_routes(
        [
            web.get("/asterisk", answerer.websocket),
            web.post("/calls", answerer.register),
            web.get("/calls/{id}/next", answerer.what_next),
        ]
    )
    listener = await asyncio.start_server(answerer.audiosocket, "127.0.0.1", 0)
    async with TestServer(app) as server, listener, Metronome() as clock:
        yield Hotline("127.0.0.1", server.port or 0, listener.sockets[0].getsockname()[1], "key"), clock


def audio_frame(pcm: bytes) -> bytes:
    return struct.pack("!BH", 0x10, len(pcm)) + pcm


async def test_websocket_caller_is_heard_in_real_time_and_keys_are_events() -> None:
    answerer = Answerer()
    async with answering(answerer) as (hotline, clock):
        phone = WebSocketPhone(hotline, clock, early_audio=True)
        await phone.dial()
        sent = await phone.say_all(VOICE)
        await phone.press("1#", every_s=0.01)
        await phone.hang_up()
        await asyncio.wait_for(answerer.closed.wait(), 5)
    assert answerer.queries[0] == {
        "call_id": phone.call_id,
        "caller": "13800000000",
        "called": "12345",
        "key": "key",
    }
    assert sent.span.ended - sent.span.began == pytest.approx(1.0, abs=0.001)
    loud = [(at, data) for at, data in answerer.binary if level(data) > 200]
    assert b"".join(data for _, data in loud) == VOICE
    assert 0.9 < loud[-1][0] - loud[0][0] < 5
    assert [event["digit"] for event in answerer.text if event["event"] == "DTMF_END"] == ["1", "#"]
    assert answerer.text[0]["event"] == "MEDIA_START"
    assert phone.ended.is_set()


async def test_silence_suppression_sends_nothing_between_words() -> None:
    answerer = Answerer()
    async with answering(answerer) as (hotline, clock):
        phone = WebSocketPhone(hotline, clock, silence_suppression=True)
        await phone.dial()
        await asyncio.sleep(0.2)
        assert not answerer.binary
        await phone.say_all(FRAME * 5)
        await asyncio.sleep(0.2)
        await phone.hang_up()
    assert [data for _, data in answerer.binary] == [FRAME] * 5


async def test_websocket_plays_at_its_pace_and_processes_marks_when_played() -> None:
    answerer = Answerer()
    marked = asyncio.Event()

    async def play(socket: Socket) -> None:
        await socket.send_str('{"command": "START_MEDIA_BUFFERING"}')
        await socket.send_bytes(VOICE[:9000])  # no whole number of frames
        await socket.send_bytes(VOICE[9000:])
        await socket.send_str('{"command": "STOP_MEDIA_BUFFERING", "correlation_id": "a"}')
        await socket.send_str('{"command": "MARK_MEDIA", "correlation_id": "a"}')

    async def on_text(_socket: Socket, event: dict[str, Any]) -> None:
        if event["event"] == "MEDIA_MARK_PROCESSED":
            marked.set()

    answerer.on_socket, answerer.on_text = play, on_text
    async with answering(answerer) as (hotline, clock):
        phone = WebSocketPhone(hotline, clock, keep=True)
        await phone.dial()
        began = time.monotonic()
        await asyncio.wait_for(marked.wait(), 5)
        took = time.monotonic() - began
        await phone.hang_up()
    assert 0.9 < took < 5
    assert b"".join(frame for _, frame in phone.ear.heard) == VOICE
    assert (len(phone.ear.spans), phone.ear.frames, phone.ear.gaps, phone.lost_frames) == (1, 50, [], 0)


async def test_websocket_flow_control_overflow_flush_and_what_it_ignores() -> None:
    answerer = Answerer()

    async def flood(socket: Socket) -> None:
        for _ in range(30):  # 30 s: the queue takes 20
            await socket.send_bytes(VOICE)
        await socket.send_str(json.dumps({"command": "MARK_MEDIA", "correlation_id": "x" * 200}))
        await socket.send_str("no json")
        await socket.send_str('{"command": "DANCE"}')

    answerer.on_socket = flood
    async with answering(answerer) as (hotline, clock):
        phone = WebSocketPhone(hotline, clock)
        await phone.dial()
        assert await phone.listen_for(0.3)
        await asyncio.sleep(0.2)
        assert "MEDIA_XOFF" in [event["event"] for event in answerer.text]
        assert phone.longest_queue >= 1000
        assert phone.lost_frames > 400
        assert phone.ignored == ["too long", "no JSON command", "unknown command DANCE"]
        phone._command('{"command": "FLUSH_MEDIA"}')
        flushed = time.monotonic()
        await asyncio.sleep(0.3)
        assert phone.ear.spans[-1].ended <= flushed + 0.05
        await phone.hang_up()
    assert "MEDIA_XON" in [event["event"] for event in answerer.text]
    assert not phone.ear.gaps


async def test_websocket_pauses_and_goes_on() -> None:
    answerer = Answerer()

    async def hesitate(socket: Socket) -> None:
        await socket.send_bytes(VOICE)
        await asyncio.sleep(0.3)
        await socket.send_str('{"command": "PAUSE_MEDIA"}')
        await asyncio.sleep(0.8)
        await socket.send_str('{"command": "CONTINUE_MEDIA"}')

    answerer.on_socket = hesitate
    async with answering(answerer) as (hotline, clock):
        phone = WebSocketPhone(hotline, clock)
        await phone.dial()
        await phone.listen(0.9, at_most_s=4)
        await phone.listen(0.9, at_most_s=4, new=False)
        await phone.hang_up()
    assert phone.ear.frames == 50
    assert len(phone.ear.spans) == 2
    assert not phone.ear.gaps


async def test_a_break_in_the_voice_is_found_on_both_lines() -> None:
    answerer = Answerer()

    async def stutter(socket: Socket) -> None:
        await socket.send_bytes(FRAME * 10)
        await asyncio.sleep(0.35)
        await socket.send_bytes(FRAME * 10)
        await socket.send_str('{"command": "MARK_MEDIA", "correlation_id": "a"}')
        await asyncio.sleep(0.5)
        await socket.send_bytes(FRAME * 10)  # a pause after a mark was meant

    async def stutter_stream(writer: asyncio.StreamWriter) -> None:
        due = time.monotonic()
        for n in range(30):
            writer.write(audio_frame(FRAME))
            due += 0.12 if n == 10 else 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    answerer.on_socket, answerer.on_streams = stutter, stutter_stream
    async with answering(answerer) as (hotline, clock):
        first, second = WebSocketPhone(hotline, clock), AudioSocketPhone(hotline, clock)
        await asyncio.gather(first.dial(), second.dial())
        await asyncio.sleep(1.6)
        await asyncio.gather(first.hang_up(), second.hang_up())
    # On a busy machine the breaks are longer; there may be others.
    assert max(first.ear.gaps) > 0.11
    assert max(second.ear.gaps) > 0.08


async def test_audiosocket_registers_splits_and_ends_with_the_plain_end() -> None:
    answerer = Answerer()
    async with answering(answerer) as (hotline, clock):
        phone = AudioSocketPhone(hotline, clock, split=True, silence_suppression=True)
        await phone.dial()
        await phone.say_all(VOICE[:3200])
        await phone.press("0")
        await phone.hang_up()
        await asyncio.wait_for(answerer.closed.wait(), 5)
        assert await phone.next_step() == "hangup"
        answerer.next = "<html>something went wrong</html>"
        assert await phone.next_step() == "person"
    assert answerer.registered[0]["call_id"] == phone.call_id
    kinds = [kind for kind, _ in answerer.frames]
    assert kinds == [1, *[0x10] * 10, 3]
    assert b"".join(data for kind, data in answerer.frames if kind == 0x10) == VOICE[:3200]


@pytest.mark.parametrize(
    ("data", "after_s", "why"),
    [
        (b"", 0.0, "no frame for two seconds"),
        (audio_frame(FRAME)[:100], 0.0, "split frame"),
        (b"\x03\x00\x010", 0.0, "frame of kind 0x3 with 1 bytes"),
        (b"\x10\x00\x00", 0.0, "frame of kind 0x10 with 0 bytes"),
        (b"\x00\x00\x00", 0.0, "hung up by the assistant"),
    ],
)
async def test_audiosocket_drops_the_call_as_asterisk_does(data: bytes, after_s: float, why: str) -> None:
    answerer = Answerer()

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await asyncio.sleep(30)

    answerer.on_streams = send
    async with answering(answerer) as (hotline, clock):
        phone = AudioSocketPhone(hotline, clock, silence_suppression=True)
        began = time.monotonic()
        await phone.dial()
        await asyncio.wait_for(phone.ended.wait(), 5)
    assert phone.why == why
    assert ("two seconds" in why) == (time.monotonic() - began > 1.9)


async def test_audiosocket_loses_what_comes_faster_than_real_time() -> None:
    answerer = Answerer()

    async def burst(writer: asyncio.StreamWriter) -> None:
        writer.write(audio_frame(FRAME) * 50)

    answerer.on_streams = burst
    async with answering(answerer) as (hotline, clock):
        phone = AudioSocketPhone(hotline, clock)
        await phone.dial()
        await phone.listen(quiet_s=0.3, at_most_s=3)
        await phone.hang_up()
    assert phone.lost_frames > 30
    assert phone.ear.frames + phone.lost_frames == 50


def test_sounds_that_are_no_speech_are_loud_enough_to_matter() -> None:
    for rate in (8000, 16000):
        assert level(cough(rate)) > 1000
        assert level(hum(rate)) > 1000
        assert cough(rate, 1) != cough(rate, 2)
