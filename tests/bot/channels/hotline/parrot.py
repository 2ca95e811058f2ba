"""A line process whose talker does what a key tells it: the lines alone, without a gateway."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from aiohttp.test_utils import TestServer

from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Hotline as Address
from bot.channels.hotline.call.session import Ended, Next, Recording
from bot.channels.hotline.line import Audio, Key, Line
from bot.channels.hotline.media.endpointing import EndPointer, SpeechStarted
from bot.channels.hotline.media.server import Hotline, LineConfig
from bot.channels.hotline.wire import Outcome
from voice.activity import load_network

KEY = "the-key"
SUMMARY = "要查贷款进度，\n尾号1234"


def tone(seconds: float, rate: int, pitch: float = 440.0) -> bytes:
    return (8000 * np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)).astype("<i2").tobytes()


class Parrot:
    """Greets with a second of tone. Keys: 0 a person, 9 hang up, 5 speak for 5 s, 6 fail, 3 three sounds at once,
    * begin recording, # pause it. Speech stops its voice."""

    def __init__(self) -> None:
        self.network = load_network()
        self.lines: list[Line] = []
        self.keys = ""
        self.audio = bytearray()
        self.stopped: list[float] = []
        self.played: list[float] = []
        self.over = asyncio.Event()
        self.well = True

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ready(self) -> dict[str, bool]:
        return {"parrot": self.well}

    async def brief(self, summary: str) -> bytes:
        return tone(0.5, 8000)

    async def talk(self, line: Line, recording: Recording | None) -> Ended:
        loop, rate = asyncio.get_running_loop(), line.info.rate
        self.lines.append(line)
        ears = EndPointer(rate, self.network)
        playing = [asyncio.create_task(self._play(line, tone(1.0, rate)))]
        try:
            async for event in line.events():
                if isinstance(event, Audio):
                    self.audio += event.pcm
                    ears.playing(any(not task.done() for task in playing))
                    if any(isinstance(heard, SpeechStarted) for heard in ears.feed(event.pcm, loop.time())):
                        self.stopped.append(loop.time())
                        await self._stop(playing)
                elif isinstance(event, Key):
                    self.keys += event.digit
                    if event.digit in "09":
                        return Ended(Outcome.TRANSFERRED, Next.PERSON if event.digit == "0" else Next.HANGUP, SUMMARY)
                    if event.digit == "6":
                        raise ZeroDivisionError
                    if event.digit in "35":
                        sounds = [5.0] if event.digit == "5" else [0.31, 0.333, 0.3]
                        playing = [asyncio.create_task(self._play(line, tone(length, rate))) for length in sounds]
                    if recording is not None and event.digit == "*":
                        recording.begin()
            return Ended(Outcome.HUNG_UP, Next.HANGUP)
        finally:
            await self._stop(playing)
            self.over.set()

    async def _play(self, line: Line, pcm: bytes) -> None:
        await line.play(pcm)
        self.played.append(asyncio.get_running_loop().time())

    async def _stop(self, playing: list[asyncio.Task[None]]) -> None:
        for task in playing:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@asynccontextmanager
async def answering(
    parrot: Parrot, *, most_calls: int = 100, record: Path | None = None
) -> AsyncIterator[tuple[Address, Metronome]]:
    """A running line process and a clock for its callers."""
    hotline = Hotline(LineConfig(KEY, "127.0.0.1", 0, most_calls, record), parrot)
    async with TestServer(hotline.application()) as server, Metronome() as clock:
        yield Address("127.0.0.1", server.port or 0, hotline.audiosocket_port, KEY), clock


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - what is waited for has no event
            await asyncio.sleep(0.01)
