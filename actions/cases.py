"""A case: one loan application or one bill payment, its state and its history, as it may be shown.

Everything here is masked already: a :class:`Case` may be said to its owner, shown to staff and printed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal

from actions.bank.api import BankError

if TYPE_CHECKING:
    from actions.ledger.ledger import Ledger

CaseKind = Literal["loan", "bill"]


class CaseState(StrEnum):
    """Where a case stands. Only the bank decides about credit and money; we record what it reports."""

    WAITING = "waiting_for_bank"
    CHECKING = "checking_with_bank"
    IN_REVIEW = "in_review"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    COMPLETED = "completed"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NEEDS_STAFF = "needs_staff"

    @property
    def text(self) -> str:
        """The state in plain Chinese."""
        return _STATE_TEXT[self]

    @property
    def final(self) -> bool:
        """Whether nothing more is expected from the bank."""
        return self in _FINAL


_STATE_TEXT = {
    CaseState.WAITING: "等待送达银行",
    CaseState.CHECKING: "已发给银行，正在核实银行收到没有",
    CaseState.IN_REVIEW: "银行已收到，工作人员正在审核",
    CaseState.AWAITING_CONFIRMATION: "等您本人在银行页面上确认付款",
    CaseState.COMPLETED: "已办成",
    CaseState.APPROVED: "银行审核通过",
    CaseState.DECLINED: "银行审核没有通过",
    CaseState.WITHDRAWN: "您已撤回",
    CaseState.REJECTED: "银行没有受理",
    CaseState.EXPIRED: "确认时间过了，没有扣钱",
    CaseState.NEEDS_STAFF: "需要工作人员处理",
}
_FINAL = frozenset(
    {
        CaseState.COMPLETED,
        CaseState.APPROVED,
        CaseState.DECLINED,
        CaseState.WITHDRAWN,
        CaseState.REJECTED,
        CaseState.EXPIRED,
        CaseState.NEEDS_STAFF,
    }
)


@dataclass(frozen=True)
class CaseEvent:
    """One line of a case's history; never changed after it was written."""

    at: datetime
    state: CaseState
    who: Literal["user", "assistant", "bank", "staff"]
    note: str
    """Plain Chinese, without personal data."""


@dataclass(frozen=True)
class Flag:
    """Something staff should look at; never said to the applicant, no personal data in it."""

    at: datetime
    kind: str
    note: str


@dataclass(frozen=True)
class Case:
    """A case as it may be shown.

    Attributes:
        id: at most 10 digits, the last one a check digit.
        amount_fen: integer fen.
        created_at: aware, UTC.
        history: oldest first, at least one entry.
        details: masked facts by name. Loans: purpose, crop_or_livestock, area_mu, term_months, name, phone,
            village, region. Bills: bill_type, bill_name, account, holder, period, company, and, while the
            payment waits to be confirmed, confirm_url; once paid, receipt.
        fresh: False when the bank, where the state may have changed, was to be asked and did not answer.
        step: grows with every change of state; who was told of a case at one step knows all before it.
        again: of what was just handed in: the very same was there already, so nothing new was registered.
    """

    id: str
    kind: CaseKind
    state: CaseState
    summary: str
    amount_fen: int
    created_at: datetime
    history: tuple[CaseEvent, ...]
    details: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    fresh: bool = True
    again: bool = False
    step: int = 0

    @property
    def state_text(self) -> str:
        """The state in plain Chinese."""
        return self.state.text

    @property
    def note(self) -> str:
        """The newest line of the history, plain Chinese (why the bank refused, what to do next)."""
        return self.history[-1].note

    def as_json(self) -> dict[str, object]:
        """The case as the command line and HTTP show it (times in ISO 8601)."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state.value,
            "state_text": self.state_text,
            "summary": self.summary,
            "amount_fen": self.amount_fen,
            "created_at": self.created_at.isoformat(),
            "history": [
                {
                    "at": e.at.isoformat(),
                    "state": e.state.value,
                    "state_text": e.state.text,
                    "who": e.who,
                    "note": e.note,
                }
                for e in self.history
            ],
            "details": dict(self.details),
            "flags": [{"at": f.at.isoformat(), "kind": f.kind, "note": f.note} for f in self.flags],
        }


@dataclass(frozen=True)
class EarlierCase:
    """What its owner said in an earlier case, unmasked: for filling the same in again, never for showing.

    Attributes:
        said: loans: amount_fen, purpose, crop_or_livestock, area_mu, term_months, name, phone, village.
            Bills: amount_fen, bill_type, account.
    """

    kind: CaseKind
    created_at: datetime
    said: Mapping[str, Any]


class CaseBook:
    """Reads cases. Every answer but :meth:`earlier` is masked.

    Args:
        ledger: where they are.
        news: asks the bank what became of a case and records it (``Delivery.news``); without it cases are told as
            they were last known.
        patience_s: how long the bank is waited for.
    """

    def __init__(
        self, ledger: Ledger, news: Callable[[str], Awaitable[bool]] | None = None, patience_s: float = 2.0
    ) -> None:
        self._ledger = ledger
        self._news = news
        self._patience = patience_s

    async def get(self, case_id: str, sender: str | None = None) -> Case | None:
        """The case with this number; None when there is none (or, with ``sender``, none of that sender)."""
        return await self._asked(await asyncio.to_thread(self._ledger.case, case_id, sender))

    async def list(self, sender: str | None = None, limit: int = 50) -> list[Case]:
        """Cases as last known, newest first, of one sender or of all."""
        return await asyncio.to_thread(self._ledger.cases, sender, limit)

    async def latest(self, sender: str, kind: CaseKind | None = None) -> Case | None:
        """The sender's newest case, or the newest of a kind."""
        found = await self.list(sender, 50 if kind else 1)
        return await self._asked(next((case for case in found if kind in (None, case.kind)), None))

    async def others_open(self, sender: str, case_id: str) -> Sequence[Case]:
        """The sender's cases beside that one which are not over, newest first, as last known."""
        return [case for case in await self.list(sender) if not case.state.final and case.id != case_id]

    async def earlier(self, sender: str, kind: CaseKind, limit: int = 5) -> Sequence[EarlierCase]:
        """What the sender said in earlier cases of ``kind``, newest first; only ever the sender's own."""
        from actions.ledger.earlier import earlier_cases  # the ledger knows cases, not the other way round

        return await asyncio.to_thread(earlier_cases, self._ledger, sender, kind, limit)

    async def made_by(self, key: str) -> Case | None:
        """The case that was registered under this idempotency key."""
        return await self._asked(await asyncio.to_thread(self._ledger.case_of_key, key))

    async def drop_key(self, key: str) -> Case | None:
        """Nothing will be registered under ``key`` any more; the case, if one was already.

        Raises:
            LedgerUnavailable: it is not certain which was first.
        """
        made = await asyncio.to_thread(self._ledger.drop_key, key)
        return None if made is None else await self.get(made)

    async def _asked(self, case: Case | None) -> Case | None:
        if case is None or case.state.final or self._news is None:
            return case
        try:
            async with asyncio.timeout(self._patience):
                await self._news(case.id)
        except (BankError, TimeoutError):
            return replace(case, fresh=False)
        # Also when nothing was new: the bank's own message may have come in between, and told the ledger first.
        return await asyncio.to_thread(self._ledger.case, case.id)
