"""What a form can answer: ask, ask again, digress and come back, end. The decisions are in ``form``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.dialogue.form_spec import (
    FORM_OF,
    KEY,
    MISSES,
    MISSES_BEFORE_PERSON,
    PENDING,
    QUESTIONS,
    REQUESTED,
    TRIED,
    FormSpec,
    Rejected,
    Values,
)
from actions.dialogue.recall import summary
from actions.dialogue.turn import Handler, Message, Option, Reply, Turn, payload
from actions.texts import forms as say
from actions.texts.say import Say, speakable

ASK_BACK = "ask_back"
"""Kind of a message that says an unsure value back."""


class FormReplies:
    """The answers of one form."""

    def __init__(self, spec: FormSpec, handlers: Mapping[str, Handler], repeat: Handler) -> None:
        self._spec = spec
        self._handlers = handlers
        self._repeat = repeat

    async def _filled(
        self, turn: Turn, values: Values, new: Values, messages: list[Message], *, changed: bool = False
    ) -> Reply:
        """Take the new values and ask for the next, look up, or read back; ``changed``: say what is different now."""
        spec = self._spec
        merged = {**values, **new}
        asked = self._next(merged) or spec.confirm
        if asked == spec.confirm:
            more, looked_up = await spec.arrived(turn, merged)
            changed = changed and not any(message.kind == "error" for message in more)  # it was not found
            messages = [*messages, *more]
            if looked_up is None:
                return self._end(messages)
            merged = {**merged, **looked_up}
            asked = self._next(merged) or spec.confirm
        if changed:  # what a look-up did not take is not said to be changed
            taken = {slot: merged[slot] for slot in spec.slots if slot in new and merged.get(slot) is not None}
            different = {slot: value for slot, value in taken.items() if values.get(slot) != value}
            messages = [*changed_message(different), *messages]
        aside = {slot: value for slot, value in new.items() if slot in spec.slots and value is not None}
        if aside and not messages and asked == turn.slots.get(REQUESTED):  # an answer, but not to this question
            noted = Say(say.NOTED_FIRST) + summary(aside) + Say("。")
            messages = [Message(noted.text, noted.spoken, kind="form")]
        slots = {**merged, MISSES: 0, PENDING: None, KEY: turn.slots.get(KEY), REQUESTED: asked}
        return Reply((*messages, spec.ask(asked, merged)), slots)

    async def _digress(self, turn: Turn, values: Values, asked: str, intent: str) -> Reply:
        """Answer, then ask again; no slot of the form is touched.

        What is out of scope counts as a misunderstanding: it may be an answer that is never recognised as one.
        """
        misses = int(turn.slots.get(MISSES) or 0) + (intent == "out_of_scope")
        if misses >= MISSES_BEFORE_PERSON:
            return self._missed(turn, asked, values, "")
        reply = await self._handlers[intent](replace(turn, intent=intent))
        if any(message.kind in QUESTIONS for message in reply.messages):  # its own question comes first
            return Reply(reply.messages, self._keep(asked, {}))
        answers = tuple(replace(message, options=()) for message in reply.messages)
        again = self._spec.ask(asked, values)
        back = replace(again, text=say.BACK_TO + again.text, spoken=again.spoken and say.BACK_TO + again.spoken)
        return Reply((*answers, back), self._keep(asked, {MISSES: misses}))

    async def _repeated(self, turn: Turn, asked: str, values: Values) -> Reply:
        """The question again, not that it was not understood; after an answer, the answer too."""
        if all(message.kind in ("form", "confirm", "offer_person") for message in turn.last_messages):
            return self._again(asked, values, [])
        reply = await self._repeat(turn)
        return Reply(reply.messages, self._keep(asked, {}))

    def _rejected(self, turn: Turn, asked: str, values: Values, doubt: Rejected) -> Reply:
        if not doubt.options:
            return self._missed(turn, asked, values, doubt.why)
        kind = ASK_BACK if doubt.yes_or_no else "clarify"  # understood, but to be confirmed
        return self._say([Message(doubt.why, options=doubt.options, kind=kind)], asked)

    def _missed(self, turn: Turn, asked: str, values: Values, why: str) -> Reply:
        misses = int(turn.slots.get(MISSES) or 0) + 1
        if misses >= MISSES_BEFORE_PERSON:
            offer = (Option(say.TO_PERSON, payload("human_agent")), Option(say.GO_ON, payload("repeat")))
            message = Message(say.OFFER_PERSON, options=offer, kind="offer_person")
            return Reply((message,), self._keep(asked, {MISSES: 0}))
        question = self._spec.ask(asked, values)
        if asked == self._spec.confirm:
            heard = speakable(why) + (question.spoken or question.text)
            message = replace(question, text=why + question.text, spoken=heard)
        else:
            message = Message(why, options=question.options, kind="form")
        return Reply((message,), self._keep(asked, {MISSES: misses}))

    def _name(self) -> str:
        return FORM_OF[self._spec.intent]

    def _next(self, values: Mapping[str, Any]) -> str | None:
        return next((slot for slot in self._spec.required(values) if values.get(slot) is None), None)

    def _keep(self, asked: str, more: Mapping[str, Any]) -> dict[str, Any]:
        return {REQUESTED: asked, PENDING: None, **more}

    def _say(self, messages: list[Message], asked: str) -> Reply:
        return Reply(tuple(messages), self._keep(asked, {}))

    def _again(self, asked: str, values: Values, messages: list[Message]) -> Reply:
        return Reply((*messages, self._spec.ask(asked, values)), self._keep(asked, {}))

    def _end(self, messages: list[Message]) -> Reply:
        """Leave the form; nothing of it stays behind."""
        names = (*self._spec.slots, *self._spec.extras, KEY, PENDING, TRIED)
        return Reply(tuple(messages), {**dict.fromkeys(names), MISSES: 0, REQUESTED: None})


def changed_message(different: Values) -> list[Message]:
    """Said when a correction was taken: what it is now."""
    told = summary(different)
    if not told.text:
        return []
    text = Say(say.CHANGED) + told + Say("。")
    return [Message(text.text, text.spoken, kind="form")]


def warning() -> Message:
    """Said when somebody sends a password."""
    return Message(say.KEEP_TO_YOURSELF, say.KEEP_TO_YOURSELF_SPOKEN, kind="warning")
