"""One turn: what Rasa understood (read from the tracker) and what the assistant replies (written to the dispatcher)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from nlu.dialect.entities import find_entities

_OWN_KEYS = frozenset(("spoken", "sources", "case_id", "kind", "asks"))
"""Of the ``custom`` object; what else stands there is a message's ``extra``."""
MEANT = "meant"
"""Name of the payload that stands for words instead of an intent; the channel resolves it before Rasa sees it."""
MOST_WORDS = 600
"""Words carried in an option's payload are cut here; a payload holds 2,000 characters."""
_PAYLOAD = re.compile(r"/(\w+)(\{.*\})?$", re.S)


@dataclass(frozen=True)
class Entity:
    """A value found in the message, normalised by the extractor (amount in fen, term in months, area in mu)."""

    kind: str
    value: Any
    text: str


@dataclass(frozen=True)
class Option:
    """A choice offered to the user; the gateway numbers options 1..n."""

    title: str
    payload: str


@dataclass(frozen=True)
class Message:
    """One reply. ``text`` is read, ``spoken`` is heard (``None``: the text is read aloud as it is)."""

    text: str
    spoken: str | None = None
    options: tuple[Option, ...] = ()
    sources: tuple[Mapping[str, Any], ...] = ()
    case_id: str | None = None
    kind: str = "answer"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def custom(self) -> dict[str, Any]:
        """The ``custom`` object of the channel contract."""
        return {
            "spoken": None if self.spoken == self.text else self.spoken,
            "sources": [dict(source) for source in self.sources],
            "case_id": self.case_id,
            "kind": self.kind,
            **self.extra,
        }


@dataclass(frozen=True)
class Reply:
    """Messages in order, slots to set, and the action to run next (``None``: wait for the user)."""

    messages: tuple[Message, ...]
    slots: Mapping[str, Any] = field(default_factory=dict)
    follow_up: str | None = None


@dataclass(frozen=True)
class Reading:
    """One of the ways a voice message may have been said; ``share`` of the recogniser's confidence in [0, 1]."""

    text: str
    share: float
    intent: str
    confidence: float
    title: str = ""
    """How it is offered when its words alone do not tell it from another (homophones)."""


@dataclass(frozen=True)
class Turn:
    """A message as it was understood, with what surrounds it."""

    sender: str
    text: str
    intent: str
    confidence: float = 1.0
    entities: tuple[Entity, ...] = ()
    ranking: tuple[tuple[str, float], ...] = ()
    region: str | None = None
    queries: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    """All readings of a voice message, the likeliest first; empty when there is only one."""
    choices: tuple[Reading, ...] = ()
    """The two readings to ask about, when they mean different things."""
    slots: Mapping[str, Any] = field(default_factory=dict)
    last_messages: tuple[Message, ...] = ()
    active_form: str | None = None
    id: str = "-"
    """For the log."""

    @property
    def is_payload(self) -> bool:
        """Whether the user pressed an option instead of writing."""
        return self.text.startswith("/")

    @property
    def words(self) -> str:
        """What the user said; empty for a pressed option."""
        return "" if self.is_payload else self.text.strip()

    def first(self, kind: str) -> Any:
        """Value of the first entity of ``kind``, or ``None``."""
        return next((entity.value for entity in self.entities if entity.kind == kind), None)

    def choosing(self, payload: str) -> Turn:
        """The same turn as if the user had pressed the option with ``payload``."""
        match = _PAYLOAD.match(payload)
        if match is None:
            raise ValueError(f"not a payload: {payload}")
        values: dict[str, Any] = json.loads(match.group(2)) if match.group(2) else {}
        if match.group(1) == MEANT:
            return self.saying(str(values["text"]), intent=str(values["intent"]))
        entities = tuple(Entity(kind, value, str(value)) for kind, value in values.items())
        return replace(self, text=payload, intent=match.group(1), confidence=1.0, entities=entities)

    def saying(self, text: str, *, intent: str, confidence: float = 1.0) -> Turn:
        """The same turn as if ``text`` had been said and nothing else."""
        entities = tuple(Entity(found.entity, found.value, found.text) for found in find_entities(text))
        return replace(
            self,
            text=text,
            intent=intent,
            confidence=confidence,
            entities=entities,
            queries=(text,),
            readings=(),
            choices=(),
        )


