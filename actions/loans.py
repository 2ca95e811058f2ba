"""Loan applications: checked, given a number, handed on to the bank's people, never decided here."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from actions.cases import Case, CaseState
from actions.errors import ActionsError

if TYPE_CHECKING:
    from actions.bank.api import LoanChange
    from actions.delivery import Delivery
    from actions.ledger.ledger import Also, Ledger


MOST_FEN = 10_000_000_000
"""One hundred million yuan: beyond it the amount was certainly heard wrongly."""


OPEN = (CaseState.WAITING, CaseState.CHECKING, CaseState.IN_REVIEW)
"""States in which an application may still be changed or taken back."""


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


class NotOpen(LoanError):
    """No application of this applicant that may still be changed or taken back."""

    code = "application_not_open"
    message = "这份申请已经改不了、撤不了了。"


@dataclass(frozen=True)
class LoanApplication:
    """What the applicant said and confirmed.

    Attributes:
        sender: who asked, as the channel names them.
        amount_fen: integer fen, positive.
        area_mu: only for crops.
        term_months: 1 to 360.
        consent: the applicant's yes to handing these data to the bank.
        credit_consent: their separate yes to a credit inquiry; without it nobody may inquire.
        signs: signs of fraud in the conversation after which the applicant went on, for staff.
        plot: outline of the plot as :func:`actions.plots.outline` gives it.
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
    credit_consent: bool = False
    plot: str | None = None
    signs: tuple[str, ...] = ()


class LoanService:
    """Registers loan applications and has them delivered to the bank exactly once."""

    def __init__(self, ledger: Ledger, delivery: Delivery) -> None:
        self._ledger = ledger
        self._delivery = delivery
        from actions.ledger.requests import LoanRequests  # it needs this module's errors
        from actions.watch import Watch

        self._requests = LoanRequests(ledger)
        self._watch = Watch(ledger)

    async def open_case(self, sender: str) -> Case | None:
        """The sender's newest application that may still be changed or taken back."""
        cases = await asyncio.to_thread(self._ledger.cases, sender, 50)
        return next((case for case in cases if case.kind == "loan" and case.state in OPEN), None)

    async def withdraw(self, case_id: str, sender: str, key: str) -> Case:
        """Take an application back; its newest line of history says how far that got.

        Raises:
            NotOpen: none of this sender's, or it is decided already.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """
        await asyncio.to_thread(self._requests.withdraw, case_id, sender, key)
        return await self._after(case_id)

    async def change(self, case_id: str, sender: str, change: LoanChange, key: str) -> Case:
        """Have an application changed; as :meth:`withdraw`.

        Raises:
            ApplicationInvalid: nothing to change, or out of range.
            NotOpen, KeyReused, LedgerUnavailable: as above.
        """
        _check_change(change)
        await asyncio.to_thread(self._requests.change, case_id, sender, change, key)
        return await self._after(case_id)

    def _register(self, application: LoanApplication, key: str, also: Also | None) -> str:
        flags = [*self._watch.loan(application), *(("fraud_sign", sign) for sign in application.signs)]
        return self._ledger.register_loan(application, key, flags, also, once=also is None)

    async def _after(self, case_id: str) -> Case:
        case = await self._delivery.case(case_id)
        return case if case.state.final else await self._delivery.nudge(case_id)

    async def submit(self, application: LoanApplication, key: str, also: Also | None = None) -> Case:
        """Register the application and hand it on.

        The case exists when this returns. Its state says truthfully how far it got: ``waiting_for_bank``
        while the bank cannot be reached, ``in_review`` once the bank has it. The very same said again within a day,
        while the first is open, is that one (``again``): who was cut off before the answer says everything once more.

        Args:
            application: what was collected and confirmed.
            key: idempotency key; the same key returns the same case.
            also: adds rows of its own in the transaction that makes the case, which is always a new one then.

        Raises:
            ConsentMissing, ApplicationInvalid: nothing was stored.
            KeyReused: the key came before with another application.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """
        _check(application)
        case_id = await asyncio.to_thread(self._register, application, key, also)
        mine = await asyncio.to_thread(self._ledger.case_of_key, key)
        return replace(await self._delivery.hurry(case_id), again=mine is None or mine.id != case_id)


def _check_change(change: LoanChange) -> None:
    if change.amount_fen is None and change.term_months is None and change.phone is None:
        raise ApplicationInvalid("没有听出要改什么。", code="nothing_to_change")
    _check_figures(change.amount_fen, change.term_months, change.phone)


def _check_figures(amount_fen: int | None, term_months: int | None, phone: str | None) -> None:
    if amount_fen is not None and not 0 < amount_fen <= MOST_FEN:
        raise ApplicationInvalid("贷款金额不对，请再说一遍要贷多少钱。", code="amount_out_of_range")
    if term_months is not None and not 1 <= term_months <= 360:
        raise ApplicationInvalid("贷款期限不对，请再说一遍要贷多久。", code="term_out_of_range")
    if phone is not None and not (phone.isascii() and phone.isdigit() and 5 <= len(phone) <= 15):
        raise ApplicationInvalid("电话号码不对，请再说一遍。", code="phone_invalid")


def _check(application: LoanApplication) -> None:
    if application.consent is not True:
        raise ConsentMissing
    _check_figures(application.amount_fen, application.term_months, application.phone)
    area = application.area_mu
    if area is not None and not (area.is_finite() and 0 < area < 1_000_000):
        raise ApplicationInvalid("亩数不对，请再说一遍种多少亩。", code="area_out_of_range")
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
