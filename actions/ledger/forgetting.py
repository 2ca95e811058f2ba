"""A user wants what they said erased: what the law does not make the bank keep goes, cases stay."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from actions.ledger.call_records import forget_calls
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, DraftRow, HandOffRow, NewsRow


def forget(ledger: Ledger, sender: str) -> None:
    """Erase the words of ``sender`` kept beside the cases: unfinished forms, what they said by telephone,
    and why they wanted a person.

    The wish itself stays on the staff's list until somebody has called. Of the cases they have, nobody tells them any
    more unless they ask. Blocks (SQL).

    Raises:
        LedgerUnavailable: it is not certain that anything was erased; doing it again is harmless.
    """
    indexes = ledger.vault.indexes(sender, "sender")
    with ledger.write() as session:
        for row in session.scalars(select(HandOffRow).where(HandOffRow.sender_index.in_(indexes))):
            row.reason_sealed = ledger.vault.seal("", f"{row.id}/reason")
        forget_calls(session, indexes)
        session.execute(delete(DraftRow).where(DraftRow.sender_index.in_(indexes)))
        session.execute(update(CaseRow).where(CaseRow.sender_index.in_(indexes)).values(quiet=True))
        theirs = select(CaseRow.id).where(CaseRow.sender_index.in_(indexes))
        session.execute(delete(NewsRow).where(NewsRow.state == "pending", NewsRow.case_id.in_(theirs)))
