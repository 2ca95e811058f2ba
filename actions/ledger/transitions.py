"""How a case may move from state to state: guarded updates, each with its line of history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import uuid4

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from actions.bank.api import BankRecord
from actions.cases import CaseState as S
from actions.ledger.models import CaseRow, EventRow, NewsRow, PartnerCaseRow, PartnerHookRow, PartnerRow, PaymentRow
from actions.ledger.vault import Vault

Who = Literal["user", "assistant", "bank", "staff"]

COMES_FROM: Mapping[S, frozenset[S]] = {
    S.CHECKING: frozenset({S.WAITING}),
    S.IN_REVIEW: frozenset({S.WAITING, S.CHECKING}),
    S.AWAITING_CONFIRMATION: frozenset({S.WAITING, S.CHECKING}),
    S.COMPLETED: frozenset({S.WAITING, S.CHECKING, S.AWAITING_CONFIRMATION}),
    S.APPROVED: frozenset({S.WAITING, S.CHECKING, S.IN_REVIEW}),
    S.DECLINED: frozenset({S.WAITING, S.CHECKING, S.IN_REVIEW}),
    S.WITHDRAWN: frozenset({S.WAITING, S.CHECKING, S.IN_REVIEW}),
    S.REJECTED: frozenset({S.WAITING, S.CHECKING}),
    S.EXPIRED: frozenset({S.WAITING, S.CHECKING, S.AWAITING_CONFIRMATION}),
    S.NEEDS_STAFF: frozenset({S.WAITING, S.CHECKING, S.IN_REVIEW, S.AWAITING_CONFIRMATION}),
}
"""For each state, the states it may be reached from; none leads back, none leaves a final state."""


def advance(session: Session, case_id: str, to: S, who: Who, note: str, now: datetime, **columns: Any) -> bool:
    """Move a case on, if it is where it may come from; False (and nothing changed) otherwise."""
    result = session.execute(
        update(CaseRow)
        .where(CaseRow.id == case_id, CaseRow.state.in_([s.value for s in COMES_FROM[to]]))
        .values(state=to.value, updated_at=now, **columns)
        .execution_options(synchronize_session=False)
    )
    assert isinstance(result, CursorResult)
    if result.rowcount != 1:
        return False
    event = EventRow(case_id=case_id, at=now, state=to.value, who=who, note=note)
    session.add(event)
    if to.final:  # another payment of the same bill may be started
        session.execute(
            update(PaymentRow)
            .where(PaymentRow.case_id == case_id)
            .values(open_bill=None)
            .execution_options(synchronize_session=False)
        )
    session.flush()  # the number of its line of history
    _owe_news(session, event)
    return True


def _owe_news(session: Session, event: EventRow) -> None:
    """A partner's case: the partner is to hear of it (``actions/partners/hooks.py`` delivers), else its own sender
    (``actions/news.py``), unless they did it themselves, know nothing new by it, or asked to be forgotten."""
    partner = session.execute(
        select(PartnerRow.id, PartnerRow.webhook_url)
        .join(PartnerCaseRow, PartnerCaseRow.partner_id == PartnerRow.id)
        .where(PartnerCaseRow.case_id == event.case_id)
    ).one_or_none()
    owed = {"case_id": event.case_id, "at": event.at, "state": "pending", "next_attempt_at": event.at}
    if partner is not None:
        if partner.webhook_url is not None:
            session.add(PartnerHookRow(delivery_id=uuid4().hex, partner_id=partner.id, case_state=event.state, **owed))
    elif event.who != "user" and event.state != S.CHECKING.value and not _quiet(session, event.case_id):
        session.add(NewsRow(event_id=event.id, **owed))


def _quiet(session: Session, case_id: str) -> bool:
    return session.scalar(select(CaseRow.quiet).where(CaseRow.id == case_id)) is True


def apply_bank_record(
    session: Session, vault: Vault, case_id: str, record: BankRecord, now: datetime, next_check: datetime
) -> bool:
    """Record what the bank reports; False when the case stands there already (or further on)."""
    to = S(record.status)
    url = record.confirm_url if to is S.AWAITING_CONFIRMATION else None
    return advance(
        session,
        case_id,
        to,
        "bank",
        _note(record, to),
        now,
        bank_ref=record.ref,
        receipt=record.receipt,
        confirm_url_sealed=vault.seal(url, f"{case_id}/confirm_url") if url else None,
        next_check_at=None if to.final else next_check,
        checks=0,
    )


def _note(record: BankRecord, to: S) -> str:
    if to is S.IN_REVIEW:
        days = f"，一般{record.days}个工作日内给您答复" if record.days else ""
        return f"银行收到了申请，由工作人员审核{days}。"
    if to is S.COMPLETED:
        return f"您已在银行页面确认，缴费成功，收据号{record.receipt}。" if record.receipt else "缴费成功。"
    return {
        S.AWAITING_CONFIRMATION: "银行已备好付款页面，要您本人打开确认，确认以前不会扣钱。",
        S.EXPIRED: "过了确认时间，这笔没有扣钱，要缴请重新办一次。",
        S.WITHDRAWN: "申请已经撤回，银行不再审核。",
        S.APPROVED: "银行工作人员审核通过，请等银行联系您。",
        S.DECLINED: "银行工作人员审核没有通过，您可以向银行问原因。",
    }[to]
