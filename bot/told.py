"""Which cases people were told of, and how far: by an answer, or by news that came unasked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Engine, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base, inserted

_KEPT = timedelta(days=30)
"""Longer than the action server tries to tell (``actions/news.py``)."""


class _ToldCase(Base):
    __tablename__ = "told_cases"
    __table_args__ = ({"info": {"kept": _KEPT}},)
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(10), primary_key=True)
    step: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class ToldCases:
    """Kept in the gateway's database. Methods block briefly: call them in a thread."""

    engine: Engine

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)

    def put(self, conversation: str, cases: Iterable[tuple[str, int]]) -> None:
        """A conversation was told of cases (number, step); a later step is never taken back."""
        now = datetime.now(UTC)
        with self.engine.begin() as connection:
            for case_id, step in cases:
                row = {"sender": conversation, "case_id": case_id, "step": step, "created_at": now}
                insertion = inserted(self.engine, _ToldCase)
                changed = {"step": step, "created_at": now}
                connection.execute(
                    insertion.on_conflict_do_update(
                        index_elements=["sender", "case_id"], set_=changed, where=_ToldCase.step < step
                    ),
                    row,
                )

    def step_of(self, conversation: str, case_id: str) -> int:
        """The last step of a case that a conversation was told of, 0 when of none."""
        with Session(self.engine) as session:
            row = session.get(_ToldCase, (conversation, case_id))
            return row.step if row else 0
