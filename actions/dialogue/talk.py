# ruff: noqa: ARG002 - the methods of one protocol
"""Greetings, help, repeating, choosing, and what happens when nothing was understood."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from actions.dialogue import options, words
from actions.dialogue.answers import KnowledgeAnswer
from actions.dialogue.desk import numbers_asked
from actions.dialogue.form_spec import FORM_OF, MISSES, MISSES_BEFORE_PERSON, PENDING
from actions.dialogue.recall import DRAFT, Recall
from actions.dialogue.turn import Handler, Message, Option, Reply, Turn, meant, payload
from actions.dialogue.values import core
from actions.texts import bill as bill_say
from actions.texts import forms as form_say
from actions.texts import loan as loan_say
from actions.texts import talk as say

log = logging.getLogger(__name__)

MOST_MEANINGS = 3
MOST_SHOWN = 20
"""A reading is shown and said up to this many characters."""
SHORTEST_QUESTION = 3
"""Characters below which a text is no question to search for."""
SHORT = 8
"""Characters up to which a yes or no says nothing else."""
LIKELY = 0.15
"""A meaning below this confidence is not worth reading back."""


class Told:
    """Says one fixed sentence."""

    def __init__(self, text: str, kind: str = "talk") -> None:
        self._message = Message(text, kind=kind)

    async def __call__(self, turn: Turn) -> Reply:
        """The sentence."""
        return Reply((self._message,))


class Help:
    """What can be said, and to who asks what it is, that."""

    async def __call__(self, turn: Turn) -> Reply:
        """Examples to say, or the truth about the assistant."""
        return Reply((Message(say.GREET if words.who(turn.words) else say.HELP, kind="talk"),))


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


def which_heard(turn: Turn) -> Message:
    """The two likeliest readings of a voice message as choices; the one chosen goes on as if it had been said."""
    shown = [reading.title or _short(reading.text) for reading in turn.choices]
    if len(set(shown)) < len(shown):
        shown = [say.MEANINGS.get(reading.intent, reading.text) for reading in turn.choices]
    choices = [
        Option(title, meant(reading.intent, reading.text)) for title, reading in zip(shown, turn.choices, strict=True)
    ]
    return Message(say.WHICH_HEARD, options=(*choices, _none()), kind="clarify")


def _short(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}……"


def _none() -> Option:
    return Option(say.NONE_OF_THESE, payload("nlu_fallback"))


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
        if words.scolds(turn.words):
            return Reply((Message(say.SORRY, kind="talk"),), {MISSES: misses})
        if (plain := bare_thing(turn) or numbers_asked(turn)) is not None:
            return Reply((plain,))
        if turn.choices:
            return Reply((which_heard(turn),), {MISSES: misses})
        likely = (await self._meanings(turn))[:MOST_MEANINGS]
        if not likely:
            return Reply((Message(say.NOT_UNDERSTOOD, kind="not_understood"),), {MISSES: misses})
        return Reply((Message(say.DID_YOU_MEAN, options=(*likely, _none()), kind="clarify"),), {MISSES: misses})

    async def _meanings(self, turn: Turn) -> list[Option]:
        """The likeliest intents, questions by the titles of the entries that fit."""
        entries: list[Option] = []
        likely = [name for name, score in turn.ranking if name in say.MEANINGS and score >= LIKELY][:2]
        if len(turn.words) >= SHORTEST_QUESTION:
            try:
                found = await self._knowledge.search(turn.queries, turn.region)
            except Exception as error:  # noqa: BLE001 - then only intents are read back
                log.error("knowledge search failed type=%s", type(error).__name__)
            else:
                if found.decision == "answer" or (found.decision == "clarify" and "ask_knowledge" in likely):
                    entries = [
                        Option(hit.title, payload("ask_knowledge", entry=hit.id, question=hit.title))
                        for hit in found.hits[: 1 if found.decision == "answer" else 2]
                    ]
        if len(likely) < 2 and not entries:
            return []
        asked = [name for name in likely if name != "ask_knowledge" or not entries]
        return [*entries, *(Option(say.MEANINGS[name], meant(name, turn.words)) for name in asked)]


def bare_thing(turn: Turn) -> Message | None:
    """What may be meant by a message that only names a bill, a crop or an animal; None when it does more."""
    said = core(turn.words)
    for entity in turn.entities:
        if entity.text != said:
            continue
        if entity.kind == "bill_type" and entity.value in bill_say.TYPES:
            name = bill_say.TYPES[str(entity.value)]
            pay = Option(say.PAY_IT.format(name=name), payload("pay_bill", bill_type=str(entity.value)))
            how = payload("ask_knowledge", question=say.HOW_BILL.format(name=name))
            ask = Option(say.ASK_ABOUT_IT.format(name=name), how)
            return Message(say.WHAT_ABOUT.format(thing=said), options=(pay, ask, _none()), kind="clarify")
        if entity.kind in ("crop", "livestock"):
            verb = loan_say.DOING[entity.kind]
            return Message(say.SAY_MORE.format(thing=said, verb=verb), kind="talk")
    return None


class BareAnswer:
    """A value with no form open: what it may be about, or an honest "I do not know what for"."""

    async def __call__(self, turn: Turn) -> Reply:
        """The question back."""
        return Reply((bare_thing(turn) or Message(say.BARE_ANSWER, kind="bare_answer"),))


class Bare:
    """A yes, a number, a choice or a correction with no form open: taken as a choice if options were offered."""

    def __init__(self, handlers: Mapping[str, Handler], otherwise: Handler, long: Handler | None = None) -> None:
        self._handlers = handlers
        self._otherwise = otherwise
        self._long = long  # of a sentence that says more than yes or no

    async def __call__(self, turn: Turn) -> Reply:
        """Run what the chosen option stands for."""
        offered = [option for message in turn.last_messages for option in message.options]
        option = options.chosen(turn.words, offered)
        if option is None and turn.intent in ("affirm", "deny") and _is_offer(offered):
            option = offered[0 if turn.intent == "affirm" else -1]
        if option is None:
            more = self._long if self._long is not None and len(turn.words) > SHORT else self._otherwise
            return await more(turn)
        chosen = turn.choosing(option.payload)
        if chosen.intent in FORM_OF:
            return begin(chosen)
        handler = self._handlers.get(chosen.intent)
        return await handler(chosen) if handler is not None else await self._otherwise(turn)


def _is_offer(offered: list[Option]) -> bool:
    """Whether "yes" can only mean the first option: one thing offered, beside it nothing but "no, thanks"."""
    return len(offered) == 2 and (
        offered[1].payload in (payload("thanks"), payload("nlu_fallback")) or offered[1].payload.startswith("/cancel")
    )


def begin(turn: Turn) -> Reply:
    """Begin the form that ``turn`` asks for, with what it says."""
    entities = [[entity.kind, entity.value, entity.text] for entity in turn.entities]
    said = {"intent": turn.intent, "text": turn.text, "entities": entities}
    return Reply((), {MISSES: 0, PENDING: said}, follow_up=FORM_OF[turn.intent])


class Cancel:
    """Nothing is open to be cancelled but what was left unfinished earlier."""

    def __init__(self, recall: Recall) -> None:
        self._recall = recall

    async def __call__(self, turn: Turn) -> Reply:
        """Forget the draft that is named, or all."""
        task = turn.first("value") if turn.first("field") == DRAFT else None
        dropped = await self._recall.drop(turn.sender, None if task is None else str(task))
        if not dropped and any(message.options for message in turn.last_messages):  # no to what was offered
            return Reply((Message(say.NOTHING_TO_CONFIRM, kind="talk"),))
        return Reply((Message(form_say.DRAFT_DROPPED if dropped else say.NOTHING_TO_CANCEL, kind="talk"),))


def small_talk(repeat: Handler, misunderstood: Handler, cancel: Handler) -> dict[str, Handler]:
    """Handlers of the intents that need no service, by intent."""
    return {
        "greet": Told(say.GREET),
        "help": Help(),
        "thanks": Told(say.THANKS),
        "goodbye": Told(say.BYE),
        "out_of_scope": OutOfScope(),
        "cancel": cancel,
        "repeat": repeat,
        "nlu_fallback": misunderstood,
    }
