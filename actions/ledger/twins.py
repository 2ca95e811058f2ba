"""The same application told twice is one: found in the transaction that would make the second."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from actions.ledger.models import CaseRow
from actions.ledger.vault import Vault
from actions.loans import OPEN, LoanApplication

TWIN = timedelta(days=1)
"""How long the same application again is one wish told twice: who answered late, or was cut off, says it all again."""


def twin(session: Session, vault: Vault, application: LoanApplication, digest: str, now: datetime) -> str | None:
    """The case of an application of this sender that says the very same and is open, :data:`TWIN` old at most.

    Until ``session``, a writing one, ends nobody else registers such an application, so two at once make one case.

    Args:
        digest: of the whole application, its sender included.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time
        number = int.from_bytes(hashlib.sha256(f"twin {digest}".encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))
    query = select(CaseRow.id).where(
        CaseRow.sender_index.in_(vault.indexes(application.sender, "sender")),
        CaseRow.body_index.in_(vault.indexes(digest, "body")),
        CaseRow.amount_fen == application.amount_fen,  # it may have been changed since
        CaseRow.state.in_([state.value for state in OPEN]),
        CaseRow.created_at > now - TWIN,
    )
    return session.scalar(query)
