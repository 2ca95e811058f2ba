"""News of cases on their way to people: ``POST /internal/news``, which the action server repeats until it is answered.

Whoever was told of a case at one step, by an answer or by news, is not told of that step again, nor of one before it.
While a turn of theirs is under way nothing is told: it may be telling the same, or that they want to be forgotten.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from aiohttp import web
from pydantic import Field

from bot.channels.base import UnreachableError
from bot.channels.http import internal, json_response, parsed
from bot.database import new_key
from bot.people.texts import NEWS_STOP
from bot.people.wishes import NewsWishes
from bot.schema import Model, Reply
from bot.store import Consent, GatewayStore
from bot.told import ToldCases
from bot.turn import BusyError, TurnService

log = logging.getLogger(__name__)
_AGAIN_S = 2
"""After which a conversation in the middle of a turn is tried again."""
_TIMEOUT_S = 6.0
"""Less than the action server waits: what is not delivered by then is delivered again, under the same key."""
_BY_TELEPHONE = "hotline:"
"""Conversations of callers: how they say that they want no calls, they are told on the call."""
Outcome = Literal["told", "told_before", "unwanted", "unreachable"]


class CaseNews(Model):
    """Where a case stands, for the conversation in which it was begun; ``step`` grows with every change."""

    conversation: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,31}:", max_length=200)
    case_id: str = Field(pattern=r"^[0-9]{1,10}$")
    step: int = Field(gt=0)
    text: str = Field(min_length=1, max_length=4000)
    spoken: str | None = Field(default=None, max_length=4000)
    link: str | None = Field(default=None, max_length=2000)


class Deliver(Protocol):
    """Brings messages to a conversation on its channel, once for a key (``Channels.deliver``)."""

    def __call__(self, conversation: str, replies: Sequence[Reply], key: str | None = None) -> Awaitable[None]: ...


@dataclass(frozen=True)
class NewsDesk:
    """Tells people what became of their cases.

    Attributes:
        turns: which conversations are in the middle of a turn.
        store: consents, and what a message sounds like.
        told: what people know already.
        wishes: who wants no news.
        deliver: see :class:`Deliver`.
        secret: what every request must bring along.
    """

    turns: TurnService
    store: GatewayStore
    told: ToldCases
    wishes: NewsWishes
    deliver: Deliver
    secret: bytes

    def routes(self) -> list[web.RouteDef]:
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]] = internal(self._post, self.secret)
        return [web.post("/internal/news", handler)]

    async def _post(self, request: web.Request) -> web.Response:
        news = parsed(CaseNews, await request.read())
        try:
            async with asyncio.timeout(_TIMEOUT_S), self.turns.between(news.conversation):
                outcome = await self.tell(news)
        except (BusyError, TimeoutError):
            answer = json_response({"error": {"code": BusyError.code, "message": BusyError.message}}, 503)
            answer.headers["Retry-After"] = str(_AGAIN_S)
            return answer
        log.info("news of case %s: %s", news.case_id, outcome)
        return json_response({"outcome": outcome})

    async def tell(self, news: CaseNews) -> Outcome:
        """Tell it, or say why not; between turns of the conversation."""
        who = news.conversation
        if await asyncio.to_thread(self.told.step_of, who, news.case_id) >= news.step:
            return "told_before"
        refused = await asyncio.to_thread(self.store.consent_of, who) is Consent.REFUSED
        if refused or not await asyncio.to_thread(self.wishes.wanted, who):
            return "unwanted"
        key = new_key()
        await asyncio.to_thread(self.store.keep_spoken, who, key, news.spoken or news.text)
        stop = "" if who.startswith(_BY_TELEPHONE) else f"\n{NEWS_STOP}"
        reply = Reply(
            text=news.text + stop, audio=f"/audio/{key}.ogg", kind="news", case_id=news.case_id, link=news.link
        )
        try:
            await self.deliver(who, [reply], f"{news.case_id}-{news.step}")
        except UnreachableError:
            return "unreachable"
        await asyncio.to_thread(self.told.put, who, [(news.case_id, news.step)])
        return "told"
