"""What belongs to the telephone beside the dialogue: a way to a person, and the rest of a long answer.

Stands among what the gateway answers itself (``bot/people/front.py``), so that it is kept with the turn and offered
as numbered options like everything else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

from bot.channels.hotline import said
from bot.channels.hotline.spoken import TRANSFER, cut, ear_form
from bot.options import OfferedOption
from bot.people.book import TalkBook, Who
from bot.people.hours import Hours
from bot.rasa import Button, DialogueMessage
from bot.schema import Turn
from bot.store import GatewayStore

CHANNEL = "hotline"
MORE, NOT_NOW, CALL_BACK = "gateway:more", "gateway:not_now", "gateway:call_back"
Number = Callable[[str], str | None]
"""The number from which a conversation's call comes."""


class Beside:
    """Answers before and after the dialogue, for calls only.

    Args:
        store: the gateway's memory.
        talks: the staff's list.
        hours: when staff are there.
        number_of: the number of the call that goes on in a conversation; None when it is withheld.
    """

    def __init__(self, store: GatewayStore, talks: TalkBook, hours: Hours, number_of: Number) -> None:
        self._store, self._talks, self._hours, self._number_of = store, talks, hours, number_of

    async def answer(self, conversation: str, chosen: OfferedOption | None) -> list[DialogueMessage] | None:
        """The reply to one of its own options; None when it is none."""
        if chosen is None or not conversation.startswith(f"{CHANNEL}:"):
            return None
        if chosen.payload == MORE:
            return [await self._more(conversation)]
        if chosen.payload == NOT_NOW:
            return [_message(said.LATER_SAID)]
        if chosen.payload == CALL_BACK:
            return [await self._call_back(conversation)]
        return None

    async def after(self, conversation: str, answer: list[DialogueMessage]) -> list[DialogueMessage]:
        """What is added to an answer."""
        numbers = [number for message in answer if (number := (message.custom or {}).get("hand_off_id"))]
        if numbers:
            return [await self._person(conversation, str(numbers[0]))]
        if not answer or any(message.buttons or (message.custom or {}).get("asks") for message in answer):
            return []  # one question at a time
        if any(cut(_heard(message))[1] for message in answer if (message.custom or {}).get("kind") == "answer"):
            return [_message(said.MORE_QUESTION, (said.MORE, MORE), (said.LATER, NOT_NOW))]
        return []

    async def _person(self, conversation: str, number: str) -> DialogueMessage:
        if self._hours.open_at(datetime.now(UTC)):
            return _message(said.TRANSFER, kind=TRANSFER)
        await asyncio.to_thread(self._talks.open, conversation, number)
        closed = said.AFTER_HOURS.format(hours=self._hours.text)
        if await asyncio.to_thread(self._number_of, conversation) is None:
            return _message(closed + said.CALL_BACK_NUMBER)
        return _message(closed + said.CALL_BACK_QUESTION, (said.CALL_BACK, CALL_BACK), (said.CALL_BACK_NO, NOT_NOW))

    async def _call_back(self, conversation: str) -> DialogueMessage:
        number = await asyncio.to_thread(self._number_of, conversation)
        talk = await asyncio.to_thread(self._talks.open_talk, conversation)
        if number is None or talk is None:
            return _message(said.CALL_BACK_NUMBER)
        line = said.CALL_BACK_LINE.format(number=number)
        lines = await asyncio.to_thread(self._talks.lines, talk.number)
        if line not in [one.text for one in lines]:
            await asyncio.to_thread(self._talks.say, talk.number, Who.USER, line)
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


def _message(text: str, *options: tuple[str, str], kind: str = "talk") -> DialogueMessage:
    buttons = [Button(title=title, payload=payload) for title, payload in options]
    return DialogueMessage(text=text, buttons=buttons, custom={"kind": kind})
