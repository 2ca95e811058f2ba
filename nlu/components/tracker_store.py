"""Keeps of a conversation what the next turn needs, and nothing else.

Rasa replays every event of a session for each turn, so a conversation gets slower the longer it lasts, and all that was
said stays in the database. Here a conversation is one row: the slots and the open form as they stood before its last
turns, and these turns. Its cost does not grow, and a form in progress survives, for its values stand in the slots.
When a form has ended only the turn that ended it is kept. What must last is in the ledger.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
    deserialise_events,
)
from rasa.shared.core.trackers import DialogueStateTracker

TURNS_KEPT = 2
"""Answered turns kept as they were: "say that again" and the options last offered reach one turn back."""
MOST_KEPT = 12
"""... among so many turns: what is said while a part is down gets no answer, and the question before still counts."""
ROW_KEPT_S = 7 * 24 * 3600.0
"""A conversation nobody continues is deleted after this time."""
SAVES_BETWEEN_CLEANINGS = 1000

_TABLES = sa.MetaData()
_CONVERSATIONS = sa.Table(
    "conversations",
    _TABLES,
    sa.Column("sender_id", sa.String(255), primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("updated_at", sa.Float, nullable=False, index=True),
)
_READ = sa.text("SELECT state FROM conversations WHERE sender_id = :sender")
_WRITE = sa.text(
    "INSERT INTO conversations (sender_id, state, updated_at) VALUES (:sender, :state, :at) "
    "ON CONFLICT (sender_id) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at"
)
_CLEAN = sa.text("DELETE FROM conversations WHERE updated_at < :before")
_FORGET = sa.text("DELETE FROM conversations WHERE sender_id = :sender")


class ShortTrackerStore(TrackerStore):
    """Conversations in SQL (SQLite or PostgreSQL), one row each, of constant size."""

    def __init__(
        self,
        domain: Domain | None = None,
        dialect: str = "sqlite",
        host: str | None = None,
        port: int | None = None,
        db: str = "rasa.sqlite",
        username: str | None = None,
        password: str | None = None,
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        """With ``dialect`` sqlite ``db`` is a file, made readable by its owner only before anything is written."""
        super().__init__(domain, event_broker, **kwargs)
        url = SQLTrackerStore.get_db_url(dialect, host, port, db, username, password)
        if dialect == "sqlite" and not host:
            os.close(os.open(db, os.O_CREAT | os.O_RDWR, 0o600))
            os.chmod(db, 0o600)  # noqa: PTH101 - beside os.open
            self._engine = sa.create_engine(url, connect_args={"timeout": 10, "check_same_thread": False})
            sa.event.listen(self._engine, "connect", _quick)
        else:
            self._engine = sa.create_engine(url, pool_pre_ping=True)
        _TABLES.create_all(self._engine)
        self._saves = 0
        self.forget_idle(time.time() - ROW_KEPT_S)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The conversation as the next turn needs it, None when there is none."""
        with self._engine.connect() as connection:
            row = connection.execute(_READ, {"sender": sender_id}).first()
        return None if row is None else _tracker(sender_id, json.loads(row[0]), self.domain)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write what the next turn needs."""
        await self.stream_events(tracker)
        if not tracker.events:
            return
        kept = json.dumps(shortened(tracker, self.domain), ensure_ascii=False, separators=(",", ":"))
        with self._engine.begin() as connection:
            connection.execute(_WRITE, {"sender": tracker.sender_id, "state": kept, "at": tracker.events[-1].timestamp})
        self._saves += 1
        if self._saves % SAVES_BETWEEN_CLEANINGS == 0:
            self.forget_idle(time.time() - ROW_KEPT_S)

    async def keys(self) -> Iterable[str]:
        """All conversation ids."""
        with self._engine.connect() as connection:
            return [row[0] for row in connection.execute(sa.select([_CONVERSATIONS.c.sender_id]))]

    def forget(self, sender_id: str) -> None:
        """Delete a conversation."""
        with self._engine.begin() as connection:
            connection.execute(_FORGET, {"sender": sender_id})

    def forget_idle(self, before: float) -> None:
        """Delete the conversations in which nothing has happened since ``before`` (seconds since the epoch)."""
        with self._engine.begin() as connection:
            connection.execute(_CLEAN, {"before": before})


def shortened(tracker: DialogueStateTracker, domain: Domain) -> list[dict[str, Any]]:
    """Events that lead to the tracker's present state: slots and loop before its last turns, then these turns."""
    events = _of_this_session(list(tracker.events))
    turns = [number for number, event in enumerate(events) if isinstance(event, UserUttered)]
    if not turns:
        return [event.as_dict() for event in events]
    ended = any(isinstance(event, ActiveLoop) and event.name is None for event in events[turns[-1] :])
    first = _first_kept(events, turns, 1 if ended else TURNS_KEPT)
    before = _tracker(tracker.sender_id, [event.as_dict() for event in events[:first]], domain)
    state: list[Event] = [SessionStarted(timestamp=events[0].timestamp)]
    state += [
        SlotSet(name, slot.value, timestamp=events[0].timestamp)
        for name, slot in before.slots.items()
        if slot.value is not None and slot.value != slot.initial_value
    ]
    if before.active_loop_name is not None:
        state.append(ActiveLoop(before.active_loop_name, timestamp=events[0].timestamp))
    state.append(ActionExecuted(ACTION_LISTEN_NAME, timestamp=events[0].timestamp))
    return [event.as_dict() for event in state] + [_slim(event.as_dict()) for event in events[first:]]


def _first_kept(events: list[Event], turns: list[int], wanted: int) -> int:
    """Where the last ``wanted`` answered turns begin, at most :data:`MOST_KEPT` turns back."""
    answered, end = 0, len(events)
    for start in reversed(turns[-MOST_KEPT:]):
        answered += any(isinstance(event, BotUttered) and event.text for event in events[start:end])
        if answered == wanted:
            return start
        end = start
    return turns[-MOST_KEPT:][0]


def _of_this_session(events: list[Event]) -> list[Event]:
    starts = [number for number, event in enumerate(events) if isinstance(event, SessionStarted)]
    return events[starts[-1] :] if starts else events


def _tracker(sender_id: str, events: Sequence[dict[str, Any]], domain: Domain) -> DialogueStateTracker:
    return DialogueStateTracker.from_events(sender_id, deserialise_events(list(events)), domain.slots)


def _slim(event: dict[str, Any]) -> dict[str, Any]:
    """Of a message that was answered, the understanding is no longer needed in full."""
    if event.get("event") != UserUttered.type_name:
        return event
    parse = event.get("parse_data") or {}
    kept = {name: parse[name] for name in ("intent", "entities", "text", "message_id", "metadata") if name in parse}
    return {**event, "parse_data": kept}


def _quick(connection: Any, _record: Any) -> None:
    """A conversation may lose its last turn in a power cut; it must not wait for the disk."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
