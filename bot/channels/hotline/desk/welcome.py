"""What a caller hears first: what is kept (once), what waits for them, and what they last did (after consent)."""

from __future__ import annotations

import asyncio
import re
from typing import Any, TypedDict

from bot.cases import CasesClient
from bot.channels.hotline.desk import said
from bot.channels.hotline.desk.beside import NO_CALLS, NOT_NOW
from bot.channels.hotline.desk.calls import Call
from bot.channels.hotline.desk.spoken import ear_form, expects
from bot.channels.hotline.wire import Expected, SpokenReply, Welcome
from bot.errors import TurnError
from bot.mailbox import Mailbox
from bot.options import OfferedOption
from bot.people import privacy_texts
from bot.people.privacy import AGREE, NOTICE_VERSION, REFUSE
from bot.people.summary import ABOUT
from bot.schema import Option, Turn
from bot.store import Consent, GatewayStore, Question

_HIDDEN = re.compile(r"\*+(\d+)")
"""A number as the ledger masks it: ******78."""
_PATIENCE_S = 0.8
"""For the ledger: the caller hears the fixed greeting meanwhile."""
_TASKS = {"loan_": "贷款申请", "applicant_": "贷款申请", "crop_": "贷款申请", "bill_": "交费单"}
_CONSENT = (
    OfferedOption("1", privacy_texts.AGREE, AGREE),
    OfferedOption("2", privacy_texts.REFUSE, REFUSE),
)


class Asking(TypedDict):
    """Replies and the kind of answer that the last one wants."""

    replies: tuple[SpokenReply, ...]
    expects: Expected


class Welcoming:
    """Greets callers.

    Args:
        store: the gateway's memory.
        cases: the action server.
        mailbox: messages that wait for the next call.
        record: calls are recorded.
    """

    def __init__(self, store: GatewayStore, cases: CasesClient, mailbox: Mailbox, *, record: bool = False) -> None:
        self._store, self._cases, self._mailbox, self._record = store, cases, mailbox, record

    async def welcome(self, call: Call) -> Welcome:
        """What ``call`` begins with; the same when it is asked for again."""
        if call.purpose is not None:
            return await self._errand(call)
        newcomer = await asyncio.to_thread(self._store.meet, call.sender, NOTICE_VERSION)
        newcomer = newcomer or await asyncio.to_thread(self._store.told_since, call.sender, call.began)
        replies: list[SpokenReply] = []
        wants = Expected.ANYTHING
        if newcomer:
            notice = said.NOTICE_RECORDED if self._record else said.NOTICE
            replies.append(SpokenReply(say=notice, kind="notice", must_hear=True))
        replies += await self._letters(call)
        if newcomer and call.region is not None:
            replies.append(await self._consent(call))
            wants = Expected.MENU
        elif not newcomer and len(replies) == 0 and call.number is not None:
            known = await self._known(call)
            if known:
                replies.append(SpokenReply(say=known, kind="known"))
        return Welcome(replies=tuple(replies), expects=wants, ask_region=call.region is None, record=self._record)

    async def _errand(self, call: Call) -> Welcome:
        """Of a call that we made: its news, and that we need not call again."""
        options = (OfferedOption("1", said.HEARD, NOT_NOW), OfferedOption("2", said.NO_CALLS, NO_CALLS))
        await asyncio.to_thread(self._store.ask, call.sender, Question(options))
        offered = tuple(Option(key=option.key, title=option.title) for option in options)
        news = (await self._letters(call))[1:]
        replies = (
            SpokenReply(say=said.ERRAND, kind="news"),
            *news,
            SpokenReply(say=said.ERRAND_QUESTION, options=offered),
        )
        return Welcome(replies=replies, expects=Expected.MENU, record=self._record)

    async def go_on(self, call: Call, noted: SpokenReply) -> Asking:
        """After the caller said where they are from: whether what they say may be kept, if that is still open."""
        undecided = await asyncio.to_thread(self._store.consent_of, call.sender) is Consent.UNASKED
        question = await asyncio.to_thread(self._store.question_of, call.sender)
        if undecided and question.asks is None and question.options in ((), _CONSENT):
            return {"replies": (noted, await self._consent(call)), "expects": Expected.MENU}
        more = said.WHAT_NOW if question.asks is None else ""
        noted = noted.model_copy(update={"say": noted.say + more})
        return {"replies": (noted,), "expects": expects(question.asks, bool(question.options))}

    async def heard_out(self, call: Call) -> None:
        """The caller went on after the greeting: what waited for them has been told."""
        if call.letters:
            await asyncio.to_thread(self._mailbox.drop, call.sender, call.letters)
            call.letters = 0

    async def _consent(self, call: Call) -> SpokenReply:
        await asyncio.to_thread(self._store.ask, call.sender, Question(_CONSENT))
        options = tuple(Option(key=option.key, title=option.title) for option in _CONSENT)
        return SpokenReply(say=said.AGREE_QUESTION, options=options, kind="privacy")

    async def _letters(self, call: Call) -> list[SpokenReply]:
        letters = await asyncio.to_thread(self._mailbox.after, call.sender, 0)
        if not letters:
            return []
        call.letters = letters[-1].id
        keys = [(letter.reply.audio or "").removeprefix("/audio/").removesuffix(".ogg") for letter in letters]
        heard = [await asyncio.to_thread(self._store.spoken_text, key) for key in keys]
        told = [
            SpokenReply(say=ear_form(letter.reply, sound), kind="news")
            for letter, sound in zip(letters, heard, strict=True)
        ]
        return [SpokenReply(say=said.NEWS, kind="news"), *told]

    async def _known(self, call: Call) -> str | None:
        """What a caller who agreed to be remembered last did."""
        if await asyncio.to_thread(self._store.consent_of, call.sender) is not Consent.GIVEN:
            return None
        question = await asyncio.to_thread(self._store.question_of, call.sender)
        for beginning, task in _TASKS.items():
            if (question.asks or "").startswith(beginning):
                return said.UNFINISHED.format(task=task)
        case = await self._case(call.sender)
        if case is not None:
            summary = _HIDDEN.sub(said.NUMBER_END.format(end=r"\1"), case["summary"])
            return said.LAST_CASE.format(summary=summary, state=case["state_text"]) + said.GO_AHEAD
        kept = await asyncio.to_thread(self._store.last_turn, call.sender)
        understood = Turn.model_validate_json(kept).understood if kept else None
        about = ABOUT.get(understood.intent) if understood else None
        return said.LAST_ABOUT.format(about=about) + said.GO_AHEAD if about else None

    async def _case(self, sender: str) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._cases.list(sender, 1)
        except (TurnError, TimeoutError):
            return None  # a comfort, no more
        cases = found.get("cases") or [] if isinstance(found, dict) else []
        return cases[0] if cases else None
