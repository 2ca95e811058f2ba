"""What staff should look at in a new case: unusual amounts, new payees, many attempts. It never stops anybody.

Thresholds are judged, not fitted: they stand where a family's ordinary bill or loan would not reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from sqlalchemy import ColumnElement, func, select

from actions.bills import Bill
from actions.ledger.ledger import Ledger
from actions.ledger.masking import yuan
from actions.ledger.models import CaseRow, LoanRow, PaymentRow
from actions.loans import LoanApplication

Flags = list[tuple[str, str]]
"""Kind and note, as ``Ledger.register_loan`` and ``register_payment`` take them."""

LARGE_LOAN_FEN = 50_000_000
"""Half a million yuan: beyond what the catalogue gives one family for farming."""
LARGE_BILL_FEN = {
    "electricity": 200_000,
    "water": 100_000,
    "gas": 200_000,
    "phone": 50_000,
    "cable_tv": 100_000,
    "medical_insurance": 500_000,
    "pension": 1_000_000,
}
"""Several times what a household pays at once."""
TIMES_USUAL = 5
"""How many times the sender's own median of the same kind."""
MANY, WITHIN = 5, timedelta(hours=24)
MANY_LOANS, LOANS_WITHIN = 3, timedelta(days=7)


class Watch:
    """Looks at a case before it is registered. Blocks (SQL)."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def loan(self, application: LoanApplication) -> Flags:
        """Flags of an application."""
        flags: Flags = []
        if application.amount_fen >= LARGE_LOAN_FEN:
            flags.append(("unusual_amount", f"金额{yuan(application.amount_fen)}，比一般农户贷款大得多。"))
        since = datetime.now(UTC) - LOANS_WITHIN
        with self._ledger.read() as session:
            recent = session.scalar(
                select(func.count()).where(
                    CaseRow.kind == "loan", CaseRow.created_at >= since, self._of(application.sender)
                )
            )
            phones = self._ledger.vault.indexes(application.phone, "phone")
            others = session.scalar(
                select(func.count(CaseRow.sender_index.distinct()))
                .join(LoanRow, LoanRow.case_id == CaseRow.id)
                .where(LoanRow.phone_index.in_(phones), ~self._of(application.sender))
            )
        if (recent or 0) + 1 >= MANY_LOANS:
            flags.append(("many_attempts", f"这个人七天里第{(recent or 0) + 1}次申请贷款。"))
        if others:
            flags.append(("shared_phone", f"这个电话另外还有{others}个人申请贷款用过。"))
        return flags

    def payment(self, bill: Bill, sender: str, paid_fen: int) -> Flags:
        """Flags of a payment of ``paid_fen``."""
        flags: Flags = []
        now = datetime.now(UTC)
        with self._ledger.read() as session:
            recent = session.scalar(
                select(func.count()).where(CaseRow.kind == "bill", CaseRow.created_at >= now - WITHIN, self._of(sender))
            )
            earlier = session.execute(
                select(CaseRow.amount_fen, PaymentRow.account_index)
                .join(PaymentRow, PaymentRow.case_id == CaseRow.id)
                .where(PaymentRow.bill_type == bill.bill_type, self._of(sender))
                .order_by(CaseRow.created_at.desc())
                .limit(20)
            ).all()
        usual = median(row[0] for row in earlier) if len(earlier) >= 3 else None
        if paid_fen >= LARGE_BILL_FEN[bill.bill_type]:
            flags.append(("unusual_amount", f"一次缴{bill.name}{yuan(paid_fen)}，比一般人家多得多。"))
        elif usual is not None and paid_fen >= TIMES_USUAL * usual:
            flags.append(("unusual_amount", self._beyond(bill, paid_fen, int(usual))))
        known = set(self._ledger.vault.indexes(bill.account, "account"))
        if earlier and not any(row[1] in known for row in earlier):
            flags.append(("new_payee", f"这个人以前缴{bill.name}用的是别的户号，这个户号是头一回。"))
        if (recent or 0) + 1 >= MANY:
            flags.append(("many_attempts", f"这个人一天里第{(recent or 0) + 1}次开缴费单。"))
        return flags

    @staticmethod
    def _beyond(bill: Bill, paid_fen: int, usual_fen: int) -> str:
        return f"这次缴{bill.name}{yuan(paid_fen)}，平常是{yuan(usual_fen)}上下。"

    def _of(self, sender: str) -> ColumnElement[bool]:
        indexes: Sequence[str] = self._ledger.vault.indexes(sender, "sender")
        return CaseRow.sender_index.in_(indexes)
