"""The circuit breaker: nobody waits for a bank that is away, and what waited is sent when it is back."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from actions.bank.api import BankOutcomeUnknown, BankRefused, BankUnreachable
from actions.bank.breaker import Breaker, CircuitOpen
from actions.bank.client import HttpBank
from actions.cases import CaseState
from actions.delivery import Delivery
from actions.ledger.ledger import Ledger
from actions.loans import LoanApplication, LoanService
from actions.metrics import Metrics
from tests.actions.conftest import Sandbox, eventually

pytestmark = pytest.mark.unit


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_it_opens_after_failures_in_a_row_and_lets_one_try(sandbox: Sandbox, bank: HttpBank) -> None:
    clock = Clock()
    breaker = Breaker(bank, failures=3, pause_s=10, longest_s=30, clock=clock)
    sandbox.faults.fail = 3
    for _ in range(3):
        assert breaker.allowance(8) == 8
        with pytest.raises(BankOutcomeUnknown):
            await breaker.look_up_bill("water", "30010001")
    with pytest.raises(CircuitOpen):
        await breaker.look_up_bill("water", "30010001")
    assert breaker.allowance(8) == 0
    clock.now = 13
    assert breaker.allowance(8) == 1
    sandbox.faults.fail = 1
    with pytest.raises(BankOutcomeUnknown):
        await breaker.look_up_bill("water", "30010001")
    clock.now = 26
    assert breaker.allowance(8) == 0, "the pause has doubled"
    clock.now = 39
    assert (await breaker.look_up_bill("water", "30010001")).due_fen == 3240
    assert breaker.allowance(8) == 8


async def test_only_one_tries_at_a_time(sandbox: Sandbox, bank: HttpBank) -> None:
    clock = Clock()
    breaker = Breaker(bank, failures=1, pause_s=1, clock=clock)
    sandbox.faults.fail = 1
    with pytest.raises(BankOutcomeUnknown):
        await breaker.find("bill", "k")
    clock.now, sandbox.faults.delay_s = 2, 0.3
    answers = await asyncio.gather(*(breaker.find("bill", "k") for _ in range(4)), return_exceptions=True)
    assert answers[0] is None
    assert all(isinstance(answer, CircuitOpen) for answer in answers[1:])


async def test_a_refusal_is_an_answer(sandbox: Sandbox, bank: HttpBank) -> None:
    breaker = Breaker(bank, failures=1)
    for _ in range(3):
        with pytest.raises(BankRefused):
            await breaker.look_up_bill("water", "99999999")
    assert not breaker.open


async def test_after_an_outage_everything_is_sent_at_once(
    ledger: Ledger, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    """Without any waiting time run out by hand: retries that were put off come forward when the bank is back."""
    await sandbox.stop()
    breaker = Breaker(bank, failures=2, pause_s=0.2, longest_s=0.4)
    async with Delivery(ledger, breaker, Metrics(), patience_s=0.3) as delivery:
        loans = LoanService(ledger, delivery)
        several = [replace(application, sender=f"web:{n}") for n in range(6)]
        cases = [await loans.submit(one, f"k{n}") for n, one in enumerate(several)]
        assert {case.state for case in cases} == {CaseState.WAITING}
        assert breaker.open
        with pytest.raises(BankUnreachable):
            await breaker.look_up_bill("water", "30010001")
        await sandbox.start()

        async def all_there() -> bool:
            return await delivery.pending() == 0

        await eventually(all_there, within_s=12)
    assert sandbox.count("loan_applications") == 6
