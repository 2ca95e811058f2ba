"""One bill, one open payment; parts of a bill; what staff are told."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from sqlalchemy import update

from actions.bank.client import HttpBank
from actions.bills import AlreadyOpen, BillService, NoPart
from actions.cases import CaseState
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow
from actions.loans import LoanApplication, LoanService
from tests.actions.conftest import Sandbox
from tests.actions.test_delivery import hurry_up

pytestmark = pytest.mark.unit


async def confirm(url: str) -> None:
    async with aiohttp.ClientSession() as browser, browser.post(url) as page:
        assert page.status == 200


async def test_a_second_payment_gets_the_open_one(ledger: Ledger, bills: BillService, sandbox: Sandbox) -> None:
    bill = await bills.look_up("electricity", "12345678")
    first = await bills.pay(bill, "web:42", "k1")
    with pytest.raises(AlreadyOpen) as caught:
        await bills.pay(bill, "web:42", "k2")
    assert caught.value.case is not None
    assert caught.value.case.id == first.id
    with pytest.raises(AlreadyOpen) as caught:  # somebody else is not shown whose it is
        await bills.pay(bill, "web:43", "k3")
    assert caught.value.case is None
    assert len(ledger.cases()) == 1
    assert sandbox.count("payments") == 1


async def test_simultaneous_payments_make_one(ledger: Ledger, bills: BillService, sandbox: Sandbox) -> None:
    bill = await bills.look_up("electricity", "12345678")
    results = await asyncio.gather(
        *(bills.pay(bill, f"web:{number % 3}", f"k{number}") for number in range(12)), return_exceptions=True
    )
    made = [result for result in results if not isinstance(result, BaseException)]
    assert len(made) == 1
    assert all(isinstance(result, AlreadyOpen) for result in results if isinstance(result, BaseException))
    assert len(ledger.cases()) == 1
    assert sandbox.count("payments") == 1


async def test_an_order_that_ran_out_at_the_bank_is_no_longer_open(
    ledger: Ledger, bills: BillService, sandbox: Sandbox
) -> None:
    bill = await bills.look_up("gas", "40010001")
    first = await bills.pay(bill, "web:42", "k1")
    sandbox.execute("UPDATE payments SET expires_at = '2020-01-01 00:00:00'")
    second = await bills.pay(bill, "web:42", "k2")
    assert second.id != first.id
    assert second.state is CaseState.AWAITING_CONFIRMATION
    found = ledger.case(first.id)
    assert found is not None
    assert found.state is CaseState.EXPIRED


async def test_a_part_is_paid_and_the_rest_stays_due(bills: BillService, sandbox: Sandbox) -> None:
    bill = await bills.look_up("electricity", "12345678")
    assert bill.partial_from_fen == 1000
    case = await bills.pay(bill, "web:42", "k1", 3000)
    assert case.amount_fen == 3000
    await confirm(case.details["confirm_url"])
    rest = await bills.look_up("electricity", "12345678")
    assert rest.amount_fen == bill.amount_fen - 3000


@pytest.mark.parametrize(("kind", "account", "part"), [("electricity", "12345678", 999), ("pension", "70010001", 5000)])
async def test_a_part_the_bank_does_not_take(
    ledger: Ledger, bills: BillService, kind: str, account: str, part: int
) -> None:
    bill = await bills.look_up(kind, account)
    for wrong in (part, bill.amount_fen + 1):
        with pytest.raises(NoPart):
            await bills.pay(bill, "web:42", "k1", wrong)
    assert ledger.cases() == []


async def test_the_whole_goes_through_to_the_receipt(
    ledger: Ledger, bills: BillService, bank: HttpBank, sandbox: Sandbox
) -> None:
    for kind, account in (
        ("electricity", "20230001"), ("water", "30010001"), ("gas", "40010001"), ("phone", "13800000001"),
        ("cable_tv", "50010001"), ("medical_insurance", "60010001"), ("pension", "70010001"),
    ):  # fmt: skip
        case = await bills.pay(await bills.look_up(kind, account), "web:42", f"k-{kind}")
        await confirm(case.details["confirm_url"])
        hurry_up(ledger)

        async def done(case_id: str = case.id) -> bool:
            found = ledger.case(case_id)
            return found is not None and found.state is CaseState.COMPLETED and "receipt" in found.details

        async with asyncio.timeout(15):
            while not await done():  # noqa: ASYNC110  (the delivery task writes it)
                await asyncio.sleep(0.05)


async def test_staff_see_what_is_unusual_about_a_payment(ledger: Ledger, bills: BillService, sandbox: Sandbox) -> None:
    for number in range(3):
        bill = await bills.look_up("electricity", "20230002")
        case = await bills.pay(bill, "web:42", f"k{number}")
        assert case.flags == ()
        await confirm(case.details["confirm_url"])
        sandbox.execute("UPDATE bills SET due_fen = 5310, paid = 0")
    sandbox.execute("UPDATE bills SET due_fen = 90000 WHERE account = '20230003'")
    case = await bills.pay(await bills.look_up("electricity", "20230003"), "web:42", "k9", signs=("说到刷流水",))
    assert {flag.kind for flag in case.flags} == {"unusual_amount", "new_payee", "fraud_sign"}
    shown = case.as_json()["flags"]
    assert "900元" in str(shown)
    assert "20230003" not in str(shown)
    sandbox.execute("UPDATE bills SET due_fen = 500000 WHERE account = '20230001'")
    case = await bills.pay(await bills.look_up("electricity", "20230001"), "web:42", "k10")
    assert {flag.kind for flag in case.flags} == {"unusual_amount", "new_payee", "many_attempts"}


async def test_staff_see_what_is_unusual_about_an_application(
    ledger: Ledger, loans: LoanService, application: LoanApplication
) -> None:
    assert (await loans.submit(application, "k1")).flags == ()
    other = await loans.submit(replace(application, sender="web:43"), "k2")
    assert [flag.kind for flag in other.flags] == ["shared_phone"]
    large = await loans.submit(replace(application, amount_fen=60_000_000, signs=("说到刷流水",)), "k3")
    assert {flag.kind for flag in large.flags} == {"unusual_amount", "shared_phone", "fraud_sign"}
    third = await loans.submit(replace(application, amount_fen=4_000_000), "k4")
    assert "many_attempts" in {flag.kind for flag in third.flags}
    old = datetime.now(UTC) - timedelta(days=30)
    with ledger.write() as session:
        session.execute(update(CaseRow).values(created_at=old))
    assert "many_attempts" not in {flag.kind for flag in (await loans.submit(application, "k5")).flags}


async def test_a_sandbox_of_before_parts_is_brought_up_to_date(sandbox: Sandbox, bank: HttpBank) -> None:
    await sandbox.stop()
    sandbox.execute("ALTER TABLE bills DROP COLUMN partial_from_fen")
    await sandbox.start()
    assert (await bank.look_up_bill("electricity", "12345678")).partial_from_fen == 1000
    assert (await bank.look_up_bill("pension", "70010001")).partial_from_fen is None
