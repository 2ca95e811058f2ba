"""Who is spoken for next: the one who has to hear it first, not the one who asked first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

from voice.errors import Code, VoiceError


class Turns:
    """One at a time, the earliest due first. Use from one event loop.

    Args:
        most: waiting or at work; one more is refused.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._busy = False

    @asynccontextmanager
    async def at(self, due: float) -> AsyncIterator[None]:
        """Wait for one's turn and have it. ``due``: when the result is needed, ``time.monotonic()``.

        Raises:
            VoiceError: ``busy``: too many wait.
        """
        if self._busy:
            if len(self._waiting) + 1 >= self._most:
                raise VoiceError(Code.BUSY, detail=f"{len(self._waiting) + 1} waiting for the voice")
            mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            entry = (due, next(self._numbers), mine)
            heapq.heappush(self._waiting, entry)
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():  # called up in the same moment
                    self._next()
                elif entry in self._waiting:
                    self._waiting.remove(entry)
                    heapq.heapify(self._waiting)
                raise
        self._busy = True
        try:
            yield
        finally:
            self._next()

    def _next(self) -> None:
        """The turn passes on; nobody may slip in between."""
        while self._waiting:
            mine = heapq.heappop(self._waiting)[2]
            if not mine.done():
                mine.set_result(None)
                return
        self._busy = False
