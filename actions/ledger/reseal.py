"""Rotation of the ledger's key: what is sealed with an older key is sealed with the current one.

Blocks (SQL). Works in small transactions beside the running assistant: a value is replaced only if it still is what was
read, so nothing newer is overwritten. Blind indexes are made anew from the sealed texts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CursorResult, Table, select, update

from actions.ledger.ledger import Ledger
from actions.ledger.models import (
    Base,
    CallRecordRow,
    CaseRow,
    DocumentRow,
    DraftRow,
    HandOffRow,
    LoanRow,
    OutboxRow,
    PartnerCaseRow,
    PartnerRow,
    PaymentRow,
    PlotRow,
)

BATCH = 200


@dataclass(frozen=True)
class Sealed:
    """One sealed column; its place is ``<value of owner>/<name>``.

    ``indexes`` are (column, purpose) of the blind indexes of the same text.
    """

    table: Table
    owner: str
    name: str
    indexes: tuple[tuple[str, str], ...] = ()

    @property
    def column(self) -> str:
        """The column's name."""
        return f"{self.name}_sealed"


def _of(row: type[Base], owner: str, name: str, *indexes: tuple[str, str]) -> Sealed:
    table = row.__table__
    assert isinstance(table, Table)
    return Sealed(table, owner, name, indexes)


SEALED: tuple[Sealed, ...] = (
    _of(CaseRow, "id", "sender", ("sender_index", "sender")),
    _of(CaseRow, "id", "key"),  # its indexes: see _again
    _of(CaseRow, "id", "confirm_url"),
    _of(LoanRow, "case_id", "purpose"),
    _of(LoanRow, "case_id", "name"),
    _of(LoanRow, "case_id", "phone", ("phone_index", "phone")),
    _of(LoanRow, "case_id", "village"),
    _of(PaymentRow, "case_id", "account", ("account_index", "account")),
    _of(OutboxRow, "case_id", "payload"),
    _of(HandOffRow, "id", "sender", ("sender_index", "sender"), ("open_index", "sender")),
    _of(HandOffRow, "id", "reason"),
    _of(PlotRow, "case_id", "outline"),
    _of(DocumentRow, "digest", "content"),
    _of(PartnerCaseRow, "case_id", "reference"),
    _of(PartnerRow, "id", "webhook_secret"),
    _of(CallRecordRow, "id", "sender", ("sender_index", "sender")),
    _of(CallRecordRow, "id", "caller"),
    _of(CallRecordRow, "id", "tail", ("tail_index", "tail")),
    _of(CallRecordRow, "id", "turns"),
)
"""Every sealed column of the ledger but the drafts' (a test compares this with the models)."""


@dataclass
class Count:
    """How many values each key seals.

    Attributes:
        by_key: key id and number.
        resealed: values sealed anew by this run.
        old_keys: cases whose idempotency key was not kept: their index stays under the key they were made with.
    """

    current: str
    have: tuple[str, ...]
    by_key: Counter[str] = field(default_factory=Counter)
    resealed: int = 0
    old_keys: int = 0

    def as_json(self) -> dict[str, Any]:
        """For the command line."""
        missing = sorted(set(self.by_key) - set(self.have))
        return {
            "current": self.current,
            "sealed_values": dict(self.by_key),
            "resealed": self.resealed,
            "keys_we_do_not_have": missing,
            "cases_that_need_the_old_key": self.old_keys,
            "older_keys_can_be_removed": set(self.by_key) <= {self.current} and not self.old_keys,
        }


class Resealer:
    """Counts and renews what is sealed."""

    def __init__(self, ledger: Ledger, batch: int = BATCH) -> None:
        self._ledger = ledger
        self._vault = ledger.vault
        self._batch = batch

    def count(self) -> Count:
        """Which keys seal how many values."""
        count = Count(self._vault.current, self._vault.key_ids)
        for sealed in SEALED:
            for row in self._rows(sealed):
                count.by_key[str(row[sealed.column]).partition(".")[0]] += 1
        table = CaseRow.__table__
        assert isinstance(table, Table)
        with self._ledger.read() as session:
            # Drafts lie at an index that only their owner can name again; they are gone in days.
            for sealed_draft in session.scalars(select(DraftRow.values_sealed)):
                count.by_key[sealed_draft.partition(".")[0]] += 1
            count.old_keys = len(session.execute(select(table.c.id).where(table.c.key_sealed.is_(None))).all())
        return count

    def run(self) -> Count:
        """Seal with the current key what an older one sealed; values whose key is missing are left and counted."""
        resealed = 0
        for sealed in SEALED:
            for row in self._rows(sealed):
                key_id = str(row[sealed.column]).partition(".")[0]
                if key_id != self._vault.current and key_id in self._vault.key_ids:
                    resealed += self._again(sealed, row)
        count = self.count()
        count.resealed = resealed
        return count

    def _rows(self, sealed: Sealed) -> Iterator[dict[str, Any]]:
        """All rows with a value in the column, in batches by primary key."""
        table = sealed.table
        (primary,) = table.primary_key.columns
        value = table.c[sealed.column]
        names = {"outbox": {"kind"}, "plots": {"place"}}.get(table.name, set())
        names |= {primary.name, sealed.owner, sealed.column, *(column for column, _ in sealed.indexes)}
        last: Any = None
        while True:
            query = select(*(table.c[name] for name in sorted(names))).where(value.is_not(None))
            query = query.order_by(primary).limit(self._batch)
            with self._ledger.read() as session:
                rows = session.execute(query if last is None else query.where(primary > last)).mappings().all()
            if not rows:
                return
            yield from (dict(row) for row in rows)
            last = rows[-1][primary.name]

    def _again(self, sealed: Sealed, row: dict[str, Any]) -> bool:
        table, place = sealed.table, f"{row[sealed.owner]}/{sealed.name}"
        if row.get("kind") in ("change", "withdraw"):  # requests about a case the bank has: ``requests.py``
            place = f"{row[sealed.owner]}/{row['kind']}"
        if table.name == "plots":
            place = f"{row[sealed.owner]}/{row['place']}"
        (primary,) = table.primary_key.columns
        text = self._vault.open(row[sealed.column], place)
        values = {sealed.column: self._vault.seal(text, place)}
        for column, purpose in sealed.indexes:
            if row[column] is not None:
                values[column] = self._vault.index(text, purpose)
        if sealed.table.name == "cases" and sealed.name == "key":
            digest, _, key = text.partition(" ")
            values |= {"key_index": self._vault.index(key, "key"), "body_index": self._vault.index(digest, "body")}
        unchanged = [table.c[sealed.column] == row[sealed.column]]
        unchanged += [table.c[column] == row[column] for column, _ in sealed.indexes if row[column] is not None]
        with self._ledger.write() as session:
            result = session.execute(update(table).where(primary == row[primary.name], *unchanged).values(**values))
            assert isinstance(result, CursorResult)
            return result.rowcount == 1
