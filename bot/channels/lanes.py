"""Work on what arrives: one after the other for a person, side by side for different ones, and never lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from bot.inbox import Arrival, Inbox

log = logging.getLogger(__name__)

_MOST_WAITING = 500
"""Arrivals in memory beyond which no more are taken from the chat service for the moment."""
_TRIES = 5
"""Of an arrival that fails by a fault of ours; one that cannot be sent is tried until it can."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 60.0


class AgainLaterError(Exception):
    """The other side wants a pause, or cannot be reached: the arrival is tried again.

    Attributes:
        seconds: how long to wait; None for the usual growing pauses.
    """

    def __init__(self, seconds: float | None = None) -> None:
        super().__init__("again later")
        self.seconds = seconds


@dataclass
class Progress:
    """How much of an arrival's answer has gone out."""

    arrival: Arrival
    _inbox: Inbox
    sent: int

    async def one_more(self, *, last: bool = False) -> None:
        """A message has gone out; the ``last`` one is counted when the arrival is struck out, which comes next."""
        self.sent += 1
        if not last:
            await asyncio.to_thread(self._inbox.sent, self.arrival.key, self.sent)


@dataclass
class _Lane:
    waiting: deque[Arrival] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None


class Lanes:
    """One lane a conversation.

    Args:
        inbox: keeps arrivals over restarts.
        work: answers one arrival; it tells ``Progress`` of every message that has gone out, skips what had gone out
            before, and raises :class:`AgainLaterError` when the other side cannot be reached.
        at_once: arrivals that are worked on side by side.
    """

    def __init__(self, inbox: Inbox, work: Callable[[Progress], Awaitable[None]], *, at_once: int = 32) -> None:
        self._inbox = inbox
        self._work = work
        self._slots = asyncio.Semaphore(at_once)
        self._lanes: dict[str, _Lane] = {}
        self._waiting = 0
        self._room = asyncio.Condition()
        self._closing = asyncio.Event()

    async def start(self) -> None:
        """Go on with what an earlier run left."""
        self._closing.clear()
        left = await asyncio.to_thread(self._inbox.unfinished)
        if left:
            log.info("%s: %s arrivals left from before", self._inbox.channel, len(left))
        for arrival in left:
            self._queue(arrival)

    async def take(self, arrivals: Sequence[Arrival]) -> None:
        """Keep arrivals safe and have them worked on; waits while too many wait. Returns when they are safe."""
        async with self._room:
            await self._room.wait_for(lambda: self._waiting < _MOST_WAITING)
        for arrival in await asyncio.to_thread(self._inbox.keep, arrivals):
            self._queue(arrival)

    async def idle(self) -> None:
        """Wait until nothing is left to do."""
        async with self._room:
            await self._room.wait_for(lambda: self._waiting == 0)

    async def stop(self, grace_s: float) -> None:
        """Begin nothing new, let what is being answered finish within ``grace_s``; the rest stays in the inbox."""
        self._closing.set()
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace_s)
            for task in late:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        self._lanes.clear()
        self._waiting = 0

    def _queue(self, arrival: Arrival) -> None:
        if self._closing.is_set():
            return  # safe in the inbox
        lane = self._lanes.setdefault(arrival.sender, _Lane())
        lane.waiting.append(arrival)
        self._waiting += 1
        if lane.task is None:
            lane.task = asyncio.create_task(self._run(arrival.sender, lane))

    async def _run(self, sender: str, lane: _Lane) -> None:
        while lane.waiting and not self._closing.is_set():
            await self._finish(lane.waiting[0])
            if self._closing.is_set():
                break
            lane.waiting.popleft()
            async with self._room:
                self._waiting -= 1
                self._room.notify_all()
        lane.task = None
        if not lane.waiting:
            self._lanes.pop(sender, None)

    async def _finish(self, arrival: Arrival) -> None:
        """Work on an arrival until it is answered or given up; returns early when the channel stops."""
        progress = Progress(arrival, self._inbox, arrival.sent)
        pause = _FIRST_PAUSE_S
        tries = 0
        while not self._closing.is_set():
            try:
                async with self._slots:
                    await self._work(progress)
                break
            except AgainLaterError as error:
                wait = pause if error.seconds is None else error.seconds
            except Exception as error:  # noqa: BLE001 - whatever it is, the others go on
                # The traceback may hold what somebody said.
                log.error("%s: arrival failed: %s", self._inbox.channel, type(error).__name__)
                wait = pause
                tries += 1
            if tries >= _TRIES:
                log.error("%s: arrival given up after %s tries", self._inbox.channel, tries)
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), wait)
            pause = min(pause * 2, _LONGEST_PAUSE_S)
        else:
            return
        await self._strike_out(progress)

    async def _strike_out(self, progress: Progress) -> None:
        """A database that is held up for long must not end the lane: those behind would wait for ever."""
        for pause in (0.5, 2.0, 10.0, 30.0):
            try:
                await asyncio.to_thread(self._inbox.finish, progress.arrival.key, progress.sent)
            except Exception as error:  # noqa: BLE001 - as above
                log.error("%s: arrival not struck out: %s", self._inbox.channel, type(error).__name__)
            else:
                return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), pause)
