"""An utterance that is heard while it is said: pieces go to the recogniser's process as they come."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterable, Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import numpy as np

from voice.decode import Samples
from voice.errors import Code, VoiceError
from voice.hearing import DropJob, Heard, HearJob, StreamJob
from voice.recognisers.base import Hints
from voice.workers import Worker

HearingWorker = Worker[HearJob | StreamJob | DropJob, Heard | None]

PIECE_S = 0.2
"""Seconds gathered before they are sent: a way through the pipe costs the same for 20 ms."""


class Utterance:
    """One utterance on its way through a recogniser.

    Args:
        worker: holds the recogniser.
        streams: whether it works on pieces; else it gets the whole at the end.
        rate: of the sound, Hz.
        hints: what is known before.
        listening: entered while the recogniser works on the whole of it.
    """

    def __init__(
        self,
        worker: HearingWorker,
        streams: bool,
        rate: int,
        hints: Hints,
        listening: Callable[[], AbstractContextManager[None]] = contextlib.nullcontext,
    ) -> None:
        self._worker, self._streams, self._rate, self._hints = worker, streams, rate, hints
        self._listening = listening
        self._key = uuid4().hex
        self._pieces: list[Samples] = []
        self._length = self._sent = 0
        self._feeding: asyncio.Task[None] | None = None
        self.ended_at = 0.0
        """When the last piece had come (``time.monotonic()``)."""

    async def hear(self, pieces: AsyncIterable[bytes], most_s: float) -> Heard | None:
        """Take all of ``pieces``, then what was heard. Raises VoiceError."""
        odd = b""
        try:
            async for piece in pieces:
                data = odd + piece
                whole = len(data) // 2 * 2  # a chunk may end in the middle of a sample
                data, odd = data[:whole], data[whole:]
                self._pieces.append(np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768))
                self._length += whole // 2
                if self._length > most_s * self._rate:
                    raise VoiceError(Code.TOO_LONG, detail=f"more than {most_s:g} s")
                self._feed()
            self.ended_at = time.monotonic()
            with self._listening():
                return await self._end()
        finally:
            await self._forget()

    def _feed(self) -> None:
        """Send what has gathered, unless the piece before is still on its way: then this goes with the next."""
        busy = self._feeding is not None and not self._feeding.done()
        if self._streams and not busy and self._length - self._sent >= PIECE_S * self._rate:
            self._feeding = asyncio.create_task(self._send())

    async def _send(self) -> None:
        offset, samples = self._sent, self._rest()
        try:
            await self._worker.run(StreamJob(self._key, offset, samples, self._hints, self._rate))
        except VoiceError as error:
            if error.code is Code.BUSY:
                return  # goes with the next
            self._streams = False  # it is heard as a whole at its end
            return
        self._sent = offset + samples.size

    async def _end(self) -> Heard | None:
        if not self._length:
            raise VoiceError(Code.EMPTY)
        if self._feeding is not None:
            await self._feeding
        if self._streams and self._sent:
            job = StreamJob(self._key, self._sent, self._rest(), self._hints, self._rate, ended=True)
            try:
                heard = await self._worker.run(job)
                self._sent = 0  # nothing of it is left there
                return heard
            except VoiceError as error:
                self._sent = 0
                if error.code is not Code.WORKER_LOST:
                    raise
        return await self._worker.run(HearJob(self._rest(), self._hints, self._rate))

    def _rest(self) -> Samples:
        """The samples from the first unsent one on."""
        whole = np.concatenate(self._pieces)
        self._pieces = [whole]
        return whole[self._sent :]

    async def _forget(self) -> None:
        """The caller went on speaking, or is gone: the recogniser need not keep what it was fed."""
        if self._feeding is not None and not self._feeding.done():
            self._feeding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._feeding
        if self._sent:
            with contextlib.suppress(VoiceError):
                await self._worker.run(DropJob(self._key))
