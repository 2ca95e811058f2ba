"""Loan applications: checked, given a number, handed on to the bank's people, never decided here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from actions.cases import Case
from actions.errors import ActionsError

if TYPE_CHECKING:
    from actions.delivery import Delivery
    from actions.ledger.ledger import Ledger


MOST_FEN = 10_000_000_000
"""One hundred million yuan: beyond it the amount was certainly heard wrongly."""


class LoanError(ActionsError):
    """The application cannot be registered as it is."""

    code = "loan_error"
    message = "这份贷款申请没有登记上。"


class ConsentMissing(LoanError):
    """The applicant did not agree that the data go to the bank."""

    code = "consent_missing"
    message = "您还没有同意把申请资料交给银行，所以没有提交。"


class ApplicationInvalid(LoanError):
    """A field is missing or out of range."""

    code = "application_invalid"


@dataclass(frozen=True)
class LoanApplication:
    """What the applicant said and confirmed.

    Attributes:
        sender: who asked, as the channel names them.
        amount_fen: integer fen, positive.
        area_mu: only for crops.
        term_months: 1 to 360.
        consent: the applicant's yes to handing these data to the bank.
    """

    sender: str
    amount_fen: int
    purpose: str
    crop_or_livestock: str | None
    area_mu: Decimal | None
    term_months: int
    name: str
    phone: str
    village: str
    region: str
    consent: bool


class LoanService:
    """Registers loan applications and has them delivered to the bank exactly once."""

    def __init__(self, ledger: Ledger, delivery: Delivery) -> None:
        self._ledger = ledger
        self._delivery = delivery

    async def submit(self, application: LoanApplication, key: str) -> Case:
        """Register the application and hand it on.

        The case exists when this returns. Its state says truthfully how far it got: ``waiting_for_bank``
        while the bank cannot be reached, ``in_review`` once the bank has it.

        Args:
            application: what was collected and confirmed.
            key: idempotency key; the same key returns the same case.

        Raises:
            ConsentMissing, ApplicationInvalid: nothing was stored.
            KeyReused: the key came before with another application.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """
        _check(application)
        case_id = await asyncio.to_thread(self._ledger.register_loan, application, key)
        return await self._delivery.hurry(case_id)


def _check(application: LoanApplication) -> None:
    if application.consent is not True:
        raise ConsentMissing
    if not 0 < application.amount_fen <= MOST_FEN:
        raise ApplicationInvalid("贷款金额不对，请再说一遍要贷多少钱。", code="amount_out_of_range")
    if not 1 <= application.term_months <= 360:
        raise ApplicationInvalid("贷款期限不对，请再说一遍要贷多久。", code="term_out_of_range")
    area = application.area_mu
    if area is not None and not (area.is_finite() and 0 < area < 1_000_000):
        raise ApplicationInvalid("亩数不对，请再说一遍种多少亩。", code="area_out_of_range")
    if not (application.phone.isascii() and application.phone.isdigit() and 5 <= len(application.phone) <= 15):
        raise ApplicationInvalid("电话号码不对，请再说一遍。", code="phone_invalid")
    for text in (application.crop_or_livestock or "", application.region):
        if len(text) > 64 or not text.isprintable():
            raise ApplicationInvalid("种养的品种没有听清，请再说一遍。", code="field_invalid")
    for text, name in (
        (application.purpose, "用途"),
        (application.name, "姓名"),
        (application.village, "村名"),
    ):
        if not 0 < len(text.strip()) <= 200:
            raise ApplicationInvalid(f"{name}没有填好，请再说一遍。", code="field_missing")
