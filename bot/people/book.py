"""Talks that a person takes over: who waits, who is being served by whom, and every line that was said.

A talk is ``waiting`` until an employee takes it (one wins), ``held`` while they answer, ``closed`` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Engine, Integer, Row, String, Text, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base, aware


class State(StrEnum):
    """Where a talk stands."""

    WAITING = "waiting"
    HELD = "held"
    CLOSED = "closed"


class Who(StrEnum):
    """Who said a line."""

    USER = "user"
    STAFF = "staff"


class _Talk(Base):
    __tablename__ = "talks"
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    open_sender: Mapped[str | None] = mapped_column(String(200), unique=True)
    """The sender while the talk is open: one open talk each, whatever races."""
    state: Mapped[str] = mapped_column(String(8), index=True)
    holder: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class _Line(Base):
    __tablename__ = "talk_lines"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    number: Mapped[str] = mapped_column(String(16), index=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    who: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


_OPEN_TALK = select(_Talk.__table__).where(_Talk.open_sender == bindparam("sender"))
"""Asked in every turn: a plain statement made once."""


@dataclass(frozen=True)
class Talk:
    """A talk as staff see it in the queue."""

    number: str
    sender: str
    state: State
    holder: str | None
    opened_at: datetime


@dataclass(frozen=True)
class Line:
    """One thing said while a person was there."""

    id: int
    who: Who
    text: str
    at: datetime


class TalkBook:
    """Kept in the gateway's database. Methods block briefly: call them in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        Base.metadata.create_all(engine)

    @contextmanager
    def _write(self) -> Iterator[Session]:
        with Session(self._engine) as session, session.begin():
            yield session

    def open(self, sender: str, number: str) -> None:
        """A sender waits for a person; one who waits or is served already keeps their talk.

        A number that was closed is opened again: the ledger gives the same one while the wish is not settled.
        """
        now = datetime.now(UTC)
        again = (
            update(_Talk)
            .where(_Talk.number == number, _Talk.sender == sender, _Talk.state == State.CLOSED)
            .values(state=State.WAITING, open_sender=sender, holder=None, created_at=now, closed_at=None)
        )
        try:
            with self._write() as session:
                if session.get(_Talk, number) is None:
                    session.add(
                        _Talk(number=number, sender=sender, open_sender=sender, state=State.WAITING, created_at=now)
                    )
                else:
                    session.execute(again)
        except IntegrityError:
            return  # another one of theirs is open

    def ahead_of(self, sender: str) -> int:
        """How many wait who came before this sender."""
        with Session(self._engine) as session:
            own = session.scalar(select(_Talk.created_at).where(_Talk.open_sender == sender))
            if own is None:
                return 0
            earlier = select(func.count()).where(_Talk.state == State.WAITING, _Talk.created_at < own)
            return session.scalar(earlier) or 0

    def open_talk(self, sender: str) -> Talk | None:
        """The talk in which this sender waits or is served now."""
        with self._engine.connect() as connection:
            row = connection.execute(_OPEN_TALK, {"sender": sender}).one_or_none()
            return _talk(row) if row else None

    def open_talks(self) -> list[Talk]:
        """Those who wait and those who are served, the longest waiting first."""
        query = select(_Talk).where(_Talk.state != State.CLOSED).order_by(_Talk.created_at)
        with Session(self._engine) as session:
            return [_talk(row) for row in session.scalars(query)]

    def talk(self, number: str) -> Talk | None:
        with Session(self._engine) as session:
            row = session.get(_Talk, number)
            return _talk(row) if row else None

    def take(self, number: str, staff: str) -> bool:
        """Whether ``staff`` took the talk; of two who try at once one does."""
        taken = (
            update(_Talk)
            .where(_Talk.number == number, _Talk.state == State.WAITING)
            .values(state=State.HELD, holder=staff, taken_at=datetime.now(UTC))
        )
        with self._write() as session:
            return _changed(session, taken)

    def close(self, number: str, staff: str | None = None) -> bool:
        """Whether the talk was open and, with ``staff``, theirs; it is closed now."""
        closed = (
            update(_Talk)
            .where(_Talk.number == number, _Talk.state != State.CLOSED)
            .values(state=State.CLOSED, open_sender=None, closed_at=datetime.now(UTC))
        )
        if staff is not None:
            closed = closed.where(_Talk.holder == staff)
        with self._write() as session:
            return _changed(session, closed)

    def say(self, number: str, who: Who, text: str) -> None:
        """Keep a line."""
        with self._write() as session:
            talk = session.get_one(_Talk, number)
            session.add(_Line(number=number, sender=talk.sender, who=who, text=text, created_at=datetime.now(UTC)))

    def lines(self, number: str) -> list[Line]:
        """What was said since a person was there, oldest first."""
        query = select(_Line).where(_Line.number == number).order_by(_Line.id)
        with Session(self._engine) as session:
            return [Line(row.id, Who(row.who), row.text, aware(row.created_at)) for row in session.scalars(query)]


def _changed(session: Session, statement: object) -> bool:
    return bool(session.execute(statement).rowcount)  # type: ignore[call-overload]


def _talk(row: _Talk | Row[Any]) -> Talk:
    return Talk(row.number, row.sender, State(row.state), row.holder, aware(row.created_at))
