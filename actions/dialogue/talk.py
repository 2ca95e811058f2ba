# ruff: noqa: ARG002 - the methods of one protocol
"""Greetings, help, repeating, choosing, and what happens when nothing was understood."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from actions.dialogue import options
from actions.dialogue.answers import KnowledgeAnswer
from actions.dialogue.form_spec import FORM_OF, MISSES, MISSES_BEFORE_PERSON
from actions.dialogue.turn import Handler, Message, Option, Reply, Turn, payload
from actions.texts import talk as say

log = logging.getLogger(__name__)

MOST_MEANINGS = 3
SHORTEST_QUESTION = 3
"""Characters below which a text is no question to search for."""
LIKELY = 0.15
"""A meaning below this confidence is not worth reading back."""

MOST_WORDS = 200
"""A question carried in an option's payload is cut here."""


class Told:
    """Says one fixed sentence."""

    def __init__(self, text: str, kind: str = "talk") -> None:
        self._message = Message(text, kind=kind)

    async def __call__(self, turn: Turn) -> Reply:
        """The sentence."""
        return Reply((self._message,))


class Repeat:
    """Says the last thing again, options included."""

    async def __call__(self, turn: Turn) -> Reply:
        """The assistant's last messages."""
        return Reply(turn.last_messages or (Message(say.NOTHING_TO_REPEAT, kind="talk"),))


def person_offered(turn: Turn) -> Reply | None:
    """The offer of a person when this is the third message in a row that led nowhere, else None."""
    if int(turn.slots.get(MISSES) or 0) + 1 < MISSES_BEFORE_PERSON:
        return None
    choices = (
        Option(say.TO_PERSON, payload("human_agent", reason="not_understood")),
        Option(say.TRY_AGAIN, payload("nlu_fallback")),
    )
    return Reply((Message(say.OFFER_PERSON, options=choices, kind="offer_person"),), {MISSES: 0})


class Withdraw:
    """An application that was handed in can only be withdrawn by people."""

    async def __call__(self, turn: Turn) -> Reply:
        """The truth, and the offer of a person."""
        choices = (Option(say.TO_PERSON, payload("human_agent")), Option(say.WITHDRAW_NO, payload("thanks")))
        return Reply((Message(say.WITHDRAW, options=choices, kind="question"),))


class OutOfScope:
    """Says what it cannot do, and the third time in a row offers a person."""

    async def __call__(self, turn: Turn) -> Reply:
        """One refusal more."""
        misses = int(turn.slots.get(MISSES) or 0) + 1
        return person_offered(turn) or Reply((Message(say.OUT_OF_SCOPE, kind="talk"),), {MISSES: misses})


class NotUnderstood:
    """Asks again, reads back the likeliest meanings, and the third time offers a person."""

    def __init__(self, knowledge: KnowledgeAnswer) -> None:
        self._knowledge = knowledge

    async def __call__(self, turn: Turn) -> Reply:
        """What to say depends on how often it happened in a row."""
        if offer := person_offered(turn):
            return offer
        misses = int(turn.slots.get(MISSES) or 0) + 1
        if turn.is_payload:
            return Reply((Message(say.SAY_AGAIN, kind="talk"),))
        meant = (await self._meanings(turn))[:MOST_MEANINGS]
        if not meant:
            return Reply((Message(say.NOT_UNDERSTOOD, kind="not_understood"),), {MISSES: misses})
        none = Option(say.NONE_OF_THESE, payload("nlu_fallback"))
        return Reply((Message(say.DID_YOU_MEAN, options=(*meant, none), kind="clarify"),), {MISSES: misses})

    async def _meanings(self, turn: Turn) -> list[Option]:
        """The likeliest intents, questions by the titles of the entries that fit."""
        meant: list[Option] = []
        likely = [name for name, score in turn.ranking if name in say.MEANINGS and score >= LIKELY][:2]
        if len(turn.words) >= SHORTEST_QUESTION:
            try:
                found = await self._knowledge.search(turn.queries, turn.region)
            except Exception as error:  # noqa: BLE001 - then only intents are read back
                log.error("knowledge search failed type=%s", type(error).__name__)
            else:
                if found.decision == "answer" or (found.decision == "clarify" and "ask_knowledge" in likely):
                    meant = [
                        Option(hit.title, payload("ask_knowledge", entry=hit.id, question=hit.title))
                        for hit in found.hits[: 1 if found.decision == "answer" else 2]
                    ]
        if len(likely) < 2 and not meant:
            return []
        asked = [name for name in likely if name != "ask_knowledge" or not meant]
        return [*meant, *(Option(say.MEANINGS[name], self._meaning(name, turn)) for name in asked)]

    @staticmethod
    def _meaning(intent: str, turn: Turn) -> str:
        """Questions carry their words along, so that choosing the meaning answers at once."""
        asks = intent in ("ask_knowledge", "check_fraud")
        return payload(intent, question=turn.words[:MOST_WORDS]) if asks else payload(intent)


class Bare:
    """A yes, a number, a choice or a correction with no form open: taken as a choice if options were offered."""

    def __init__(self, handlers: Mapping[str, Handler], otherwise: Handler) -> None:
        self._handlers = handlers
        self._otherwise = otherwise

    async def __call__(self, turn: Turn) -> Reply:
        """Run what the chosen option stands for."""
        offered = [option for message in turn.last_messages for option in message.options]
        option = options.chosen(turn.words, offered)
        if option is None and turn.intent == "affirm" and offered:
            option = offered[0] if _is_offer(offered) else None
        if option is None:
            return await self._otherwise(turn)
        chosen = turn.choosing(option.payload)
        if chosen.intent in FORM_OF:
            return Reply((), {MISSES: 0}, follow_up=FORM_OF[chosen.intent])
        handler = self._handlers.get(chosen.intent)
        return await handler(chosen) if handler is not None else await self._otherwise(turn)


def _is_offer(offered: list[Option]) -> bool:
    """Whether "yes" can only mean the first option: one thing offered, beside it nothing but "no, thanks"."""
    return len(offered) <= 2 and all(
        option.payload in (payload("thanks"), payload("nlu_fallback")) for option in offered[1:]
    )


def small_talk(repeat: Handler, misunderstood: Handler) -> dict[str, Handler]:
    """Handlers of the intents that need no service, by intent."""
    return {
        "greet": Told(say.GREET),
        "help": Told(say.HELP),
        "thanks": Told(say.THANKS),
        "goodbye": Told(say.BYE),
        "out_of_scope": OutOfScope(),
        "cancel": Told(say.NOTHING_TO_CANCEL),
        "repeat": repeat,
        "nlu_fallback": misunderstood,
    }
