"""What happened on a line and was not yet looked at."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from bot.channels.hotline.line import Audio, Event, HungUp, Key

LONGEST_S = 2.0
_MOST_KEYS = 200
"""More keys than this without anybody looking are no caller's."""


class Pending:
    """Events in their order, for one reader. Sound older than :data:`LONGEST_S` is dropped, keys are not."""

    def __init__(self, rate: int) -> None:
        self._most = int(LONGEST_S * rate) * 2
        self._events: deque[Event] = deque()
        self._bytes = self._keys = 0
        self._over = False
        self._arrived = asyncio.Event()
        self.dropped_bytes = 0

    def put(self, event: Event) -> None:
        """Add what happened; after :class:`HungUp` nothing more does."""
        if self._over:
            return
        if isinstance(event, Audio):
            self._bytes += len(event.pcm)
        elif isinstance(event, Key):
            if self._keys >= _MOST_KEYS:
                return
            self._keys += 1
        else:
            self._over = True
        self._events.append(event)
        if self._bytes > self._most:
            self._drop_oldest()
        self._arrived.set()

    def _drop_oldest(self) -> None:
        index = 0
        while self._bytes > self._most and index < len(self._events):
            event = self._events[index]
            if isinstance(event, Audio):
                self._bytes -= len(event.pcm)
                self.dropped_bytes += len(event.pcm)
                del self._events[index]
            else:
                index += 1

    async def events(self) -> AsyncIterator[Event]:
        """Everything, ending with :class:`HungUp`. Who is behind lets the other calls, and the
        clock of them all, go on after each."""
        taken = 0
        while True:
            while not self._events:
                self._arrived.clear()
                await self._arrived.wait()
                taken = 0
            taken += 1
            if taken > 1:
                await asyncio.sleep(0)
                if not self._events:
                    continue  # too old by now: it was dropped meanwhile
            event = self._events.popleft()
            if isinstance(event, Audio):
                self._bytes -= len(event.pcm)
            elif isinstance(event, Key):
                self._keys -= 1
            yield event
            if isinstance(event, HungUp):
                return
