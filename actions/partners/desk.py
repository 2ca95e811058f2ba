"""What partners may ask for: start an application, read where it stands. Only their own, and masked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from actions.cases import Case, CaseBook
from actions.ledger.ledger import Ledger
from actions.ledger.models import PartnerCaseRow
from actions.loans import LoanApplication, LoanService
from actions.partners.book import Partner, PartnerBook, PartnerError
from actions.partners.schema import ApplicationBody, Plot
from actions.plots import PlotInvalid, outline

CLOCKS_DIFFER = timedelta(minutes=5)


class RequestInvalid(PartnerError):
    """The body does not follow the description; names the fields."""

    code = "bad_request"


class NotTheirs(PartnerError):
    """No such application of this partner."""

    code = "case_not_found"
    message = "没有这个编号的申请。"


@dataclass(frozen=True)
class Theirs:
    """A partner's application: its own reference, and the case."""

    reference: str
    case: Case

    def whole(self) -> dict[str, Any]:
        """With masked details."""
        return {"reference": self.reference, **self.case.as_json()}

    def progress(self) -> dict[str, Any]:
        """Where it stands, without any detail of the applicant."""
        shown = self.case.as_json()
        kept = ("id", "kind", "state", "state_text", "created_at", "history")
        return {"reference": self.reference, **{name: shown[name] for name in kept}}


def read_application(raw: bytes) -> ApplicationBody:
    """The body of a request.

    Raises:
        RequestInvalid: names the fields that are wrong.
    """
    try:
        body = ApplicationBody.model_validate_json(raw)
    except ValidationError as error:
        # Never the values: they are somebody's.
        fields = "、".join(sorted({".".join(map(str, item["loc"])) or "JSON" for item in error.errors()}))
        raise RequestInvalid(f"请求的格式不对：{fields[:300]}。") from None
    if body.consent.given_at > datetime.now(UTC) + CLOCKS_DIFFER:
        raise RequestInvalid("请求的格式不对：consent.given_at。")
    if body.plot is not None:
        _outline(body.plot)
    return body


def _outline(plot: Plot) -> str:
    """As the chat's plots are written, and refused where they would be (open, outside China, too large)."""
    try:
        return outline(plot.model_dump_json())
    except PlotInvalid:
        raise RequestInvalid("请求的格式不对：plot.coordinates。") from None


class PartnerDesk:
    """Serves partners.

    Args:
        ledger: where cases are.
        book: whose cases they are.
        loans: registers applications and hands them on.
        cases: reads them.
    """

    def __init__(self, ledger: Ledger, book: PartnerBook, loans: LoanService, cases: CaseBook) -> None:
        self._ledger = ledger
        self._book = book
        self._loans = loans
        self._cases = cases

    async def start(self, partner: Partner, body: ApplicationBody, key: str) -> Theirs:
        """Register an application; the same key gives the same one.

        Raises:
            KeyReused: the partner used the key before with another body.
            LoanError: a field is out of range.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """
        application = LoanApplication(
            sender=f"partner:{partner.id}:{body.reference}",
            amount_fen=body.amount_fen,
            purpose=body.purpose,
            crop_or_livestock=body.crop_or_livestock,
            area_mu=None if body.area_mu is None else Decimal(body.area_mu),
            term_months=body.term_months,
            name=body.applicant.name,
            phone=body.applicant.phone,
            village=body.applicant.village,
            region=body.region,
            consent=body.consent.data_to_bank,
            plot=None if body.plot is None else _outline(body.plot),
        )

        def theirs(session: Session, case_id: str, now: datetime) -> None:
            seal = self._ledger.vault.seal
            session.add(
                PartnerCaseRow(
                    case_id=case_id,
                    partner_id=partner.id,
                    created_at=now,
                    reference_sealed=seal(body.reference, f"{case_id}/reference"),
                )
            )

        case = await self._loans.submit(application, f"partner:{partner.id}:{key}", also=theirs)
        return Theirs(body.reference, case)

    async def show(self, partner: Partner, case_id: str) -> Theirs:
        """One application, asked of the bank where it may have changed.

        Raises:
            NotTheirs: no such application of this partner.
        """
        reference = await asyncio.to_thread(self._book.reference, partner, case_id)
        case = await self._cases.get(case_id) if reference is not None else None
        if reference is None or case is None:
            raise NotTheirs
        return Theirs(reference, case)

    async def list(self, partner: Partner, limit: int) -> list[Theirs]:
        """The partner's applications, newest first, as last known."""
        return [Theirs(*found) for found in await asyncio.to_thread(self._book.cases, partner, limit)]
