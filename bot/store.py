"""The gateway's memory: messages taken and answered (so that a repeated delivery changes nothing), the options last
offered, and the texts that can be heard. Kept for days, apart from the ledger, which is kept for years."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import (
    BindParameter,
    Connection,
    DateTime,
    Engine,
    String,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base, aware, inserted, replaced
from bot.options import OfferedOption

TURNS_KEPT = timedelta(days=7)
"""How long turns and spoken texts are kept: chats are short-lived (personal information law, least storage)."""
REFUSED_KEPT = timedelta(hours=1)
"""... of those who do not want them kept: long enough to know a message that is delivered again."""
EXPORT_KEPT = timedelta(days=1)


class AnsweredTurn(Base):
    """The answer once given to a message, found again by the channel's message id."""

    __tablename__ = "answered_turns"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Claim(Base):
    """A message that was given to the dialogue; written before, so that a gateway that dies on the way knows it."""

    __tablename__ = "claims"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    message_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class Question:
    """What the bot last asked a sender.

    Attributes:
        options: offered, in order.
        asks: the slot of a form that it asked for, if any.
        turn_id: of the turn that asked: a button of another one is no answer to this.
    """

    options: tuple[OfferedOption, ...] = ()
    asks: str | None = None
    turn_id: str | None = None


class Offer(Base):
    """What the bot last asked a sender: JSON of the options, and of the slot asked for."""

    __tablename__ = "offers"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    options: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class SpokenText(Base):
    """A reply's spoken form, to be synthesised when somebody listens. The id cannot be guessed."""

    __tablename__ = "spoken_replies"
    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Picture(Base):
    """What a reply's picture shows (JSON), to be drawn when somebody looks. The id cannot be guessed."""

    __tablename__ = "pictures"
    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    shown: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Consent(StrEnum):
    """What a sender said to their conversations being kept."""

    UNASKED = "unasked"
    GIVEN = "given"
    REFUSED = "refused"


class Contact(Base):
    """A sender who was told what is kept, and what they said to it; without anything they said."""

    __tablename__ = "contacts"
    __table_args__ = ({"info": {"stays": True}},)
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    notice: Mapped[str] = mapped_column(String(16))
    consent: Mapped[str] = mapped_column(String(8))
    told_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Export(Base):
    """A page with all that is kept about a sender, made at their wish. The id cannot be guessed."""

    __tablename__ = "exports"
    __table_args__ = ({"info": {"kept": EXPORT_KEPT}},)
    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    page: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


_OF_SENDER: BindParameter[str] = bindparam("sender")
_ANSWER = select(AnsweredTurn.__table__.c.answer).where(
    AnsweredTurn.sender == _OF_SENDER, AnsweredTurn.message_id == bindparam("message_id")
)
_OFFERED = select(Offer.__table__.c.options).where(Offer.sender == _OF_SENDER)
_TOLD = select(Contact.__table__.c.notice).where(Contact.sender == _OF_SENDER)


