"""What a sender said in earlier cases, unmasked, for "the same as last time"."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from actions.cases import CaseKind, EarlierCase
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, LoanRow, PaymentRow


def earlier_cases(ledger: Ledger, sender: str, kind: CaseKind, limit: int) -> list[EarlierCase]:
    """The sender's own cases of ``kind``, newest first, with what was said in them."""
    query = (
        select(CaseRow)
        .where(CaseRow.sender_index.in_(ledger.vault.indexes(sender, "sender")), CaseRow.kind == kind)
        .order_by(CaseRow.created_at.desc())
        .limit(limit)
    )
    with ledger.read() as session:
        found = []
        for row in session.scalars(query).all():
            said: dict[str, Any] = {"amount_fen": row.amount_fen}
            if kind == "loan":
                loan = session.get_one(LoanRow, row.id)
                said |= {
                    "crop_or_livestock": loan.crop_or_livestock,
                    "area_mu": loan.area_mu,
                    "term_months": loan.term_months,
                }
                for name in ("purpose", "name", "phone", "village"):
                    said[name] = ledger.vault.open(getattr(loan, f"{name}_sealed"), f"{row.id}/{name}")
            else:
                payment = session.get_one(PaymentRow, row.id)
                said |= {
                    "bill_type": payment.bill_type,
                    "account": ledger.vault.open(payment.account_sealed, f"{row.id}/account"),
                }
            found.append(EarlierCase(kind, row.created_at, said))
        return found
