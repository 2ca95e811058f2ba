"""A circuit breaker around a bank: after several failures in a row nobody waits for a bank that is away.

Closed, every request goes through. After ``failures`` in a row it opens: requests are refused at once as
:class:`~actions.bank.api.BankUnreachable` (they certainly did not arrive). When the pause is over one request is let
through; if the bank answers, the circuit closes, if not, the pause doubles (M. Nygard, Release It!, 2007).
"""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from actions.bank.api import (
    BankApi,
    BankBill,
    BankError,
    BankNotAuthorised,
    BankOutcomeUnknown,
    BankRecord,
    BankUnreachable,
    LoanChange,
    LoanOrder,
    LoanWithdrawal,
    OrderKind,
    PaymentOrder,
)

T = TypeVar("T")

_BANK_IS_AWAY = (BankUnreachable, BankOutcomeUnknown, BankNotAuthorised)
"""A refusal is an answer: it closes the circuit."""


class CircuitOpen(BankUnreachable):
    """The bank failed too often just now; it was not asked."""

    code = "bank_circuit_open"


class Breaker:
    """:class:`~actions.bank.api.BankApi` that stops asking a bank that is away.

    Args:
        bank: who is asked.
        failures: in a row, until the circuit opens.
        pause_s: first pause; doubles up to ``longest_s``, each with a jitter of a quarter.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        bank: BankApi,
        *,
        failures: int = 5,
        pause_s: float = 2.0,
        longest_s: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bank = bank
        self._most = failures
        self._first = pause_s
        self._longest = longest_s
        self._clock = clock
        self._failed = 0
        self._pause = pause_s
        self._closed_at = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """Whether requests are refused or only one is let through."""
        return self._failed >= self._most

    def allowance(self, most: int) -> int:
        """How many of ``most`` requests may start now: all, one to try, or none."""
        if not self.open:
            return most
        return 0 if self._probing or self._clock() < self._closed_at else min(1, most)

    async def look_up_bill(self, bill_type: str, account: str) -> BankBill:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.look_up_bill(bill_type, account))

    async def start_payment(self, order: PaymentOrder, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.start_payment(order, key))

    async def submit_loan(self, order: LoanOrder, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.submit_loan(order, key))

    async def change_loan(self, change: LoanChange, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.change_loan(change, key))

    async def withdraw_loan(self, withdrawal: LoanWithdrawal, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.withdraw_loan(withdrawal, key))

    async def find(self, kind: OrderKind, key: str) -> BankRecord | None:
        """See :class:`~actions.bank.api.BankApi`."""
        return await self._through(lambda: self._bank.find(kind, key))

    async def ready(self) -> bool:
        """Asked whatever the circuit: it tells operators, not users."""
        return await self._bank.ready()

    async def _through(self, ask: Callable[[], Awaitable[T]]) -> T:
        if self.allowance(1) == 0:
            raise CircuitOpen
        self._probing = probe = self.open
        try:
            answer = await ask()
        except _BANK_IS_AWAY:
            self._failed += 1
            if self.open:
                self._closed_at = self._clock() + self._pause * random.uniform(0.75, 1.25)  # noqa: S311  (no secret)
                self._pause = min(self._longest, self._pause * 2)
            raise
        except BankError:
            self._close()
            raise
        else:
            self._close()
            return answer
        finally:
            if probe:
                self._probing = False

    def _close(self) -> None:
        self._failed, self._pause = 0, self._first
