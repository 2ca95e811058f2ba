"""What belongs to the telephone beside the dialogue: a way to a person, and the rest of a long answer.

Stands among what the gateway answers itself (``bot/people/front.py``), so that it is kept with the turn and offered
as numbered options like everything else.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from bot.channels.hotline.desk import said
from bot.channels.hotline.desk.callers import is_mobile
from bot.channels.hotline.desk.outcalls import Errands, Wish
from bot.channels.hotline.desk.sms import Sms
from bot.channels.hotline.desk.spoken import CLOSED, TRANSFER, cut, digits, ear_form
from bot.hints import CALL_BACK_NUMBER
from bot.options import OfferedOption
from bot.people.book import TalkBook, Who
from bot.people.hours import Hours
from bot.rasa import Button, DialogueMessage
from bot.schema import Turn
from bot.store import GatewayStore
from nlu.dialect.digits import digit_runs

CHANNEL = "hotline"
MORE, NOT_NOW, CALL_BACK = "gateway:more", "gateway:not_now", "gateway:call_back"
SMS, CALL_ME, NO_CALLS = "gateway:sms", "gateway:call_me", "gateway:no_calls"
_PERSON = "/human_agent"
_STOP_CALLING = re.compile(
    r"(?:请|你们?)?(?:以后|往后|再)?(?:都)?(?:别|不要|不用|莫)再?(?:打电话给我|给我打电话|打给我|打我(?:的)?电话|来电话)(?:了|啦)?"
)
_OFFERS = frozenset((MORE, CALL_BACK, SMS, CALL_ME))
"""First options of our own questions that a yes answers; their last one is a no."""
_THANKS = r"(?:的|了|啊|呀|嘛|嘞|呗|谢谢|麻烦|[你您]们?)*"
_YES = re.compile(rf"(?:嗯|哦)*(?:对|是|好|要|想|行|中|成|可以|得行|要得|愿意|当然)+{_THANKS}")
_NO = re.compile(rf"(?:嗯|哦)*(?:不|莫|别|没|算)+(?:用|要|必|想|打|发|听|需要)*{_THANKS}")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{9,11}|[2-8][0-9]{6,7}")
_FEWEST_DIGITS = 5
"""Fewer are no number that was meant as one."""
_NOISE = re.compile(r"[\s，。！？、,.!?]+|[吧啊呀呢嘛]+$")
Number = Callable[[str], str | None]
"""The number from which a conversation's call comes."""


