"""A user wants what they said erased: what the law does not make the bank keep goes, cases stay."""

from __future__ import annotations

from sqlalchemy import delete, select

from actions.ledger.call_records import forget_calls
from actions.ledger.ledger import Ledger
from actions.ledger.models import DraftRow, HandOffRow


def forget(ledger: Ledger, sender: str) -> None:
    """Erase the words of ``sender`` kept beside the cases: unfinished forms, what they said by telephone,
    and why they wanted a person.

    The wish itself stays on the staff's list until somebody has called. Blocks (SQL).

    Raises:
        LedgerUnavailable: it is not certain that anything was erased; doing it again is harmless.
    """
    indexes = ledger.vault.indexes(sender, "sender")
    with ledger.write() as session:
        for row in session.scalars(select(HandOffRow).where(HandOffRow.sender_index.in_(indexes))):
            row.reason_sealed = ledger.vault.seal("", f"{row.id}/reason")
        forget_calls(session, indexes)
        session.execute(delete(DraftRow).where(DraftRow.sender_index.in_(indexes)))
