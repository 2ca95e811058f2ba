"""What is asked of an application that was handed in: a change, or to have it back.

Each is a row of the outbox with a line of history, written in one transaction; the bank, which alone knows whether it
is still under review, carries it out or refuses. What was never sent is taken back at once. Everything here blocks.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.bank.api import LoanChange, LoanWithdrawal
from actions.cases import CaseState
from actions.errors import KeyReused
from actions.ledger.ledger import Ledger
from actions.ledger.masking import yuan
from actions.ledger.models import CaseRow, EventRow, LoanRow, OutboxRow
from actions.ledger.transitions import advance
from actions.loans import OPEN, NotOpen
from nlu.dialect.spoken import format_term


class LoanRequests:
    """Registers changes and withdrawals, and writes down what became of them."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def withdraw(self, case_id: str, sender: str, key: str) -> None:
        """Take the sender's application back, or ask the bank to.

        Raises:
            NotOpen: no such application of this sender, or it is decided.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """

        def write(session: Session, now: datetime) -> None:
            unsent = session.execute(
                update(OutboxRow)
                .where(
                    OutboxRow.case_id == case_id,
                    OutboxRow.kind == "loan",
                    OutboxRow.state == "pending",
                    OutboxRow.attempts == 0,
                )
                .values(state="withdrawn", lease_until=None)
                .execution_options(synchronize_session=False)
            )
            assert isinstance(unsent, CursorResult)
            if unsent.rowcount == 1:
                note = "您撤回了申请，它还没有送出去，银行没有收到。"
                advance(session, case_id, CaseState.WITHDRAWN, "user", note, now, next_check_at=None)
                return
            asked = select(OutboxRow.id).where(
                OutboxRow.case_id == case_id, OutboxRow.kind == "withdraw", OutboxRow.state == "pending"
            )
            if session.scalar(asked) is None:
                self._add(session, "withdraw", LoanWithdrawal(case_id), key, "您要撤回申请，正在告诉银行。", now)

        self._write(case_id, sender, key, write)

    def change(self, case_id: str, sender: str, change: LoanChange, key: str) -> None:
        """Ask the bank to change the sender's application. Raises as :meth:`withdraw`, and KeyReused."""

        def write(session: Session, now: datetime) -> None:
            self._add(session, "change", change, key, f"您要把{_told(change)}，正在告诉银行。", now)

        self._write(case_id, sender, key, write, json.dumps(asdict(change), sort_keys=True))

    def changed(self, session: Session, change: LoanChange, now: datetime) -> None:
        """The bank carried a change out: the application says so from now on."""
        case = session.get_one(CaseRow, change.client_ref)
        loan = session.get_one(LoanRow, change.client_ref)
        vault = self._ledger.vault
        if change.amount_fen is not None:
            case.amount_fen = change.amount_fen
        if change.term_months is not None:
            loan.term_months = change.term_months
        if change.phone is not None:
            loan.phone_sealed = vault.seal(change.phone, f"{case.id}/phone")
            loan.phone_index = vault.index(change.phone, "phone")
        note = f"银行已经把{_told(change)}。"
        session.add(EventRow(case_id=case.id, at=now, state=case.state, who="bank", note=note))

    def _write(
        self, case_id: str, sender: str, key: str, write: Callable[[Session, datetime], None], body: str = ""
    ) -> None:
        indexes = self._ledger.vault.indexes(sender, "sender")
        theirs = select(CaseRow.state).where(
            CaseRow.id == case_id, CaseRow.kind == "loan", CaseRow.sender_index.in_(indexes)
        )
        known = select(OutboxRow).where(OutboxRow.idempotency_key == _key(case_id, key))
        try:
            with self._ledger.write() as session:
                before = session.scalar(known)
                if before is not None:
                    if body and body != json.dumps(json.loads(self._payload(before)), sort_keys=True):
                        raise KeyReused
                    return
                state = session.scalar(theirs)
                if state is None or CaseState(state) not in OPEN:
                    raise NotOpen
                write(session, datetime.now(UTC))
        except IntegrityError:
            return  # the same request, at the same moment: it was stored

    def _payload(self, row: OutboxRow) -> str:
        return self._ledger.vault.open(row.payload_sealed, f"{row.case_id}/{row.kind}")

    def _add(
        self, session: Session, kind: str, order: LoanChange | LoanWithdrawal, key: str, note: str, now: datetime
    ) -> None:
        case_id = order.client_ref
        state = session.scalar(select(CaseRow.state).where(CaseRow.id == case_id))
        payload = json.dumps(asdict(order), ensure_ascii=False, sort_keys=True)
        session.add(
            OutboxRow(
                case_id=case_id,
                kind=kind,
                idempotency_key=_key(case_id, key),
                payload_sealed=self._ledger.vault.seal(payload, f"{case_id}/{kind}"),
                state="pending",
                next_attempt_at=now,
            )
        )
        session.add(EventRow(case_id=case_id, at=now, state=str(state), who="user", note=note))


def _key(case_id: str, key: str) -> str:
    """The bank's idempotency key of a request: the same for the same case and key."""
    return hashlib.sha256(f"{case_id}\0{key}".encode()).hexdigest()


def _told(change: LoanChange) -> str:
    """What is changed, in plain words and without the number."""
    parts = []
    if change.amount_fen is not None:
        parts.append(f"金额改成{yuan(change.amount_fen)}")
    if change.term_months is not None:
        parts.append(f"时间改成{format_term(change.term_months)}")
    if change.phone is not None:
        parts.append("电话换成新的")
    return "，".join(parts)