class Beside:
    """Answers before and after the dialogue, for calls only.

    Args:
        store: the gateway's memory.
        talks: the staff's list.
        hours: when staff are there.
        number_of: the number of the call that goes on in a conversation; None when it is withheld.
        sms: sends messages; None where there is no service.
        errands: who may be called; None where no calls are made.
        public_url: of the gateway, without trailing slash: for links to its own pages.
    """

    def __init__(
        self,
        store: GatewayStore,
        talks: TalkBook,
        hours: Hours,
        number_of: Number,
        *,
        sms: Sms | None = None,
        errands: Errands | None = None,
        public_url: str | None = None,
    ) -> None:
        self._store, self._talks, self._hours, self._number_of = store, talks, hours, number_of
        self._sms, self._errands, self._public_url = sms, errands, public_url

    async def answer(
        self, conversation: str, text: str, chosen: OfferedOption | None, asks: str | None
    ) -> list[DialogueMessage] | None:
        """The reply to one of its own options or questions, or to the wish not to be called any more; None when it is
        none of them."""
        if not conversation.startswith(f"{CHANNEL}:"):
            return None
        plain = _NOISE.sub("", text)
        if asks == CALL_BACK_NUMBER and (noted := await self._number_said(conversation, text, plain)) is not None:
            return [noted]
        action = chosen.payload if chosen else await self._meant(conversation, plain)
        handlers: dict[str, Callable[[str], Awaitable[DialogueMessage]]] = {
            MORE: self._more,
            NOT_NOW: self._not_now,
            CALL_BACK: self._call_back,
            SMS: self._send,
            CALL_ME: self._call_me,
            NO_CALLS: self._no_calls,
        }
        handler = handlers.get(action or "")
        return None if handler is None else [await handler(conversation)]

    @staticmethod
    def kept(answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """An answer without what else it asks, if it calls a person: what comes of that is told or asked instead."""
        if not any((message.custom or {}).get("hand_off_id") for message in answer):
            return answer
        return [message for message in answer if not (message.buttons or (message.custom or {}).get("asks"))]

    async def after(self, conversation: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """What is added to an answer."""
        numbers = [number for message in answer if (number := (message.custom or {}).get("hand_off_id"))]
        if numbers:
            return [await self._person(conversation, str(numbers[0]))]
        if not answer or any(message.buttons or (message.custom or {}).get("asks") for message in answer):
            return []  # one question at a time
        number = await asyncio.to_thread(self._number_of, conversation)
        by_sms = self._sms is not None and is_mobile(number)
        links = [link for message in answer if (link := (message.custom or {}).get("confirm_url"))]
        if links and by_sms and self._address(str(links[0])) is not None:
            return [_message(said.LINK_QUESTION, (said.BY_SMS, SMS), (said.LATER, NOT_NOW))]
        if links:
            return [_message(said.LINK_NOT_HERE, (said.ASK_PERSON, _PERSON), (said.LATER, NOT_NOW))]
        if any(cut(_heard(message))[1] for message in answer if (message.custom or {}).get("kind") == "answer"):
            sending = [(said.BY_SMS, SMS)] if by_sms else []
            return [_message(said.MORE_QUESTION, (said.MORE, MORE), *sending, (said.LATER, NOT_NOW))]
        registered = any((message.custom or {}).get("case_id") for message in answer)
        if not registered or number is None or self._errands is None:
            return []
        if await asyncio.to_thread(self._errands.wish_of, conversation) is not None:
            return []
        return [_message(said.CALL_ME_QUESTION, (said.CALL_ME, CALL_ME), (said.CALL_ME_NO, NO_CALLS))]

    async def _meant(self, conversation: str, plain: str) -> str | None:
        """What a plain yes or no means after a question of ours, or that somebody wants no calls."""
        if _STOP_CALLING.fullmatch(plain):
            return NO_CALLS
        yes, no = _YES.fullmatch(plain), _NO.fullmatch(plain)
        if not yes and not no:
            return None
        options = (await asyncio.to_thread(self._store.question_of, conversation)).options
        if not options or options[0].payload not in _OFFERS:
            return None
        return options[0 if yes else -1].payload

    async def _number_said(self, conversation: str, text: str, plain: str) -> DialogueMessage | None:
        """The answer to where to call back; None when it is about something else."""
        if _NO.fullmatch(plain):
            return await self._not_now(conversation)
        found = digit_runs(text, shortest=_FEWEST_DIGITS)
        talk = await asyncio.to_thread(self._talks.open_talk, conversation)
        if len(found) != 1 or talk is None:
            return None
        number = found[0].digits
        if not _PHONE.fullmatch(number):
            return _message(said.CALL_BACK_ODD, asks=CALL_BACK_NUMBER)
        await self._note(talk.number, said.CALL_BACK_AT_LINE.format(number=number))
        return _message(said.CALL_BACK_NOTED_AT.format(end=digits(number[-4:])))

    async def _note(self, talk: str, line: str) -> None:
        """A line to staff, once."""
        lines = await asyncio.to_thread(self._talks.lines, talk)
        if line not in [one.text for one in lines]:
            await asyncio.to_thread(self._talks.say, talk, Who.USER, line)

    async def _not_now(self, _conversation: str) -> DialogueMessage:
        return _message(said.LATER_SAID)

    async def _call_me(self, conversation: str) -> DialogueMessage:
        number = await asyncio.to_thread(self._number_of, conversation)
        if self._errands is None or number is None:
            return _message(said.LATER_SAID)
        await asyncio.to_thread(self._errands.decide, conversation, Wish.YES, number)
        return _message(said.CALL_ME_NOTED)

    async def _no_calls(self, conversation: str) -> DialogueMessage:
        if self._errands is not None:
            await asyncio.to_thread(self._errands.decide, conversation, Wish.NO, None)
        return _message(said.NO_CALLS_NOTED)

    async def _send(self, conversation: str) -> DialogueMessage:
        """Send the newest link or answer to the mobile that calls; asked for twice, it is sent once."""
        number = await asyncio.to_thread(self._number_of, conversation)
        kept = await asyncio.to_thread(self._store.said, conversation)
        for turn in (Turn.model_validate_json(answer) for _, answer in reversed(kept)):
            text = self._sms_text(turn)
            if text is not None and number is not None and self._sms is not None:
                key = hashlib.sha256(f"{conversation} {turn.turn_id}".encode()).hexdigest()[:32]
                await self._sms.send(key, number, text)
                return _message(said.SMS_SENT)
        return _message(said.SMS_GONE)

    def _sms_text(self, turn: Turn) -> str | None:
        if turn.understood is None and not any(reply.link for reply in turn.replies):
            return None  # our own words, or the rest of an answer that comes before it
        for reply in turn.replies:
            if reply.link and (url := self._address(reply.link)):
                return said.SMS_LINK.format(url=url)
            if reply.kind == "answer":
                return said.SMS_TEXT.format(text=re.sub(r"\s*\n+\s*", " ", reply.text).strip())
        return None

    def _address(self, link: str) -> str | None:
        """The whole address of a link; None for a page of ours when nobody knows where we are reached."""
        if not link.startswith("/"):
            return link
        return f"{self._public_url}{link}" if self._public_url else None

    async def _person(self, conversation: str, number: str) -> DialogueMessage:
        if self._hours.open_at(datetime.now(UTC)):
            return _message(said.TRANSFER, kind=TRANSFER)
        await asyncio.to_thread(self._talks.open, conversation, number)
        closed = said.AFTER_HOURS.format(hours=self._hours.text)
        if await asyncio.to_thread(self._number_of, conversation) is None:
            return _message(closed + said.CALL_BACK_NUMBER, kind=CLOSED, asks=CALL_BACK_NUMBER)
        options = (said.CALL_BACK, CALL_BACK), (said.CALL_BACK_NO, NOT_NOW)
        return _message(closed + said.CALL_BACK_QUESTION, *options, kind=CLOSED)

    async def _call_back(self, conversation: str) -> DialogueMessage:
        number = await asyncio.to_thread(self._number_of, conversation)
        talk = await asyncio.to_thread(self._talks.open_talk, conversation)
        if number is None or talk is None:
            return _message(said.CALL_BACK_NUMBER, asks=CALL_BACK_NUMBER)
        await self._note(talk.number, said.CALL_BACK_LINE.format(number=number))
        return _message(said.CALL_BACK_NOTED)

    async def _more(self, conversation: str) -> DialogueMessage:
        """The rest of the long answer that was given last; long again, it is cut again."""
        kept = await asyncio.to_thread(self._store.last_turn, conversation)
        for reply in reversed(Turn.model_validate_json(kept).replies if kept else []):
            key = (reply.audio or "").removeprefix("/audio/").removesuffix(".ogg")
            heard = await asyncio.to_thread(self._store.spoken_text, key)
            rest = cut(ear_form(reply, heard))[1]
            if reply.kind == "answer" and rest:
                return _message(rest, kind="answer")
        return _message(said.MORE_GONE)


def _heard(message: DialogueMessage) -> str:
    return str((message.custom or {}).get("spoken") or message.text or "")


def _message(text: str, *options: tuple[str, str], kind: str = "talk", asks: str | None = None) -> DialogueMessage:
    buttons = [Button(title=title, payload=payload) for title, payload in options]
    return DialogueMessage(text=text, buttons=buttons, custom={"kind": kind} | ({"asks": asks} if asks else {}))
