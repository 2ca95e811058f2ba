"""Claims of what is owed outside: one worker holds a row at a time, tries it, and settles it or gives it back.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import CursorResult, or_, select, update
from sqlalchemy.orm import Session

from actions.ledger.ledger import Ledger
from actions.ledger.models import Owed
from actions.ledger.outbox import delay

R = TypeVar("R", bound=Owed)
T = TypeVar("T")


@dataclass(frozen=True)
class Claims(Generic[R]):
    """Rows of one table.

    Attributes:
        lease: how long a claim holds; only a dead worker loses one.
        first_retry_s, longest_retry_s: of the growing pauses between attempts.
        most_attempts: after them a row is dead.
    """

    ledger: Ledger
    row: type[R]
    lease: timedelta
    first_retry_s: float
    longest_retry_s: float
    most_attempts: int

    def claim(self, limit: int, read: Callable[[Session, R], T]) -> list[T]:
        """Claim rows that are due, each by a guarded update; what ``read`` makes of them."""
        now = datetime.now(UTC)
        row = self.row
        due = (
            row.state == "pending",
            row.next_attempt_at <= now,
            or_(row.lease_until.is_(None), row.lease_until < now),
        )
        with self.ledger.read() as session:
            query = select(row.id).where(*due).order_by(row.next_attempt_at, row.id).limit(limit)
            ids = session.scalars(query).all()
        claimed = []
        for row_id in ids:
            with self.ledger.write() as session:
                changed = session.execute(
                    update(row)
                    .where(row.id == row_id, *due)
                    .values(lease_until=now + self.lease, attempts=row.attempts + 1)
                    .execution_options(synchronize_session=False)
                )
                assert isinstance(changed, CursorResult)
                if changed.rowcount == 1:
                    claimed.append(read(session, session.get_one(row, row_id)))
        return claimed

    def settle(
        self, row_id: int, attempts: int, error: str | None, *, final: bool = False, again_s: float | None = None
    ) -> str:
        """Done (no error), to be tried again, or dead; which of them it is.

        Args:
            row_id: of a claimed row.
            attempts: made so far.
            error: why it did not arrive, a code.
            final: it never will.
            again_s: when the other side wants it again, if it said so; the usual pause otherwise.
        """
        state = "done" if error is None else "dead" if final or attempts >= self.most_attempts else "pending"
        usual = delay(attempts, self.first_retry_s, self.longest_retry_s)
        wait = usual if again_s is None else timedelta(seconds=again_s)
        with self.ledger.write() as session:
            session.execute(
                update(self.row)
                .where(self.row.id == row_id, self.row.state == "pending")
                .values(state=state, lease_until=None, last_error=error, next_attempt_at=datetime.now(UTC) + wait)
                .execution_options(synchronize_session=False)
            )
        return state