class Handler(Protocol):
    """Answers one kind of message."""

    async def __call__(self, turn: Turn) -> Reply: ...


def payload(intent: str, /, **values: str) -> str:
    """An option's payload: ``/intent{"name": "value"}``."""
    return f"/{intent}" + (json.dumps(values, ensure_ascii=False) if values else "")


def meant(intent: str, text: str) -> str:
    """The payload that goes on as if ``text`` had been said, with its meaning decided."""
    return payload(MEANT, intent=intent, text=text[:MOST_WORDS])


def read(tracker: Tracker) -> Turn:
    """The current turn of ``tracker``."""
    latest: Mapping[str, Any] = tracker.latest_message or {}
    metadata: Mapping[str, Any] = latest.get("metadata") or {}
    intent: Mapping[str, Any] = latest.get("intent") or {}
    text = str(latest.get("text") or "")
    readings = _readings(metadata.get("readings"))
    loop: Mapping[str, Any] = tracker.active_loop or {}
    return Turn(
        sender=str(tracker.sender_id),
        text=text,
        intent=str(intent.get("name") or "nlu_fallback"),
        confidence=float(intent.get("confidence") or 0.0),
        entities=tuple(
            Entity(str(item["entity"]), item.get("value"), _literal(item, text))
            for item in latest.get("entities") or ()
        ),
        ranking=tuple(
            (str(item["name"]), float(item["confidence"]))
            for item in latest.get("intent_ranking") or ()
            if item.get("name")
        ),
        region=metadata.get("region"),
        queries=tuple(dict.fromkeys(query for query in (text, *(r.text for r in readings)) if query)),
        readings=readings,
        choices=_readings(metadata.get("choices")),
        slots=dict(tracker.slots),
        last_messages=_last_messages(tracker.events),
        active_form=loop.get("name"),
        id=str(metadata.get("turn_id") or "-"),
    )


def write(reply: Reply, dispatcher: CollectingDispatcher) -> None:
    """Hand the messages of ``reply`` to Rasa; the last one says which slot of a form it asks for (``custom.asks``)."""
    asks = reply.slots.get("requested_slot")
    for number, message in enumerate(reply.messages, start=1):
        asked = {"asks": asks} if asks and number == len(reply.messages) else {}
        dispatcher.utter_message(
            text=message.text,
            buttons=[{"title": option.title, "payload": option.payload} for option in message.options],
            json_message={**message.custom(), **asked},
        )


def _readings(items: Any) -> tuple[Reading, ...]:
    return tuple(
        Reading(
            str(item["text"]),
            float(item["share"]),
            str(item["intent"]),
            float(item["confidence"]),
            str(item.get("title") or ""),
        )
        for item in items or ()
    )


def _literal(item: Mapping[str, Any], text: str) -> str:
    start, end = item.get("start"), item.get("end")
    if isinstance(start, int) and isinstance(end, int):
        return text[start:end]
    return str(item.get("value", ""))


def _last_messages(events: Sequence[Mapping[str, Any]]) -> tuple[Message, ...]:
    """What the assistant said last, before the user's latest message.

    A message that was never answered (a part was down) is passed over: the user saw what was said before it.
    """
    found: list[Message] = []
    users = 0
    for event in reversed(events):
        if event.get("event") == "user":
            if found:
                break
            users += 1
        elif event.get("event") == "bot" and users:
            found.append(_message(event))
    return tuple(reversed(found))


def _message(event: Mapping[str, Any]) -> Message:
    data: Mapping[str, Any] = event.get("data") or {}
    custom: Mapping[str, Any] = data.get("custom") or {}
    return Message(
        text=str(event.get("text") or ""),
        spoken=custom.get("spoken"),
        options=tuple(Option(str(b["title"]), str(b["payload"])) for b in data.get("buttons") or ()),
        sources=tuple(custom.get("sources") or ()),
        case_id=custom.get("case_id"),
        kind=str(custom.get("kind") or "answer"),
        extra={key: value for key, value in custom.items() if key not in _OWN_KEYS},
    )
