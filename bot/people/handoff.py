"""A person takes over: the user waits, talks with an employee on their own channel, and comes back to the bot."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from bot.people import texts as say
from bot.people.book import State, TalkBook, Who
from bot.people.hours import Hours
from bot.rasa import DialogueMessage

_BACK = re.compile(r"(?:不用|不要|不找)(?:人工|工作人员|人)了?|(?:回|换回?|找)(?:机器人|电脑助手|助手|乡音)|结束人工")
_PHONE = re.compile(r"1[3-9]\d{9}")
_BY_TELEPHONE = "hotline:"
"""Conversations of callers: they are put through or called back, nobody writes to them while they speak."""
_NOT_UNDERSTOOD = frozenset(("not_understood", "bare_answer", "offer_person"))
_NOISE = re.compile(r"[\s，。！？、,.!?]+|[吧啊呀呢嘛]+$")


class HandOffDesk:
    """Between a turn and the staff console.

    Args:
        book: the talks.
        hours: when staff are there.
    """

    def __init__(self, book: TalkBook, hours: Hours) -> None:
        self._book = book
        self._hours = hours

    async def answer(self, conversation: str, text: str, asks: str | None) -> list[DialogueMessage] | None:
        """While an employee serves this user, what they say goes to the employee; None when it is the dialogue's.

        Args:
            conversation: whose.
            text: what they say.
            asks: the slot the dialogue has just asked for: a phone number may be the answer to that.
        """
        talk = await asyncio.to_thread(self._book.open_talk, conversation)
        if talk is None or (talk.state is State.HELD and conversation.startswith(_BY_TELEPHONE)):
            return None
        plain = _NOISE.sub("", text)
        if talk.state is State.WAITING and _BACK.fullmatch(plain):
            await asyncio.to_thread(self._book.close, talk.number)
            return [_message(say.NOT_WAITING, kind="talk")]
        if talk.state is State.WAITING:
            if asks is not None or not _PHONE.fullmatch(plain) or self._hours.open_at(datetime.now(UTC)):
                return None
            await asyncio.to_thread(self._book.say, talk.number, Who.USER, text)
            return [_message(say.CALL_BACK)]
        await asyncio.to_thread(self._book.say, talk.number, Who.USER, text)
        if _BACK.fullmatch(plain):
            await asyncio.to_thread(self._book.close, talk.number)
            return [_message(say.BACK)]
        return [_message(say.RELAYED, kind="relayed")]

    async def left_for_staff(self, conversation: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """The answer; who waits for a person and was not understood is told that the person will read it."""
        if not answer or (answer[0].custom or {}).get("kind") not in _NOT_UNDERSTOOD:
            return answer
        talk = await asyncio.to_thread(self._book.open_talk, conversation)
        if talk is None or talk.state is not State.WAITING:
            return answer
        return [_message(say.LEFT_FOR_STAFF, kind="talk")]

    async def queued(self, conversation: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """What is added to the dialogue's answer: the place in the queue for who joins it."""
        numbers = [number for message in answer if (number := (message.custom or {}).get("hand_off_id"))]
        if not numbers:
            return []
        await asyncio.to_thread(self._book.open, conversation, str(numbers[0]))
        if not self._hours.open_at(datetime.now(UTC)):
            return [_message(say.AFTER_HOURS.format(hours=self._hours.text))]
        ahead = await asyncio.to_thread(self._book.ahead_of, conversation)
        return [_message(say.AHEAD.format(count=ahead) if ahead else say.NEXT)]


def _message(text: str, kind: str = "handoff") -> DialogueMessage:
    return DialogueMessage(text=text, custom={"kind": kind})
