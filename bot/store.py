"""The gateway's memory: answered turns (so that a repeated delivery changes nothing), the options last offered, and
the texts that can be heard. Kept for days, apart from the ledger, which is kept for years."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Engine, String, Text, create_engine, delete, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from bot.options import OfferedOption

TURNS_KEPT = timedelta(days=7)
"""How long turns and spoken texts are kept: chats are short-lived (personal information law, least storage)."""


class Base(DeclarativeBase):
    pass


class AnsweredTurn(Base):
    """The answer once given to a message, found again by the channel's message id."""

    __tablename__ = "answered_turns"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class Question:
    """What the bot last asked a sender.

    Attributes:
        options: offered, in order.
        asks: the slot of a form that it asked for, if any.
    """

    options: tuple[OfferedOption, ...] = ()
    asks: str | None = None


class Offer(Base):
    """What the bot last asked a sender: JSON of the options, and of the slot asked for."""

    __tablename__ = "offers"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    options: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class SpokenText(Base):
    """A reply's spoken form, to be synthesised when somebody listens. The id cannot be guessed."""

    __tablename__ = "spoken_texts"
    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


def open_engine(url: str) -> Engine:
    """An engine for ``url``; SQLite files are made readable by their owner only."""
    engine = create_engine(url)
    path = make_url(url).database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600, exist_ok=True)

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA busy_timeout=5000")

    return engine


class GatewayStore:
    """All the gateway remembers. Methods block briefly on the database: call them in a thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        Base.metadata.create_all(engine)

    def close(self) -> None:
        self._engine.dispose()

    def answer_of(self, sender: str, message_id: str) -> str | None:
        """The stored answer (JSON) to a message, or None when it is new."""
        with Session(self._engine) as session:
            row = session.get(AnsweredTurn, (sender, message_id))
            return row.answer if row else None

    def question_of(self, sender: str) -> Question:
        """What the sender was last asked."""
        with Session(self._engine) as session:
            row = session.get(Offer, sender)
            kept = json.loads(row.options) if row else []
        if isinstance(kept, list):  # as it was kept before the slot was
            kept = {"options": kept}
        return Question(tuple(OfferedOption(**option) for option in kept["options"]), kept.get("asks"))

    def finish_turn(
        self,
        sender: str,
        message_id: str,
        answer: str,
        question: Question,
        spoken: Sequence[tuple[str, str]],
    ) -> None:
        """Keep a turn's answer, what it asked and its (id, spoken text) pairs, all or nothing."""
        now = datetime.now(UTC)
        with Session(self._engine) as session, session.begin():
            session.merge(AnsweredTurn(sender=sender, message_id=message_id, answer=answer, created_at=now))
            kept = json.dumps(asdict(question), ensure_ascii=False)
            session.merge(Offer(sender=sender, options=kept, created_at=now))
            session.add_all(SpokenText(id=key, text=text, created_at=now) for key, text in spoken)

    def spoken_text(self, key: str) -> str | None:
        with Session(self._engine) as session:
            row = session.get(SpokenText, key)
            return row.text if row else None

    def forget_before(self, moment: datetime) -> None:
        """Delete everything older than ``moment``."""
        with Session(self._engine) as session, session.begin():
            for table in (AnsweredTurn, Offer, SpokenText):
                session.execute(delete(table).where(table.created_at < moment))

    def forget_old(self) -> None:
        self.forget_before(datetime.now(UTC) - TURNS_KEPT)


def new_key() -> str:
    """An id that cannot be guessed, 22 characters."""
    return secrets.token_urlsafe(16)
