"""Rows of the ledger as masked :class:`~actions.cases.Case` objects."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from actions.bills import BILL_NAMES
from actions.cases import Case, CaseEvent, CaseState, Flag
from actions.ledger.masking import mask_digits, mask_name, yuan
from actions.ledger.models import CaseRow, EventRow, FlagRow, LoanRow, PaymentRow, PlotRow
from actions.ledger.vault import Vault


def read_cases(session: Session, vault: Vault, rows: Sequence[CaseRow]) -> list[Case]:
    """The cases of ``rows``, in their order, with six queries however many they are."""
    ids = [row.id for row in rows]
    history: dict[str, list[CaseEvent]] = defaultdict(list)
    steps: dict[tuple[str, str], int] = {}  # the line of history with which a state began
    for event in session.scalars(select(EventRow).where(EventRow.case_id.in_(ids)).order_by(EventRow.id)):
        steps.setdefault((event.case_id, event.state), event.id)
        history[event.case_id].append(
            CaseEvent(event.at, CaseState(event.state), event.who, event.note)  # type: ignore[arg-type]
        )
    loans = {row.case_id: row for row in session.scalars(select(LoanRow).where(LoanRow.case_id.in_(ids)))}
    payments = {row.case_id: row for row in session.scalars(select(PaymentRow).where(PaymentRow.case_id.in_(ids)))}
    drawn = set(session.scalars(select(PlotRow.case_id).where(PlotRow.case_id.in_([*loans]))))
    flags: dict[str, list[Flag]] = defaultdict(list)
    for flag in session.scalars(select(FlagRow).where(FlagRow.case_id.in_(ids)).order_by(FlagRow.id)):
        flags[flag.case_id].append(Flag(flag.at, flag.kind, flag.note))
    cases = []
    for row in rows:
        if row.kind == "loan":
            details = _loan(vault, loans[row.id])
            if row.id in drawn:
                details["plot"] = "有地块图"
            summary = f"申请贷款{yuan(row.amount_fen)}，用于{details['purpose']}"
        else:
            details = _payment(vault, row, payments[row.id])
            summary = f"缴{details['bill_name']}{yuan(row.amount_fen)}，户号{details['account']}"
        cases.append(
            Case(
                id=row.id,
                kind="loan" if row.kind == "loan" else "bill",
                state=CaseState(row.state),
                summary=summary,
                amount_fen=row.amount_fen,
                created_at=row.created_at,
                history=tuple(history[row.id]),
                details=details,
                flags=tuple(flags[row.id]),
                step=steps.get((row.id, row.state), 0),
            )
        )
    return cases


def _loan(vault: Vault, loan: LoanRow) -> dict[str, str]:
    place = loan.case_id
    details = {
        "purpose": vault.open(loan.purpose_sealed, f"{place}/purpose"),
        "term_months": str(loan.term_months),
        "name": mask_name(vault.open(loan.name_sealed, f"{place}/name")),
        "phone": mask_digits(vault.open(loan.phone_sealed, f"{place}/phone")),
        "village": mask_name(vault.open(loan.village_sealed, f"{place}/village")),
        "region": loan.region,
    }
    if loan.crop_or_livestock:
        details["crop_or_livestock"] = loan.crop_or_livestock
    if loan.area_mu is not None:
        details["area_mu"] = loan.area_mu
    return details


def _payment(vault: Vault, row: CaseRow, payment: PaymentRow) -> dict[str, str]:
    details = {
        "bill_type": payment.bill_type,
        "bill_name": BILL_NAMES.get(payment.bill_type, payment.bill_type),
        "account": mask_digits(vault.open(payment.account_sealed, f"{row.id}/account")),
        "holder": payment.holder,
        "period": payment.period,
        "company": payment.company,
    }
    if payment.sample:
        details["sample"] = "样例账单，不是真钱"
    if row.confirm_url_sealed:
        details["confirm_url"] = vault.open(row.confirm_url_sealed, f"{row.id}/confirm_url")
    if row.receipt:
        details["receipt"] = row.receipt
    return details
