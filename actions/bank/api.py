"""What any bank must offer: another bank is another class with these methods.

The outcome of a request is one of four, and the caller must tell them apart: an answer, a refusal
(:class:`BankRefused`), certainly not arrived (:class:`BankUnreachable`), or unknown
(:class:`BankOutcomeUnknown`), which only a query can settle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

BankStatus = Literal["in_review", "approved", "declined", "withdrawn", "awaiting_confirmation", "completed", "expired"]
OrderKind = Literal["loan", "bill"]
RequestKind = Literal["loan", "bill", "change", "withdraw"]
"""What is sent to the bank; the last two concern an application it has."""


class BankError(Exception):
    """The bank did not do what was asked; ``code`` is stable and goes to logs."""

    code = "bank_error"

    def __init__(self, code: str | None = None) -> None:
        if code is not None:
            self.code = code
        super().__init__(self.code)


class BankUnreachable(BankError):
    """No connection: the request certainly did not arrive."""

    code = "bank_unreachable"


class BankOutcomeUnknown(BankError):
    """The request may have been carried out: no answer, a broken one, or a server error."""

    code = "bank_outcome_unknown"


class BankNotAuthorised(BankError):
    """The bank does not accept our signature or key; a person must look at the settings."""

    code = "bank_not_authorised"


class BankNeedsStaff(BankError):
    """Repeating cannot help; a person must look at it."""

    code = "bank_needs_staff"


class BankKeyConflict(BankNeedsStaff):
    """The bank knows the idempotency key with another body."""

    code = "bank_key_conflict"


class BankRequestInvalid(BankNeedsStaff):
    """The bank says our request does not follow its description."""

    code = "bank_request_invalid"


class BankRefused(BankError):
    """The bank understood and refused, for good. ``message`` is plain Chinese for the user."""

    code = "bank_refused"

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.message = message


@dataclass(frozen=True)
class BankBill:
    """A bill at the bank. ``due_fen`` is 0 when nothing is due; ``paid`` when this period was paid."""

    bill_id: str
    bill_type: str
    account: str
    holder: str
    due_fen: int
    paid: bool
    period: str
    company: str
    due_on: date | None
    sample: bool
    partial_from_fen: int | None = None
    """The least that may be paid on its own; None: only the whole."""


@dataclass(frozen=True)
class PaymentOrder:
    """A payment to start; the bank takes no money before the payer confirmed on its page."""

    client_ref: str
    bill_id: str
    account: str
    amount_fen: int
    due_fen: int | None = None
    """What the payer saw as due: more than ``amount_fen`` for a part. The bank refuses when it is no longer so."""


@dataclass(frozen=True)
class LoanOrder:
    """An application to hand to the bank's people."""

    client_ref: str
    amount_fen: int
    purpose: str
    crop_or_livestock: str | None
    area_mu: str | None
    term_months: int
    name: str
    phone: str
    village: str
    region: str
    consent_at: str
    """ISO 8601 time of the applicant's consent."""
    credit_consent_at: str | None = None
    """The same of the separate consent to a credit inquiry; None: not given, so nobody may inquire."""
    plot: str | None = None
    """Outline of the plot, a GeoJSON polygon."""


@dataclass(frozen=True)
class LoanChange:
    """What the applicant wants changed in an application under review; None: as it is."""

    client_ref: str
    amount_fen: int | None = None
    term_months: int | None = None
    phone: str | None = None


@dataclass(frozen=True)
class LoanWithdrawal:
    """The applicant takes an application back."""

    client_ref: str


@dataclass(frozen=True)
class BankRecord:
    """What the bank has on record for one idempotency key.

    Attributes:
        ref: the bank's number.
        confirm_url: page on which the payer confirms; only while ``awaiting_confirmation``.
        receipt: receipt number once ``completed``.
        days: working days until its people answer, as the bank states it.
    """

    ref: str
    status: BankStatus
    confirm_url: str | None = None
    receipt: str | None = None
    days: int | None = None


class BankApi(Protocol):
    """A bank. Every method may raise the errors above."""

    async def look_up_bill(self, bill_type: str, account: str) -> BankBill:
        """The bill of an account. Raises ``BankRefused("account_not_found", ...)``."""
        ...

    async def start_payment(self, order: PaymentOrder, key: str) -> BankRecord:
        """Start a payment, once per key."""
        ...

    async def submit_loan(self, order: LoanOrder, key: str) -> BankRecord:
        """Hand an application over, once per key."""
        ...

    async def change_loan(self, change: LoanChange, key: str) -> BankRecord:
        """Change an application under review, once per key; repeating it is safe.

        Raises ``BankRefused("already_decided", ...)``.
        """
        ...

    async def withdraw_loan(self, withdrawal: LoanWithdrawal, key: str) -> BankRecord:
        """Take an application back, once per key; refusals as :meth:`change_loan`."""
        ...

    async def find(self, kind: OrderKind, key: str) -> BankRecord | None:
        """What became of the request with this key; None when the bank never got it."""
        ...

    async def ready(self) -> bool:
        """Whether the bank answers."""
        ...
