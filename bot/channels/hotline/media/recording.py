"""Recordings of calls, where an operator wants them: caller left, assistant right, as WAV, for their owner alone.

Nothing is kept before it was announced (``begin``), nor while keys are entered: what was heard in the last seconds
before a key is left out as well, because a telephone may send its tones as sound.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
import wave
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.channels.hotline.line import Audio, CallInfo, Event, Key, Line, LineCapabilities

log = logging.getLogger(__name__)
HELD_S = 1.5
"""So much is held back, to be left out if a key follows."""
KEYS_S = 5.0
"""Entering goes on so long after a key; a number is complete after a pause of 4 s."""
_WRITE_EVERY_S = 2.0
_writer = ThreadPoolExecutor(1, "hotline-recording")
"""One thread writes for all calls: a slow disk must not hold up a voice."""


@dataclass
class _Piece:
    start: int
    samples: npt.NDArray[np.int16]
    ours: bool


class Recorder:
    """One call's recording; see ``session.Recording``. Positions are samples since ``begin``."""

    def __init__(self, folder: Path, call_id: str, rate: int) -> None:
        day = datetime.now(UTC).strftime("%Y-%m-%d")
        self._path, self._rate = folder / day / f"{call_id}.wav", rate
        self._began: float | None = None
        self._pieces: list[_Piece] = []
        self._written = 0
        self._caller_until = self._ours_until = 0
        self._blanks: list[tuple[int, int]] = []
        self._keys_until = 0
        self._paused_at: int | None = None
        self._file: wave.Wave_write | None = None
        self._failed = False

    def begin(self) -> None:
        """From now on: the caller has been told."""
        if self._began is None:
            self._began = time.monotonic()

    def pause(self) -> None:
        if self._paused_at is None:
            self._paused_at = self._now()

    def resume(self) -> None:
        if self._paused_at is not None:
            self._blanks.append((self._paused_at, self._now()))
            self._paused_at = None

    def key(self) -> None:
        """A key was pressed: neither the last moments nor the next are kept."""
        now = self._now()
        self._blanks.append((now - int(HELD_S * self._rate), now + int(KEYS_S * self._rate)))

    def caller(self, pcm: bytes) -> None:
        """What the caller's telephone sent, just now."""
        self._caller_until = self._add(pcm, self._caller_until, ours=False)

    def ours(self, pcm: bytes) -> None:
        """What will be heard of us, behind what is being heard."""
        self._ours_until = self._add(pcm, max(self._ours_until, self._now()), ours=True)

    def cut(self) -> None:
        """What was still to be heard of us is not."""
        now = self._now()
        self._ours_until = min(self._ours_until, now)
        for piece in self._pieces:
            if piece.ours:
                piece.samples = piece.samples[: max(0, now - piece.start)]

    def _now(self) -> int:
        return 0 if self._began is None else int((time.monotonic() - self._began) * self._rate)

    def _add(self, pcm: bytes, start: int, *, ours: bool) -> int:
        if self._began is None or self._failed:
            return start
        samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")
        if not ours:  # a stream without gaps is not moved about by the network's unevenness
            arrived = self._now() - samples.size
            if not 0 <= arrived - start < self._rate // 5:
                start = max(arrived, 0)
        self._pieces.append(_Piece(start, samples, ours))
        due = self._now() - int(HELD_S * self._rate)
        if due - self._written > _WRITE_EVERY_S * self._rate:
            self._write_until(due)
        return start + samples.size

    def _write_until(self, end: int) -> None:
        size = end - self._written
        if size <= 0:
            return
        sides = np.zeros((size, 2), np.int16)
        for piece in self._pieces:
            first = max(piece.start, self._written)
            last = min(piece.start + piece.samples.size, end)
            if last > first:
                side = sides[first - self._written : last - self._written, int(piece.ours)]
                side[:] = piece.samples[first - piece.start : last - piece.start]
        blanks = [*self._blanks, *([] if self._paused_at is None else [(self._paused_at, end)])]
        for first, last in blanks:
            if last > self._written:
                sides[max(0, first - self._written) : max(0, last - self._written)] = 0
        self._pieces = [piece for piece in self._pieces if piece.start + piece.samples.size > end]
        self._blanks = [blank for blank in self._blanks if blank[1] > end]
        self._written = end
        _writer.submit(self._write, sides.tobytes())

    def _write(self, data: bytes) -> None:
        if self._failed:
            return
        try:
            if self._file is None:
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                number = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                self._file = wave.open(os.fdopen(number, "wb"), "wb")  # noqa: SIM115 - as long as the call
                self._file.setparams((2, 2, self._rate, 0, "NONE", "NONE"))
            self._file.writeframes(data)
        except OSError:
            self._failed = True
            log.exception("a call cannot be recorded any more")

    async def close(self) -> None:
        """Write what is left."""
        self._write_until(self._now())
        await asyncio.get_running_loop().run_in_executor(_writer, self._close)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()


class RecordedLine:
    """A line whose sound goes into a recording as well. See ``line.Line``."""

    def __init__(self, line: Line, recorder: Recorder) -> None:
        self._line, self._recorder = line, recorder
        self.info: CallInfo = line.info
        self.capabilities: LineCapabilities = line.capabilities

    async def events(self) -> AsyncIterator[Event]:
        async for event in self._line.events():
            if isinstance(event, Audio):
                self._recorder.caller(event.pcm)
            elif isinstance(event, Key):
                self._recorder.key()
            yield event

    async def play(self, pcm: bytes) -> None:
        self._recorder.ours(pcm)
        try:
            await self._line.play(pcm)
        except asyncio.CancelledError:
            self._recorder.cut()
            raise

    async def hang_up(self) -> None:
        await self._line.hang_up()
