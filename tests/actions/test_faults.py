"""The sandbox misbehaves as it is told, by an authenticated route, and the same seed misbehaves the same way."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update

from actions.bank.api import BankOutcomeUnknown, LoanOrder
from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.sandbox.faults import Chances, Fault, FaultOrder, Faults
from actions.bank.signing import sign
from actions.bills import BillService
from actions.cases import CaseBook, CaseState
from actions.delivery import MISSING_BEFORE_STAFF, Delivery
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow
from actions.loans import LoanApplication, LoanService
from tests.actions.conftest import BANK_KEY, Sandbox

pytestmark = pytest.mark.unit
LOAN = LoanOrder("1", 5_000_000, "种玉米", None, None, 12, "王小明", "13812345678", "李家沟村", "510000", "2026-01-01")


async def order(sandbox: Sandbox, key: bytes = BANK_KEY, **faults: Any) -> int:
    body = json.dumps(faults).encode()
    headers = sign(key, "POST", "/control/faults", body, client=CLIENT_ID)
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{sandbox.url}/control/faults", data=body, headers=headers) as answer,
    ):
        return answer.status


async def test_only_who_signs_may_order_faults(sandbox: Sandbox) -> None:
    assert await order(sandbox, b"wrong", fail=3) == 401
    assert sandbox.faults.fail == 0
    assert await order(sandbox, fail=3) == 200
    assert sandbox.faults.fail == 3
    assert await order(sandbox, fail=-1) == 400
    assert await order(sandbox) == 200
    assert sandbox.faults.fail == 0


async def test_an_outage_ends_by_itself(sandbox: Sandbox, bank: HttpBank) -> None:
    assert await order(sandbox, outage_s=0.4) == 200
    with pytest.raises(BankOutcomeUnknown):
        await bank.submit_loan(LOAN, "k")
    assert sandbox.count("loan_applications") == 0
    await asyncio.sleep(0.5)  # the outage is a time
    assert (await bank.submit_loan(LOAN, "k")).status == "in_review"


async def test_an_answer_that_comes_twice_is_not_the_answer_to_the_next_request(
    sandbox: Sandbox, bank: HttpBank
) -> None:
    """What follows an answer on its connection breaks the connection; what became of the request is then asked."""
    assert await order(sandbox, twice=6) == 200
    for number in range(6):
        with suppress(BankOutcomeUnknown):
            record = await bank.submit_loan(replace(LOAN, client_ref=str(number)), f"k{number}")
            assert record == await bank.find("loan", f"k{number}")
    assert sandbox.faults.twice == 0
    found = [await bank.find("loan", f"k{number}") for number in range(6)]
    assert len({record.ref for record in found if record is not None}) == 6


async def test_an_answer_to_another_request_is_no_answer() -> None:
    async def mixed_up(request: web.Request) -> web.Response:
        record = {"idempotency_key": "other", "ref": "L1", "status": "in_review"}
        bill = {"bill_id": "b", "bill_type": "water", "account": "30010002", "holder": "李*", "due_fen": 1}
        more = {"paid": False, "period": "2026年11月", "company": "样例", "due_on": None, "sample": True}
        return web.json_response(bill | more if "bills" in request.path else record)

    app = web.Application()
    app.router.add_post("/{path:.*}", mixed_up)
    async with TestServer(app) as server, HttpBank(f"http://127.0.0.1:{server.port}", BANK_KEY) as bank:
        with pytest.raises(BankOutcomeUnknown, match="bank_answer_for_another"):
            await bank.submit_loan(LOAN, "k1")
        with pytest.raises(BankOutcomeUnknown, match="bank_answer_for_another"):
            await bank.look_up_bill("water", "30010001")


def test_the_same_seed_misbehaves_the_same_way() -> None:
    def fates(seed: int) -> list[tuple[Fault, float]]:
        faults = Faults()
        faults.order(FaultOrder(chances=Chances(seed=seed, slow=0.3, fail=0.2, lose=0.2, twice=0.2)))
        return [faults.next() for _ in range(200)]

    assert fates(1) == fates(1)
    assert fates(1) != fates(2)
    assert {fault for fault, _ in fates(1)} == {Fault.NONE, Fault.FAIL, Fault.LOSE, Fault.TWICE}


async def test_a_case_the_bank_has_lost_goes_to_staff(
    ledger: Ledger, loans: LoanService, delivery: Delivery, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    sandbox.execute("DELETE FROM loan_applications")
    for _ in range(MISSING_BEFORE_STAFF - 1):
        assert await delivery.news(case.id) is False
    assert await delivery.news(case.id) is True
    found = await CaseBook(ledger).get(case.id)
    assert found is not None
    assert found.state is CaseState.NEEDS_STAFF
    assert "核对" in found.note
    assert await delivery.news(case.id) is False


async def test_a_call_back_that_comes_twice_changes_nothing_twice(
    ledger: Ledger, bills: BillService, delivery: Delivery, sandbox: Sandbox
) -> None:
    case = await bills.pay(await bills.look_up("gas", "40010001"), "web:1", "k1")
    async with aiohttp.ClientSession() as browser, browser.post(case.details["confirm_url"]) as page:
        assert page.status == 200
    news = await asyncio.gather(*(delivery.news(case.id) for _ in range(4)))
    assert news.count(True) == 1
    found = await CaseBook(ledger).get(case.id)
    assert found is not None
    assert [event.state for event in found.history].count(CaseState.COMPLETED) == 1
    with ledger.write() as session:
        session.execute(update(CaseRow).values(checks=0))
        assert session.scalar(select(CaseRow.next_check_at)) is None
