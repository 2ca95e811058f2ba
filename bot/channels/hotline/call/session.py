"""One call, from its answer to its end: everything that runs for it begins and ends here."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator, Callable

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.answers import Recording
from bot.channels.hotline.call.asking import Asking
from bot.channels.hotline.call.conversation import Conversation
from bot.channels.hotline.call.ending import Ended, Next, Over, to_person
from bot.channels.hotline.call.listening import Ears
from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.call.records import CONVERSATIONS, Book
from bot.channels.hotline.call.saying import fixed
from bot.channels.hotline.call.upstream import Upstream
from bot.channels.hotline.line import Line
from bot.channels.hotline.wire import Outcome
from bot.schema import Heard

__all__ = ["Ended", "Next", "Recording", "Session"]
log = logging.getLogger(__name__)
_PACE = Pace()


class Session:
    """One call. Whoever answered it awaits :meth:`run` and then tells the telephone system what is next."""

    def __init__(
        self,
        line: Line,
        upstream: Upstream,
        prompts: PromptBook,
        ears: Callable[[int], Ears],
        *,
        recording: Recording | None = None,
        pace: Pace = _PACE,
    ) -> None:
        """Args: ``ears`` makes an ``EndPointer`` for a rate in Hz."""
        self._line, self._upstream, self._pace = line, upstream, pace
        info = line.info
        self._book = Book(upstream, info.call_id, pace.record_every)
        self._ended = Ended(Outcome.HUNG_UP, Next.HANGUP)

        async def hear(pcm: AsyncIterator[bytes]) -> Heard:
            return await upstream.hear(info.call_id, info.rate, pcm)

        self._asking = Asking(line, upstream, prompts, ears(info.rate), hear, recording, pace, self._book)
        self._conversation = Conversation(line, upstream, self._asking, self._book, recording, pace, time.monotonic())

    async def run(self) -> Ended:
        """Talk until the call is over; greets at once. Never raises but when it is cancelled: what goes wrong ends at a
        person. Does not hang the line up: the caller of this does, once it knows what is next, and then awaits
        :meth:`finish`."""
        gone = asyncio.create_task(self._asking.ear.listen(), name="hotline-listen")
        watching = asyncio.create_task(self._asking.waiting.watch(), name="hotline-watch")
        try:
            self._ended = await self._until(gone)
        finally:
            for task in (gone, watching):
                task.cancel()
            await asyncio.wait({gone, watching})
            await self._asking.close()
            CONVERSATIONS.labels(self._ended.outcome.value, self._ended.next.value).inc()
            if not gone.cancelled() and (error := gone.exception()) is not None:
                _log(error)
        return self._ended

    async def finish(self) -> None:
        """Hand the call's record in, after :meth:`run`: nobody on the way to a person waits for it."""
        await self._book.close(self._ended.outcome, self._pace.record_s)

    async def _until(self, gone: asyncio.Task[None]) -> Ended:
        talking = asyncio.create_task(self._talk(), name="hotline-talk")
        try:
            await asyncio.wait({talking, gone}, timeout=self._pace.call_s, return_when=asyncio.FIRST_COMPLETED)
            if not talking.done() and not gone.done():
                await _cancelled(talking)
                talking = asyncio.create_task(self._farewell(), name="hotline-farewell")
                await asyncio.wait({talking, gone}, return_when=asyncio.FIRST_COMPLETED)
            return talking.result() if talking.done() else Ended(Outcome.HUNG_UP, Next.HANGUP)
        finally:
            await _cancelled(talking)

    async def _talk(self) -> Ended:
        try:
            await self._conversation.talk()
        except Over as over:
            return over.ended
        except Exception as error:  # noqa: BLE001 - a caller must not be left with a bug of ours
            _log(error)
        await self._last_words(texts.APOLOGY)
        return to_person().ended

    async def _farewell(self) -> Ended:
        await self._last_words(texts.ENDS_NOW)
        return Ended(Outcome.FAREWELL, Next.HANGUP)

    async def _last_words(self, words: str) -> None:
        try:
            await self._conversation.last_words(fixed(words))
        except Exception as error:  # noqa: BLE001 - the same
            _log(error)


async def _cancelled(task: asyncio.Task[Ended]) -> None:
    task.cancel()
    await asyncio.wait({task})


def _log(error: BaseException) -> None:
    """What went wrong and where, without its words: they may be a caller's."""
    places = traceback.extract_tb(error.__traceback__)
    log.error(
        "call failed: %s at %s", type(error).__name__, " < ".join(f"{p.name}:{p.lineno}" for p in reversed(places))
    )
