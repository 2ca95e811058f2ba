"""Messages that wait until their reader fetches them: for channels on which the gateway cannot call anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import DateTime, Engine, Integer, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base, durably, inserted
from bot.schema import Model, Reply

_MOST = 50
"""Messages given out at once; the reader asks again for more."""
_NEWS = "news"
"""Kind of a message that tells of a case."""


class _Letter(Base):
    __tablename__ = "letters"
    __table_args__ = ({"sqlite_autoincrement": True},)  # a number never comes twice, whatever was deleted
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    reply: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class _Posted(Base):
    """What was put under a key, read or not."""

    __tablename__ = "posted"
    __table_args__ = ({"info": {"kept": timedelta(days=30)}},)
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Letter(Model):
    """A message that waits. ``id`` grows: ask for what comes after the last one seen."""

    id: int
    reply: Reply


@dataclass(frozen=True)
class Mailbox:
    """Kept in the gateway's database. Methods block briefly: call them in a thread."""

    engine: Engine

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)

    def put(self, conversation: str, replies: Sequence[Reply], key: str | None = None, *, newest: bool = False) -> None:
        """Keep ``replies``, all or none, in their order.

        Args:
            conversation: whose.
            replies: what waits for them.
            key: the same again keeps nothing.
            newest: news of a case that still wait give way to newer ones of it.
        """
        now = datetime.now(UTC)
        with Session(self.engine) as session, session.begin():
            durably(session.connection())
            if key is not None:
                row = {"sender": conversation, "key": key, "created_at": now}
                known = inserted(self.engine, _Posted).on_conflict_do_nothing().returning(_Posted.key)
                if session.execute(known, row).first() is None:
                    return
            if newest:
                self._outdate(session, conversation, {reply.case_id for reply in replies if reply.kind == _NEWS})
            for reply in replies:
                session.add(_Letter(sender=conversation, reply=reply.model_dump_json(), created_at=now))
                session.flush()  # numbers in their order

    def _outdate(self, session: Session, conversation: str, cases: set[str | None]) -> None:
        for row in session.scalars(select(_Letter).where(_Letter.sender == conversation)):
            reply = _letter(row).reply
            if reply.kind == _NEWS and reply.case_id in cases:
                session.delete(row)

    def drop(self, conversation: str, last: int) -> None:
        """Messages up to number ``last`` have reached their reader."""
        with Session(self.engine) as session, session.begin():
            session.execute(delete(_Letter).where(_Letter.sender == conversation, _Letter.id <= last))

    def kept(self, conversation: str) -> list[tuple[datetime, Letter]]:
        """What is still kept, oldest first, with when it was put."""
        wanted = select(_Letter).where(_Letter.sender == conversation).order_by(_Letter.id)
        with Session(self.engine) as session:
            return [(row.created_at, _letter(row)) for row in session.scalars(wanted)]

    def after(self, conversation: str, last: int) -> list[Letter]:
        """What was put since number ``last`` (0: everything still kept), oldest first."""
        wanted = select(_Letter).where(_Letter.sender == conversation, _Letter.id > last)
        with Session(self.engine) as session:
            rows = session.scalars(wanted.order_by(_Letter.id).limit(_MOST)).all()
            return [_letter(row) for row in rows]


def _letter(row: _Letter) -> Letter:
    return Letter(id=row.id, reply=Reply.model_validate_json(row.reply))
