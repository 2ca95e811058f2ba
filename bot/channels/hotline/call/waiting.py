"""Waiting for an answer: the caller hears that we are at it, can ask for a person, and is not left alone with a dead
gateway."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.ending import PersonWanted
from bot.channels.hotline.call.listening import Ear
from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.saying import Mouth, Script, Voice, fixed
from bot.channels.hotline.call.upstream import AwayError, Upstream

T = TypeVar("T")
_BREATH_S = 0.3


class Waiting:
    """How one call waits.

    Attributes:
        lost: set while the gateway shows no sign of life.
        wants_person: to be set when the caller asks for a person.
    """

    def __init__(
        self, upstream: Upstream, voice: Voice, mouth: Mouth, ear: Ear, pace: Pace, lost: asyncio.Event
    ) -> None:
        self._upstream, self._voice, self._mouth, self._ear, self._pace = upstream, voice, mouth, ear, pace
        self.lost, self.wants_person = lost, asyncio.Event()
        self._held = -math.inf

    async def watch(self) -> None:
        """Keep an eye on the gateway, for ever."""
        while True:
            await self._upstream.lost(self._pace.lost_s)
            self.lost.set()
            await self._upstream.found()
            self.lost.clear()

    async def on(self, work: Coroutine[Any, Any, T], since: Callable[[], float]) -> T:
        """The result of ``work``, for which the caller waits since that time.

        Raises: PersonWanted, AwayError, and what ``work`` raises.
        """
        task = asyncio.ensure_future(work)
        signs = [asyncio.ensure_future(event.wait()) for event in (self.lost, self.wants_person)]
        hold = asyncio.ensure_future(self._hold(since))
        try:
            await asyncio.wait({task, *signs}, timeout=self._pace.answer_s, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self.wants_person.is_set():
                raise PersonWanted
            raise AwayError("no answer")
        finally:
            await _cancelled(task, hold, *signs)

    async def _hold(self, since: Callable[[], float]) -> None:
        while True:
            left = since() + self._pace.hold_s - time.monotonic()  # later when the caller goes on
            if left <= 0:
                break
            await asyncio.sleep(left)
        await self._ear.quiet()
        await self._mouth.idle()
        if time.monotonic() - self._held >= self._pace.hold_again_s:
            await self._mouth.hum(self._pace.hold_word_s)
        while True:
            await self._ear.quiet()
            await self._mouth.idle()
            if (left := self._held + self._pace.hold_again_s - time.monotonic()) > 0:
                await asyncio.sleep(_BREATH_S)  # the next step of the same wait may be a short one
                await self._mouth.hum(left)
            else:
                again = time.monotonic() - self._held < 2 * self._pace.hold_again_s
                word = texts.HOLD_AGAIN if again else texts.HOLD
                if await self._mouth.say(Script(self._voice, fixed(word))):
                    self._held = time.monotonic()
                else:
                    await asyncio.sleep(_BREATH_S)


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()
