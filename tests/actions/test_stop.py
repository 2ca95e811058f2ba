"""A yes and a stop at the same time: the ledger lets one of them be first, and both are told which."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from actions.bills import BillService
from actions.cases import CaseBook
from actions.errors import KeyDropped
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, OutboxRow
from actions.loans import LoanApplication
from tests.actions.conftest import Sandbox, eventually
from tests.actions.dialogue.doubles import Services, Talk, case

pytestmark = pytest.mark.unit
ACCOUNT = "12345678"


def rows(ledger: Ledger) -> tuple[int, int]:
    """Cases, and requests owed to the bank."""
    with ledger.read() as session:
        return tuple(session.scalar(select(func.count()).select_from(row)) or 0 for row in (CaseRow, OutboxRow))  # type: ignore[return-value]


def test_one_of_both_is_first_and_they_agree(ledger: Ledger, application: LoanApplication) -> None:
    def submit(key: str) -> str | None:
        try:
            return ledger.register_loan(application, key)
        except KeyDropped:
            return None

    made = 0
    with ThreadPoolExecutor(4) as pool:
        for number in range(25):
            key = f"k{number}"
            works = [submit, ledger.drop_key, submit, ledger.drop_key]
            told = [future.result() for future in [pool.submit(work, key) for work in works[number % 2 :]]]
            assert len(set(told)) == 1, told
            made += told[0] is not None
    assert rows(ledger) == (made, made)


def test_what_was_stopped_stays_so_and_other_keys_go_on(ledger: Ledger, application: LoanApplication) -> None:
    assert ledger.drop_key("k1") is None
    assert ledger.drop_key("k1") is None
    with pytest.raises(KeyDropped):
        ledger.register_loan(application, "k1")
    case_id = ledger.register_loan(application, "k2")
    assert ledger.drop_key("k2") == case_id
    assert rows(ledger) == (1, 1)


async def test_a_payment_that_waits_for_a_slow_bank_is_stopped(
    ledger: Ledger, bills: BillService, sandbox: Sandbox
) -> None:
    bill = await bills.look_up("electricity", ACCOUNT)
    sandbox.faults.delay_s = 0.5
    paying = asyncio.create_task(bills.pay(bill, "web:42", "k1"))  # looks the bill up again before anything is stored
    assert await CaseBook(ledger).drop_key("k1") is None
    with pytest.raises(KeyDropped):
        await paying
    assert rows(ledger) == (0, 0)
    assert sandbox.count("payments") == 0


async def test_a_stop_after_it_was_stored_hears_of_the_case(
    ledger: Ledger, bills: BillService, sandbox: Sandbox
) -> None:
    bill = await bills.look_up("electricity", ACCOUNT)
    sandbox.faults.delay_s = 0.5
    paying = asyncio.create_task(bills.pay(bill, "web:42", "k1"))

    async def stored() -> bool:
        return rows(ledger) == (1, 1)

    await eventually(stored)
    late = await CaseBook(ledger).drop_key("k1")
    paid = await paying
    assert late is not None
    assert late.id == paid.id


@pytest.mark.parametrize(("late", "said"), [(False, "都没有交上去"), (True, "撤回我的贷款申请")])
async def test_the_user_is_told_which_it_was(late: bool, said: str) -> None:
    services = Services()
    talk = Talk("apply_loan", services)
    await talk.say("我想贷五万", "apply_loan")
    if late:

        async def made(_key: str) -> object:
            return case("1234567897", "loan", 5_000_000)

        services.drop_key = made  # type: ignore[method-assign, assignment]
    told = await talk.say("取消", "cancel")
    assert said in told
    assert ("1234567897" in told) is late
    assert talk.asked is None
