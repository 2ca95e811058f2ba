"""Bills: looked up live at the bank, paid by the user's own confirmation on the bank's page."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from actions.bank.api import BankError, BankRefused
from actions.cases import Case
from actions.errors import ActionsError
from actions.ledger.masking import yuan

if TYPE_CHECKING:
    from actions.bank.api import BankApi
    from actions.delivery import Delivery
    from actions.ledger.ledger import Ledger

BILL_NAMES = {
    "electricity": "电费",
    "water": "水费",
    "gas": "燃气费",
    "phone": "话费",
    "cable_tv": "有线电视费",
    "medical_insurance": "城乡居民医保费",
    "pension": "城乡居民养老保险费",
}
"""Kinds of bills and their spoken names."""


class BillError(ActionsError):
    """The bill cannot be looked up or paid; ``message`` may be said to the user."""

    code = "bill_error"
    message = "账单没有查到。"


class BillKindUnknown(BillError):
    """Not one of :data:`BILL_NAMES`."""

    code = "bill_kind_unknown"
    message = "这种账单我还不会查。"


class AccountInvalid(BillError):
    """The account number cannot be one (letters, too short, too long)."""

    code = "account_invalid"
    message = "这个号码不对，应该是5到20位数字。"


class AccountNotFound(BillError):
    """The bank knows no such account."""

    code = "account_not_found"
    message = "银行那边没有查到这个号码，请您核对一下。要是号码没错，就说转人工，让人帮您查。"


class NothingDue(BillError):
    """Nothing to pay on this account."""

    code = "nothing_due"
    message = "这个号码现在不欠费，不用交。"


class AlreadyPaid(BillError):
    """The current bill of this account was paid already."""

    code = "already_paid"
    message = "这个号码这一期已经交过了，不用再交。"


class NoPart(BillError):
    """The part that was to be paid is none the bank takes."""

    code = "part_not_taken"
    message = "这种费要一次交清。"


class AmountChanged(BillError):
    """Something else is due than was looked up; ``bill`` is what is due now."""

    code = "amount_changed"
    message = "账单金额变了。"

    def __init__(self, bill: Bill) -> None:
        super().__init__()
        self.bill = bill


class AlreadyOpen(BillError):
    """A payment of this bill waits already, so no second one was started; ``case`` is the sender's own, else None."""

    code = "already_open"
    message = "这张账单已经有人开了交费单，正等着确认付款，没有再开。等那一笔付完了，或者过期了，再来看。"

    def __init__(self, case: Case | None) -> None:
        super().__init__()
        self.case = case


class BankUnavailable(BillError):
    """The bank could not be asked."""

    code = "bank_unavailable"
    message = "现在连不上银行，账单查不了，请过一会儿再试。"


@dataclass(frozen=True)
class Bill:
    """One bill as the bank shows it.

    Attributes:
        bill_type: a key of :data:`BILL_NAMES`.
        account: digits.
        holder: masked by the bank, e.g. ``王*``.
        amount_fen: what is due, integer fen, positive.
        period: what it is for, e.g. ``2026年10月``.
        sample: a marked sample of the sandbox bank, not real money.
    """

    bill_id: str
    bill_type: str
    account: str
    holder: str
    amount_fen: int
    period: str
    company: str
    due_on: date | None
    sample: bool
    partial_from_fen: int | None = None
    """The least that may be paid on its own; None: only the whole."""

    @property
    def name(self) -> str:
        """The spoken name of its kind."""
        return BILL_NAMES[self.bill_type]


