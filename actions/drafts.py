"""Unfinished forms: kept encrypted for some days, so that who rings off can go on tomorrow.

A draft is no case: nothing of it was handed in. It goes when the form is submitted, cancelled or forgotten.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from actions.ledger.models import DraftRow

if TYPE_CHECKING:
    from actions.ledger.ledger import Ledger

KEPT = timedelta(days=7)
"""How long an unfinished form waits for its owner."""


@dataclass(frozen=True)
class Draft:
    """An unfinished form.

    Attributes:
        task: the intent that begins the form.
        values: slot values by name, as the form had them.
        updated_at: aware, UTC.
    """

    task: str
    values: Mapping[str, Any]
    updated_at: datetime


class DraftBook:
    """Keeps one draft a sender and task. Raises :class:`actions.errors.LedgerUnavailable`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def keep(self, sender: str, task: str, values: Mapping[str, Any]) -> None:
        """Keep ``values`` (JSON) instead of what was kept before."""
        await asyncio.to_thread(self._keep, sender, task, values)

    async def of(self, sender: str) -> list[Draft]:
        """The sender's drafts that are not too old, newest first."""
        return await asyncio.to_thread(self._of, sender)

    async def drop(self, sender: str, task: str) -> None:
        """Delete the draft, if there is one."""
        await asyncio.to_thread(self._drop, sender, task)

    def _keep(self, sender: str, task: str, values: Mapping[str, Any]) -> None:
        index, now = self._ledger.vault.index(sender, "sender"), datetime.now(UTC)
        sealed = self._ledger.vault.seal(json.dumps(dict(values), ensure_ascii=False), f"{index}/{task}")
        change = update(DraftRow).where(DraftRow.sender_index == index, DraftRow.task == task)
        for _ in range(2):  # a second try when another turn of the sender was first to write the row
            try:
                with self._ledger.write() as session:
                    if not session.execute(change.values(values_sealed=sealed, updated_at=now)).rowcount:  # type: ignore[attr-defined]
                        session.add(DraftRow(sender_index=index, task=task, values_sealed=sealed, updated_at=now))
                        session.execute(delete(DraftRow).where(DraftRow.updated_at < now - KEPT))
                return
            except IntegrityError:
                continue

    def _of(self, sender: str) -> list[Draft]:
        query = (
            select(DraftRow)
            .where(
                DraftRow.sender_index.in_(self._ledger.vault.indexes(sender, "sender")),
                DraftRow.updated_at >= datetime.now(UTC) - KEPT,
            )
            .order_by(DraftRow.updated_at.desc())
        )
        with self._ledger.read() as session:
            rows = session.scalars(query).all()
            return [
                Draft(
                    row.task,
                    json.loads(self._ledger.vault.open(row.values_sealed, f"{row.sender_index}/{row.task}")),
                    row.updated_at,
                )
                for row in rows
            ]

    def _drop(self, sender: str, task: str) -> None:
        indexes = self._ledger.vault.indexes(sender, "sender")
        # Most forms end where nothing was kept, or was kept long ago: looking costs no lock.
        mine = (DraftRow.sender_index.in_(indexes), DraftRow.task == task)
        with self._ledger.read() as session:
            if session.scalar(select(DraftRow.task).where(*mine)) is None:
                return
        with self._ledger.write() as session:
            session.execute(delete(DraftRow).where(*mine))
