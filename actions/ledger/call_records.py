"""Records of calls: the newest version counts, an outcome never goes back, words are kept as long as chats are.

Everything here blocks (SQL); call it through ``asyncio.to_thread``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from actions.ledger.ledger import Ledger
from actions.ledger.models import CallRecordRow, HandOffEventRow, HandOffRow

WORDS_KEPT = timedelta(days=7)
"""As chats: what callers said, their number, and who they are."""
CALLS_KEPT = timedelta(days=365)
"""Times and outcome alone, for the statistics of a year."""
LOST_AFTER = timedelta(minutes=10)
"""An open call of which nothing was heard for so long has lost the process that carried it."""
TAIL = 4
OPEN, LOST, TRANSFERRED = "open", "lost", "transferred"
_MOST_READ = 2000
"""Calls that are opened to find a word in them."""
_NOBODY: dict[str, Any] = {
    "sender_index": None,
    "sender_sealed": None,
    "caller_sealed": None,
    "tail_index": None,
    "tail_sealed": None,
    "turns_sealed": None,
}


@dataclass(frozen=True)
class CallRecord:
    """A call as it is brought, and as it is shown.

    Attributes:
        version: grows with every record of the call.
        sender: conversation id; None when it is not kept any more.
        caller: number, in clear; None when it was withheld or is not kept any more.
        turns: JSON objects, ``said`` masked.
        turn_count: how many there were, when they are not kept any more.
    """

    id: str
    version: int
    began: datetime
    ended: datetime | None
    outcome: str
    protocol: str
    called: str | None
    region: str | None
    sender: str | None
    caller: str | None
    turns: tuple[dict[str, Any], ...]
    turn_count: int = 0


@dataclass(frozen=True)
class Wanted:
    """Which calls are looked for.

    Attributes:
        since, until: when they began.
        tail: the last four digits of the number.
        word: in what was said.
        sender: whose they are.
        limit: of calls that are given.
    """

    since: datetime | None = None
    until: datetime | None = None
    outcome: str | None = None
    tail: str | None = None
    word: str | None = None
    sender: str | None = None
    limit: int = 50


class CallRecords:
    """Call records in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._vault = ledger.vault

    def put(self, record: CallRecord) -> bool:
        """Keep ``record`` unless a newer one is known, or one whose outcome it would take back.

        A caller who was put through has been served: their wish for a person is closed with the call.

        Raises:
            LedgerUnavailable: it is not certain that it was kept; bringing it again is harmless.
        """
        now = datetime.now(UTC)
        values = self._sealed(record) | {"updated_at": now}
        newer = and_(CallRecordRow.id == record.id, CallRecordRow.version < record.version, _may_become(record.outcome))
        for _ in range(2):  # a second try when another request made the row in between
            with self._ledger.write() as session:
                known = update(CallRecordRow).where(newer, CallRecordRow.forgotten.is_(False))
                plain = {name: value for name, value in values.items() if name not in _NOBODY}
                forgotten = update(CallRecordRow).where(newer, CallRecordRow.forgotten.is_(True))
                changed = _count(session.execute(known.values(values))) or _count(
                    session.execute(forgotten.values(plain))
                )
                if changed:
                    self._served(session, record, now)
                    return True
                if session.get(CallRecordRow, record.id) is not None:
                    return False
            try:
                with self._ledger.write() as session:
                    session.add(CallRecordRow(id=record.id, forgotten=False, **values))
                    self._served(session, record, now)
                return True
            except IntegrityError:
                continue
        return False

    def find(self, wanted: Wanted) -> list[CallRecord]:
        """Calls, newest first; a word is looked for in the newest two thousand of those that fit otherwise."""
        query = select(CallRecordRow).order_by(CallRecordRow.began.desc(), CallRecordRow.id)
        if wanted.since is not None:
            query = query.where(CallRecordRow.began >= wanted.since)
        if wanted.until is not None:
            query = query.where(CallRecordRow.began < wanted.until)
        if wanted.outcome is not None:
            query = query.where(CallRecordRow.outcome == wanted.outcome)
        if wanted.tail is not None:
            query = query.where(CallRecordRow.tail_index.in_(self._vault.indexes(wanted.tail, "tail")))
        if wanted.sender is not None:
            query = query.where(CallRecordRow.sender_index.in_(self._vault.indexes(wanted.sender, "sender")))
        if wanted.word is not None:
            query = query.where(CallRecordRow.turns_sealed.is_not(None)).limit(_MOST_READ)
        else:
            query = query.limit(wanted.limit)
        found: list[CallRecord] = []
        with self._ledger.read() as session:
            for row in session.scalars(query):
                record = self._opened(row)
                if wanted.word is None or any(wanted.word in str(turn.get("said") or "") for turn in record.turns):
                    found.append(record)
                if len(found) == wanted.limit:
                    break
        return found

    def get(self, call_id: str) -> CallRecord | None:
        """One call."""
        with self._ledger.read() as session:
            row = session.get(CallRecordRow, call_id)
            return self._opened(row) if row else None

    def tidy(self, now: datetime | None = None) -> int:
        """Calls whose carrier died are lost; what may not be kept any longer goes. How many were lost."""
        now = now or datetime.now(UTC)
        lost = update(CallRecordRow).where(CallRecordRow.outcome == OPEN, CallRecordRow.updated_at < now - LOST_AFTER)
        old = update(CallRecordRow).where(CallRecordRow.began < now - WORDS_KEPT, CallRecordRow.forgotten.is_(False))
        with self._ledger.write() as session:
            count = _count(session.execute(lost.values(outcome=LOST, updated_at=now)))
            session.execute(old.values(**_NOBODY, forgotten=True))
            session.execute(delete(CallRecordRow).where(CallRecordRow.began < now - CALLS_KEPT))
        return count

    def _sealed(self, record: CallRecord) -> dict[str, Any]:
        seal, index, number = self._vault.seal, self._vault.index, record.id
        tail = record.caller[-TAIL:] if record.caller else None
        turns = json.dumps(record.turns, ensure_ascii=False)
        return {
            "version": record.version,
            "began": record.began,
            "ended": record.ended,
            "outcome": record.outcome,
            "protocol": record.protocol,
            "called": record.called,
            "region": record.region,
            "turn_count": len(record.turns),
            "sender_index": index(record.sender, "sender") if record.sender else None,
            "sender_sealed": seal(record.sender, f"{number}/sender") if record.sender else None,
            "caller_sealed": seal(record.caller, f"{number}/caller") if record.caller else None,
            "tail_index": index(tail, "tail") if tail else None,
            "tail_sealed": seal(tail, f"{number}/tail") if tail else None,
            "turns_sealed": seal(turns, f"{number}/turns"),
        }

    def _opened(self, row: CallRecordRow) -> CallRecord:
        def opened(sealed: str | None, name: str) -> str | None:
            return self._vault.open(sealed, f"{row.id}/{name}") if sealed else None

        return CallRecord(
            id=row.id,
            version=row.version,
            began=row.began,
            ended=row.ended,
            outcome=row.outcome,
            protocol=row.protocol,
            called=row.called,
            region=row.region,
            sender=opened(row.sender_sealed, "sender"),
            caller=opened(row.caller_sealed, "caller"),
            turns=tuple(json.loads(opened(row.turns_sealed, "turns") or "[]")),
            turn_count=row.turn_count,
        )

    def _served(self, session: Session, record: CallRecord, now: datetime) -> None:
        if record.outcome != TRANSFERRED or not record.sender:
            return
        mine = HandOffRow.open_index.in_(self._vault.indexes(record.sender, "sender"))
        closed = update(HandOffRow).where(mine).values(closed_at=now, open_index=None).returning(HandOffRow.id)
        for number in session.scalars(closed).all():
            note = "电话转给了工作人员"
            session.add(HandOffEventRow(hand_off_id=number, at=now, state="closed", who="assistant", note=note))


def forget_calls(session: Session, indexes: Sequence[str]) -> None:
    """Nothing of these senders' calls is left but times and outcome, whatever is still brought."""
    mine = CallRecordRow.sender_index.in_(indexes)
    session.execute(update(CallRecordRow).where(mine).values(**_NOBODY, forgotten=True))


def _may_become(outcome: str) -> ColumnElement[bool]:
    """Which outcomes ``outcome`` may follow: any but open is final, and lost is only what nobody knew better."""
    if outcome == OPEN:
        return CallRecordRow.outcome == OPEN
    if outcome == LOST:
        return or_(CallRecordRow.outcome == OPEN, CallRecordRow.outcome == LOST)
    return CallRecordRow.outcome.is_not(None)


def _count(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