class BillService:
    """Looks bills up and starts their payment exactly once."""

    def __init__(self, ledger: Ledger, delivery: Delivery, bank: BankApi) -> None:
        self._ledger = ledger
        self._delivery = delivery
        self._bank = bank
        from actions.watch import Watch  # it needs this module's bills

        self._watch = Watch(ledger)

    async def look_up(self, bill_type: str, account: str) -> Bill:
        """Ask the bank for what is due on an account.

        Raises:
            BillKindUnknown, AccountInvalid, AccountNotFound, NothingDue, AlreadyPaid, BankUnavailable.
        """
        if bill_type not in BILL_NAMES:
            raise BillKindUnknown
        if not (account.isascii() and account.isdigit() and 5 <= len(account) <= 20):
            raise AccountInvalid
        try:
            found = await self._bank.look_up_bill(bill_type, account)
        except BankRefused as refusal:
            if refusal.code == "account_not_found":
                raise AccountNotFound from refusal
            raise BillError(refusal.message, code=refusal.code) from refusal
        except BankError as error:
            raise BankUnavailable(code=error.code) from error
        if found.paid:
            raise AlreadyPaid
        if found.due_fen <= 0:
            raise NothingDue
        return Bill(
            bill_id=found.bill_id,
            bill_type=bill_type,
            account=account,
            holder=found.holder,
            amount_fen=found.due_fen,
            period=found.period,
            company=found.company,
            due_on=found.due_on,
            sample=found.sample,
            partial_from_fen=found.partial_from_fen,
        )

    async def pay(
        self, bill: Bill, sender: str, key: str, part_fen: int | None = None, signs: tuple[str, ...] = ()
    ) -> Case:
        """Start the payment of a bill that was looked up and confirmed by the user.

        The bill is looked up again first, so that nobody pays what is no longer due.

        No money moves here: the bank gives a page (``details["confirm_url"]``) on which the user confirms.
        A refusal of the bank (paid already, amount changed) comes as a case in state ``rejected`` with the
        reason in ``case.note``.

        Args:
            bill: as returned by :meth:`look_up`.
            sender: who asked, as the channel names them.
            key: idempotency key; the same key returns the same case.
            part_fen: what is to be paid now, where the bank takes a part (:meth:`part_of`).
            signs: signs of fraud in the conversation after which the user went on, for staff.

        Raises:
            AmountChanged, NothingDue, AlreadyPaid, NoPart: nothing was started.
            AlreadyOpen: another payment of this bill is open; nothing was started.
            KeyReused: the key came before with another bill or amount.
            LedgerUnavailable: it is not certain that it was stored; the same key finds out.
        """
        paid_fen = self.part_of(bill, part_fen)
        if await asyncio.to_thread(self._ledger.case_of_key, key) is None:
            await self._refresh(bill.bill_id)
            with contextlib.suppress(BankUnavailable):  # then the payment waits, and the bank looks when it starts it
                now_due = await self.look_up(bill.bill_type, bill.account)
                if (now_due.bill_id, now_due.amount_fen) != (bill.bill_id, bill.amount_fen):
                    raise AmountChanged(now_due)
        case_id = await asyncio.to_thread(self._register, bill, sender, key, signs, paid_fen)
        mine = await asyncio.to_thread(self._ledger.case_of_key, key)
        if mine is None or mine.id != case_id:
            raise AlreadyOpen(await asyncio.to_thread(self._ledger.case, case_id, sender))
        return await self._delivery.hurry(case_id)

    @staticmethod
    def part_of(bill: Bill, part_fen: int | None) -> int:
        """What is paid: all of it, or the part that is wanted.

        Raises:
            NoPart: the bank takes no such part of this bill.
        """
        if part_fen is None or part_fen == bill.amount_fen:
            return bill.amount_fen
        if bill.partial_from_fen is None:
            raise NoPart
        if not bill.partial_from_fen <= part_fen < bill.amount_fen:
            least, most = yuan(bill.partial_from_fen), yuan(bill.amount_fen)
            raise NoPart(f"这种费可以先交一部分，最少{least}，最多{most}。")
        return part_fen

    async def _refresh(self, bill_id: str) -> None:
        """A payment of this bill that is still called open may be over at the bank."""
        case_id = await asyncio.to_thread(self._ledger.open_payment, bill_id)
        if case_id is not None:
            with contextlib.suppress(BankError):
                await self._delivery.news(case_id)

    def _register(self, bill: Bill, sender: str, key: str, signs: tuple[str, ...], paid_fen: int) -> str:
        flags = [*self._watch.payment(bill, sender, paid_fen), *(("fraud_sign", sign) for sign in signs)]
        return self._ledger.register_payment(bill, sender, key, flags, paid_fen)
