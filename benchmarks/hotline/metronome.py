"""The clock of all calls: 20 ms a tick, as steady as the machine allows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from bot.channels.hotline.line import FRAME_S

PHASES = 10
"""Calls are spread over the tick: all at once would make a burst that no telephone system makes."""

Tick = Callable[[float], None]


class Metronome:
    """Calls ``tick(due)`` of everybody who joined, every 20 ms, with the moment at which the tick was due
    (``time.monotonic`` seconds). Ticks that come late are caught up with, none is left out. ``lags`` holds how late the
    clock itself was, in seconds: what is measured can be no finer.
    """

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._members: list[list[Tick]] = [[] for _ in range(PHASES)]
        self._joined = 0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Metronome:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    def join(self, tick: Tick) -> None:
        self._members[self._joined % PHASES].append(tick)
        self._joined += 1

    def leave(self, tick: Tick) -> None:
        for members in self._members:
            if tick in members:
                members.remove(tick)

    async def _run(self) -> None:
        due, phase = time.monotonic(), 0
        while True:
            late = time.monotonic() - due
            if late < 0:
                await asyncio.sleep(-late)
                late = time.monotonic() - due
            self.lags.append(late)
            for tick in tuple(self._members[phase]):
                tick(due)
            due, phase = due + FRAME_S / PHASES, (phase + 1) % PHASES
            if late > FRAME_S:
                await asyncio.sleep(0)  # let what arrived meanwhile be read before the next late tick
