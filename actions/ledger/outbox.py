"""The outbox: requests owed to the bank, claimed by one worker at a time, settled with the case.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, CursorResult, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from actions.bank.api import (
    BankRecord,
    LoanChange,
    LoanOrder,
    LoanWithdrawal,
    OrderKind,
    PaymentOrder,
    RequestKind,
)
from actions.cases import CaseState
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, EventRow, OutboxRow
from actions.ledger.requests import LoanRequests
from actions.ledger.transitions import advance, apply_bank_record

LEASE = timedelta(seconds=20)
"""How long a claim holds; longer than any request to the bank, so only a dead worker loses one."""
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 60.0
FIRST_CHECK_S = 5.0
LONGEST_CHECK_S = 600.0
_UNDER_WAY = "under_way"


Order = LoanOrder | PaymentOrder | LoanChange | LoanWithdrawal
_ORDERS: dict[RequestKind, type[LoanOrder | PaymentOrder | LoanChange | LoanWithdrawal]] = {
    "loan": LoanOrder,
    "bill": PaymentOrder,
    "change": LoanChange,
    "withdraw": LoanWithdrawal,
}


@dataclass(frozen=True)
class Parcel:
    """One claimed request.

    Attributes:
        attempts: claims so far, this one included.
        interrupted: the claim before this one never came to an end, so its worker died on the way.
    """

    row_id: int
    case_id: str
    kind: RequestKind
    key: str
    order: Order
    attempts: int
    interrupted: bool


@dataclass(frozen=True)
class Watched:
    """A case the bank has, whose state may change there."""

    case_id: str
    kind: OrderKind
    key: str


def delay(attempt: int, first_s: float, longest_s: float) -> timedelta:
    """Exponential back-off with full-range jitter (half to one and a half), attempt counted from 1."""
    base = min(longest_s, first_s * 2.0 ** min(attempt - 1, 30))
    return timedelta(seconds=base * random.uniform(0.5, 1.5))  # noqa: S311  (spreads load, no secret)


class Outbox:
    """Claims and settles requests to the bank."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def claim(self, limit: int = 8, *, early: bool = False) -> list[Parcel]:
        """Claim requests that are due (``early``: the next ones, due or not).

        A guarded update each: two workers never hold the same one.
        """
        now = datetime.now(UTC)
        due = (
            OutboxRow.state == "pending",
            *(() if early else (OutboxRow.next_attempt_at <= now,)),
            or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < now),
            _first_of_its_case(),
        )
        with self._ledger.read() as session:
            ids = session.scalars(
                select(OutboxRow.id).where(*due).order_by(OutboxRow.next_attempt_at).limit(limit)
            ).all()
        parcels = []
        for row_id in ids:
            with self._ledger.write() as session:
                claimed = session.execute(
                    update(OutboxRow)
                    .where(OutboxRow.id == row_id, *due)
                    .values(lease_until=now + LEASE, attempts=OutboxRow.attempts + 1)
                    .execution_options(synchronize_session=False)
                )
                if _count(claimed) == 1:
                    parcels.append(self._parcel(session, row_id))
        return parcels

    def _parcel(self, session: Session, row_id: int) -> Parcel:
        row = session.get_one(OutboxRow, row_id)
        kind: RequestKind = next(known for known in _ORDERS if known == row.kind)
        place = f"{row.case_id}/{'payload' if kind in ('loan', 'bill') else kind}"
        order = _ORDERS[kind](**json.loads(self._ledger.vault.open(row.payload_sealed, place)))
        interrupted = row.last_error == _UNDER_WAY
        row.last_error = _UNDER_WAY
        return Parcel(row.id, row.case_id, kind, row.idempotency_key, order, row.attempts, interrupted)

    def delivered(self, parcel: Parcel, record: BankRecord) -> None:
        """The bank has it: settle the request and move the case on, in one transaction."""
        now = datetime.now(UTC)
        with self._ledger.write() as session:
            if not self._settle(session, parcel, "done"):
                return
            if isinstance(parcel.order, LoanChange):
                LoanRequests(self._ledger).changed(session, parcel.order, now)
            else:
                check = now + delay(1, FIRST_CHECK_S, LONGEST_CHECK_S)
                apply_bank_record(session, self._ledger.vault, parcel.case_id, record, now, check)

    def refused(self, parcel: Parcel, message: str, code: str) -> None:
        """The bank refused for good; ``message`` is its reason in plain Chinese."""
        with self._ledger.write() as session:
            if not self._settle(session, parcel, "refused", code):
                return
            now = datetime.now(UTC)
            if parcel.kind in ("change", "withdraw"):  # the application itself stays as it is
                _noted(session, parcel.case_id, "bank", message, now)
            else:
                advance(session, parcel.case_id, CaseState.REJECTED, "bank", message, now)

    def stuck(self, parcel: Parcel, code: str) -> None:
        """Repeating cannot help: a person must look at it."""
        with self._ledger.write() as session:
            if self._settle(session, parcel, "stuck", code):
                note = "和银行对不上，要请工作人员查看，请您等电话或者找人工。"
                now = datetime.now(UTC)
                if parcel.kind in ("change", "withdraw"):
                    _noted(session, parcel.case_id, "assistant", note, now)
                    return
                advance(session, parcel.case_id, CaseState.NEEDS_STAFF, "assistant", note, now)

    def postpone(self, parcel: Parcel, code: str, *, unknown: bool) -> timedelta:
        """Try again later; ``unknown``: the bank may have got it, so the case says so from now on."""
        wait = delay(parcel.attempts, FIRST_RETRY_S, LONGEST_RETRY_S)
        now = datetime.now(UTC)
        with self._ledger.write() as session:
            session.execute(
                update(OutboxRow)
                .where(OutboxRow.id == parcel.row_id, OutboxRow.state == "pending")
                .values(lease_until=None, next_attempt_at=now + wait, last_error=code)
                .execution_options(synchronize_session=False)
            )
            if unknown and parcel.kind in ("loan", "bill"):
                note = "发给银行了，还没等到回话，正在核实银行收到没有，不会重复办理。"
                advance(session, parcel.case_id, CaseState.CHECKING, "assistant", note, now)
        return wait

    def bring_forward(self) -> int:
        """The bank is back: what waited for its next try is due now. How many there are."""
        now = datetime.now(UTC)
        with self._ledger.write() as session:
            result = session.execute(
                update(OutboxRow)
                .where(OutboxRow.state == "pending", OutboxRow.lease_until.is_(None), OutboxRow.next_attempt_at > now)
                .values(next_attempt_at=now)
                .execution_options(synchronize_session=False)
            )
            return _count(result)

    def vanished(self, case_id: str) -> bool:
        """The bank, which had this case, knows it no more: a person must look at it."""
        note = "银行那边查不到这笔业务了，要请工作人员核对，请您等电话或者找人工。"
        with self._ledger.write() as session:
            now = datetime.now(UTC)
            return advance(session, case_id, CaseState.NEEDS_STAFF, "assistant", note, now, next_check_at=None)

    def _settle(self, session: Session, parcel: Parcel, state: str, code: str | None = None) -> bool:
        result = session.execute(
            update(OutboxRow)
            .where(OutboxRow.id == parcel.row_id, OutboxRow.state == "pending")
            .values(state=state, lease_until=None, last_error=code)
            .execution_options(synchronize_session=False)
        )
        return _count(result) == 1

    def watched(self, limit: int = 20) -> list[Watched]:
        """Cases whose state at the bank is due to be asked; their next check is put off meanwhile."""
        now = datetime.now(UTC)
        query = (
            select(CaseRow.id, CaseRow.checks, OutboxRow.kind, OutboxRow.idempotency_key)
            .join(OutboxRow, and_(OutboxRow.case_id == CaseRow.id, OutboxRow.kind == CaseRow.kind))
            .where(CaseRow.next_check_at <= now)
            .order_by(CaseRow.next_check_at)
            .limit(limit)
        )
        with self._ledger.read() as session:
            rows = session.execute(query).all()
        if not rows:
            return []
        with self._ledger.write() as session:
            for case_id, checks, _, _ in rows:
                wait = delay(checks + 1, FIRST_CHECK_S, LONGEST_CHECK_S)
                session.execute(
                    update(CaseRow)
                    .where(CaseRow.id == case_id, CaseRow.next_check_at.is_not(None))
                    .values(next_check_at=now + wait, checks=checks + 1)
                    .execution_options(synchronize_session=False)
                )
        return [Watched(i, "loan" if kind == "loan" else "bill", key) for i, _, kind, key in rows]

    def watched_case(self, case_id: str) -> Watched | None:
        """One case the bank says has news; None when nothing more is expected for it."""
        query = (
            select(OutboxRow.kind, OutboxRow.idempotency_key)
            .join(CaseRow, and_(CaseRow.id == OutboxRow.case_id, CaseRow.kind == OutboxRow.kind))
            .where(CaseRow.id == case_id, CaseRow.next_check_at.is_not(None))
        )
        with self._ledger.read() as session:
            row = session.execute(query).first()
        return None if row is None else Watched(case_id, "loan" if row[0] == "loan" else "bill", row[1])

    def report(self, case_id: str, record: BankRecord) -> bool:
        """Record what the bank reports about a case it has; False when that is no news."""
        now = datetime.now(UTC)
        check = now + delay(1, FIRST_CHECK_S, LONGEST_CHECK_S)
        with self._ledger.write() as session:
            return apply_bank_record(session, self._ledger.vault, case_id, record, now, check)

    def pending(self) -> int:
        """How many requests are still owed to the bank."""
        with self._ledger.read() as session:
            query = select(func.count()).select_from(OutboxRow).where(OutboxRow.state == "pending")
            return session.scalar(query) or 0


def _first_of_its_case() -> ColumnElement[bool]:
    """The requests of a case are sent in their order: no change before the application itself has arrived."""
    earlier = aliased(OutboxRow)
    return ~exists(
        select(earlier.id).where(
            earlier.case_id == OutboxRow.case_id, earlier.id < OutboxRow.id, earlier.state == "pending"
        )
    )


def _noted(session: Session, case_id: str, who: str, note: str, now: datetime) -> None:
    """A line of history that changes no state."""
    state = session.scalar(select(CaseRow.state).where(CaseRow.id == case_id))
    session.add(EventRow(case_id=case_id, at=now, state=str(state), who=who, note=note))


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