class GatewayStore:
    """All the gateway remembers. Methods block briefly on the database: call them in a thread.

    What every turn does are plain statements made once: a session and a new statement cost several times as much.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        Base.metadata.create_all(engine)
        self._keep_answer = replaced(engine, AnsweredTurn)
        self._keep_offer = replaced(engine, Offer)
        self._claim = inserted(engine, Claim).on_conflict_do_nothing().returning(Claim.__table__.c.message_id)
        met = inserted(engine, Contact)
        self._meet = met.on_conflict_do_update(
            index_elements=["sender"],
            set_={name: met.excluded[name] for name in ("notice", "consent", "told_at")},
            where=Contact.notice != met.excluded.notice,
        ).returning(Contact.__table__.c.sender)

    def close(self) -> None:
        self._engine.dispose()

    def answer_of(self, sender: str, message_id: str) -> str | None:
        """The stored answer (JSON) to a message, or None when it is new."""
        return self.before(sender, message_id)[0]

    def claim(self, sender: str, message_id: str) -> bool:
        """Record that the message goes to the dialogue now; False when it did before (and no answer was kept)."""
        row = {"sender": sender, "message_id": message_id, "created_at": datetime.now(UTC)}
        with self._engine.begin() as connection:
            return connection.execute(self._claim, row).first() is not None

    def unclaim(self, sender: str, message_id: str) -> None:
        """The dialogue did not take the message after all: delivered again, it is new."""
        with Session(self._engine) as session, session.begin():
            session.execute(delete(Claim).where(Claim.sender == sender, Claim.message_id == message_id))

    def overtaken(self, sender: str, message_id: str) -> bool:
        """Whether the dialogue was given a newer message of the sender than this claimed one."""
        mine = select(Claim.created_at).where(Claim.sender == sender, Claim.message_id == message_id)
        newer = select(Claim.message_id).where(Claim.sender == sender, Claim.created_at > mine.scalar_subquery())
        with Session(self._engine) as session:
            return session.scalar(newer.limit(1)) is not None

    def question_of(self, sender: str) -> Question:
        """What the sender was last asked."""
        return self.before(sender, None)[1]

    def before(self, sender: str, message_id: str | None) -> tuple[str | None, Question]:
        """The stored answer (JSON) to a message, None when it is new, and what the sender was last asked."""
        answer = None
        with self._engine.connect() as connection:
            if message_id is not None:
                answer = connection.scalar(_ANSWER, {"sender": sender, "message_id": message_id})
            options = connection.scalar(_OFFERED, {"sender": sender})
        return answer, _question(options)

    def finish_turn(
        self,
        sender: str,
        message_id: str,
        answer: str,
        question: Question,
        spoken: Sequence[tuple[str, str]],
        pictures: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Keep a turn's answer, what it asked, its (id, spoken text) and (id, picture) pairs, all or nothing."""
        now = datetime.now(UTC)
        turn = {"sender": sender, "message_id": message_id, "answer": answer, "created_at": now}
        kept = json.dumps(asdict(question), ensure_ascii=False)
        said = [{"id": key, "sender": sender, "text": text, "created_at": now} for key, text in spoken]
        drawn = [{"id": key, "sender": sender, "shown": shown, "created_at": now} for key, shown in pictures]
        with self._engine.begin() as connection:
            connection.execute(self._keep_answer, turn)
            self._offer(connection, sender, kept, now)
            for table, rows in ((SpokenText, said), (Picture, drawn)):
                if rows:
                    connection.execute(insert(table), rows)

    def ask(self, sender: str, question: Question) -> None:
        """A question that was put outside a turn, in place of the one before."""
        kept = json.dumps(asdict(question), ensure_ascii=False)
        with self._engine.begin() as connection:
            self._offer(connection, sender, kept, datetime.now(UTC))

    def _offer(self, connection: Connection, sender: str, options: str, now: datetime) -> None:
        connection.execute(self._keep_offer, {"sender": sender, "options": options, "created_at": now})

    def picture(self, key: str) -> str | None:
        """What a picture shows (JSON)."""
        with Session(self._engine) as session:
            row = session.get(Picture, key)
            return row.shown if row else None

    def keep_spoken(self, sender: str, key: str, text: str) -> None:
        """Keep what a reply outside a turn sounds like; ``key`` from :func:`new_key`."""
        with Session(self._engine) as session, session.begin():
            session.add(SpokenText(id=key, sender=sender, text=text, created_at=datetime.now(UTC)))

    def last_turn(self, sender: str) -> str | None:
        """The newest answered turn of a sender (JSON)."""
        query = select(AnsweredTurn.answer).where(AnsweredTurn.sender == sender)
        with Session(self._engine) as session:
            return session.scalar(query.order_by(AnsweredTurn.created_at.desc()).limit(1))

    def turn(self, sender: str, turn_id: str) -> str | None:
        """A recent answered turn of a sender by its id (JSON)."""
        return next((answer for _, answer in reversed(self.said(sender)) if f'"{turn_id}"' in answer), None)

    def spoken_text(self, key: str) -> str | None:
        with Session(self._engine) as session:
            row = session.get(SpokenText, key)
            return row.text if row else None

    def meet(self, sender: str, notice: str) -> bool:
        """Whether this sender has yet to be told this version of the notice; from now on they have been."""
        with self._engine.connect() as connection:  # nearly everybody was: nothing to write
            if connection.scalar(_TOLD, {"sender": sender}) == notice:
                return False
        told = {"sender": sender, "notice": notice, "consent": Consent.UNASKED, "told_at": datetime.now(UTC)}
        # In one statement: somebody may write and call, or press twice, in the same moment.
        with self._engine.begin() as connection:
            return connection.execute(self._meet, told).first() is not None

    def decide(self, sender: str, consent: Consent, notice: str) -> None:
        """Record what a sender said to the notice, and when."""
        now = datetime.now(UTC)
        said = {"notice": notice, "consent": consent, "decided_at": now}
        decided = inserted(self._engine, Contact).on_conflict_do_update(index_elements=["sender"], set_=said)
        with self._engine.begin() as connection:
            connection.execute(decided, {"sender": sender, "told_at": now, **said})

    def consent_of(self, sender: str) -> Consent:
        """What a sender said to being remembered."""
        with Session(self._engine) as session:
            row = session.get(Contact, sender)
            return Consent(row.consent) if row else Consent.UNASKED

    def told_since(self, sender: str, moment: datetime) -> bool:
        """Whether a sender was told what is kept after ``moment`` (aware)."""
        with Session(self._engine) as session:
            row = session.get(Contact, sender)
            if row is None:
                return False
            return aware(row.told_at) >= moment

    def said(self, sender: str) -> list[tuple[datetime, str]]:
        """The answered turns of a sender (JSON), oldest first."""
        query = select(AnsweredTurn).where(AnsweredTurn.sender == sender).order_by(AnsweredTurn.created_at)
        with Session(self._engine) as session:
            return [(row.created_at, row.answer) for row in session.scalars(query)]

    def keep_export(self, key: str, sender: str, page: str) -> None:
        """Keep a page for its sender to open."""
        with Session(self._engine) as session, session.begin():
            session.add(Export(id=key, sender=sender, page=page, created_at=datetime.now(UTC)))

    def export(self, key: str) -> str | None:
        """The page with this id, while it may be opened."""
        with Session(self._engine) as session:
            query = select(Export).where(Export.id == key, Export.created_at >= datetime.now(UTC) - EXPORT_KEPT)
            row = session.scalars(query).one_or_none()
            return row.page if row else None

    def forget(self, sender: str) -> None:
        """Delete everything that ``sender`` said, was told and can hear; what they decided stays."""
        with Session(self._engine) as session, session.begin():
            for table in _personal():
                session.execute(delete(table).where(table.c.sender == sender))

    def forget_old(self, now: datetime | None = None) -> None:
        """Delete what is older than it may be."""
        now = now or datetime.now(UTC)
        with Session(self._engine) as session, session.begin():
            for table in Base.metadata.sorted_tables:
                if "created_at" in table.c:
                    kept: timedelta = table.info.get("kept", TURNS_KEPT)
                    session.execute(delete(table).where(table.c.created_at < now - kept))

    def unwilling(self) -> list[str]:
        """Those who do not want to be remembered, have been silent for :data:`REFUSED_KEPT`, and still are."""
        silent = datetime.now(UTC) - REFUSED_KEPT
        refused = select(Contact.sender).where(Contact.consent == Consent.REFUSED)
        with Session(self._engine) as session:
            return list(
                session.scalars(select(Offer.sender).where(Offer.sender.in_(refused), Offer.created_at < silent))
            )


def _question(options: str | None) -> Question:
    kept = json.loads(options) if options else []
    if isinstance(kept, list):  # as it was kept before the slot was
        kept = {"options": kept}
    offered = tuple(OfferedOption(**option) for option in kept["options"])
    return Question(offered, kept.get("asks"), kept.get("turn_id"))


def _personal() -> list[Table]:
    """The tables that hold what somebody said or chose."""
    return [table for table in Base.metadata.sorted_tables if "sender" in table.c and not table.info.get("stays")]
