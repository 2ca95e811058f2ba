"""Exactly once, whatever happens: a bank that is away, slow, broken or mute, and a server that is killed."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import aiohttp
import pytest
from sqlalchemy import update

from actions.bank.api import LoanOrder
from actions.bank.client import HttpBank
from actions.bills import (
    AccountInvalid,
    AccountNotFound,
    AlreadyPaid,
    AmountChanged,
    BankUnavailable,
    Bill,
    BillKindUnknown,
    BillService,
    NothingDue,
)
from actions.cases import Case, CaseBook, CaseState
from actions.delivery import Delivery
from actions.errors import KeyReused
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, OutboxRow
from actions.loans import ApplicationInvalid, ConsentMissing, LoanApplication, LoanService
from actions.metrics import Metrics
from settings import ROOT
from tests.actions.conftest import BANK_KEY, Sandbox, eventually

pytestmark = pytest.mark.unit


@pytest.fixture
def cases(ledger: Ledger) -> CaseBook:
    return CaseBook(ledger)


async def reaches(cases: CaseBook, case: Case, state: CaseState) -> Case:
    """The case once it is in ``state``."""

    async def there() -> bool:
        found = await cases.get(case.id)
        return found is not None and found.state is state

    await eventually(there)
    found = await cases.get(case.id)
    assert found is not None
    return found


def hurry_up(ledger: Ledger) -> None:
    """Let waiting times run out now."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with ledger.write() as session:
        session.execute(
            update(OutboxRow).where(OutboxRow.state == "pending").values(next_attempt_at=past, lease_until=None)
        )
        session.execute(update(CaseRow).where(CaseRow.next_check_at.is_not(None)).values(next_check_at=past))


async def test_an_application_reaches_the_banks_people(
    loans: LoanService, cases: CaseBook, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    assert case.state is CaseState.IN_REVIEW
    assert [event.state for event in case.history] == [CaseState.WAITING, CaseState.IN_REVIEW]
    assert await loans.submit(application, "k1") == case
    assert (await cases.latest("web:42")) == case
    assert sandbox.count("loan_applications") == 1


async def test_a_round_area_arrives_as_the_bank_reads_it(loans: LoanService, application: LoanApplication) -> None:
    case = await loans.submit(replace(application, area_mu=Decimal("1E+2")), "k1")
    assert case.state is CaseState.IN_REVIEW
    assert case.details["area_mu"] == "100"


async def test_simultaneous_submits_make_one_application(
    loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    made = await asyncio.gather(*(loans.submit(application, "k1") for _ in range(12)))
    assert len({case.id for case in made}) == 1
    assert {case.state for case in made} == {CaseState.IN_REVIEW}
    assert sandbox.count("loan_applications") == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"consent": False}, ConsentMissing),
        ({"amount_fen": 0}, ApplicationInvalid),
        ({"amount_fen": 10**12}, ApplicationInvalid),
        ({"term_months": 0}, ApplicationInvalid),
        ({"phone": "１３８"}, ApplicationInvalid),
        ({"name": " "}, ApplicationInvalid),
        ({"area_mu": Decimal("NaN")}, ApplicationInvalid),
        ({"area_mu": Decimal("-1")}, ApplicationInvalid),
        ({"crop_or_livestock": "玉\x00米"}, ApplicationInvalid),
        ({"region": "x" * 65}, ApplicationInvalid),
    ],
)
async def test_what_cannot_be_an_application_is_not_stored(
    loans: LoanService, cases: CaseBook, application: LoanApplication, change: dict[str, object], error: type
) -> None:
    with pytest.raises(error):
        await loans.submit(replace(application, **change), "k1")
    assert await cases.list() == []


async def test_a_bank_that_is_away_is_said_so_and_gets_it_later(
    ledger: Ledger, cases: CaseBook, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    await sandbox.stop()
    async with Delivery(ledger, bank, Metrics(), patience_s=5) as delivery:
        case = await LoanService(ledger, delivery).submit(application, "k1")
        assert case.state is CaseState.WAITING
        assert case.state_text == "等待送达银行"
        assert len(case.history) == 1
        await sandbox.start()
        hurry_up(ledger)
        case = await reaches(cases, case, CaseState.IN_REVIEW)
    assert CaseState.CHECKING not in [event.state for event in case.history]
    assert sandbox.count("loan_applications") == 1


@pytest.mark.parametrize("fault", ["lose", "fail"])
async def test_an_unknown_outcome_is_settled_by_asking(
    ledger: Ledger, loans: LoanService, cases: CaseBook, application: LoanApplication, sandbox: Sandbox, fault: str
) -> None:
    setattr(sandbox.faults, fault, 1)
    case = await loans.submit(application, "k1")
    assert case.state is CaseState.CHECKING
    hurry_up(ledger)
    case = await reaches(cases, case, CaseState.IN_REVIEW)
    assert [event.state for event in case.history] == [CaseState.WAITING, CaseState.CHECKING, CaseState.IN_REVIEW]
    assert sandbox.count("loan_applications") == 1


async def test_a_slow_bank_does_not_hold_the_user_up(
    ledger: Ledger, cases: CaseBook, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    sandbox.faults.delay_s = 1.0
    async with Delivery(ledger, bank, Metrics(), patience_s=0.2) as delivery:
        case = await LoanService(ledger, delivery).submit(application, "k1")
        assert case.state is CaseState.WAITING
        await reaches(cases, case, CaseState.IN_REVIEW)
    assert sandbox.count("loan_applications") == 1


@pytest.mark.parametrize("point", ["before_send", "after_send"])
async def test_a_server_killed_around_the_request_delivers_once(
    database_url: str,
    ledger: Ledger,
    cases: CaseBook,
    application: LoanApplication,
    sandbox: Sandbox,
    point: str,
) -> None:
    case_id = await asyncio.to_thread(ledger.register_loan, application, "k1")

    async def run(where: str) -> int:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.actions.deliver_and_die",
            database_url,
            sandbox.url,
            BANK_KEY.decode(),
            where,
            cwd=ROOT,
        )
        return await asyncio.wait_for(process.wait(), 120)

    assert await run(point) == -signal.SIGKILL
    assert sandbox.count("loan_applications") == (1 if point == "after_send" else 0)
    case = await cases.get(case_id)
    assert case is not None
    assert case.state is CaseState.WAITING
    hurry_up(ledger)
    assert await run("none") == 0
    case = await cases.get(case_id)
    assert case is not None
    assert case.state is CaseState.IN_REVIEW
    assert sandbox.count("loan_applications") == 1


async def test_a_key_the_bank_knows_otherwise_goes_to_staff(
    ledger: Ledger, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    case_id = await asyncio.to_thread(ledger.register_loan, application, "k1")
    with ledger.write() as session:
        session.execute(update(OutboxRow).values(idempotency_key="taken"))
    await bank.submit_loan(LoanOrder("1", 1, "x", None, None, 1, "x", "13812345678", "x", "", "2026-01-01"), "taken")
    async with Delivery(ledger, bank, Metrics(), patience_s=5) as delivery:
        case = await delivery.hurry(case_id)
    assert case.state is CaseState.NEEDS_STAFF
    assert "工作人员" in case.note


async def test_a_wrong_signature_loses_nothing(
    ledger: Ledger, cases: CaseBook, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    async with (
        HttpBank(sandbox.url, b"wrong") as stranger,
        Delivery(ledger, stranger, Metrics(), patience_s=5) as delivery,
    ):
        case = await LoanService(ledger, delivery).submit(application, "k1")
        assert case.state is CaseState.WAITING
    hurry_up(ledger)
    async with Delivery(ledger, bank, Metrics()):
        await reaches(cases, case, CaseState.IN_REVIEW)


async def test_a_bill_is_looked_up_started_and_confirmed_by_a_person(
    ledger: Ledger, bills: BillService, cases: CaseBook, sandbox: Sandbox
) -> None:
    bill = await bills.look_up("electricity", "12345678")
    assert (bill.amount_fen, bill.name, bill.sample) == (8650, "电费", True)
    case = await bills.pay(bill, "web:42", "k1")
    assert case.state is CaseState.AWAITING_CONFIRMATION
    assert case.details["account"] == "******78"
    assert case.details["confirm_url"].startswith(f"{sandbox.url}/pay/")
    assert await bills.pay(bill, "web:42", "k1") == case
    with pytest.raises(KeyReused):
        await bills.pay(replace(bill, amount_fen=1), "web:42", "k1")
    async with aiohttp.ClientSession() as browser, browser.post(case.details["confirm_url"]) as page:
        assert page.status == 200
    hurry_up(ledger)
    case = await reaches(cases, case, CaseState.COMPLETED)
    assert "confirm_url" not in case.details
    assert case.details["receipt"] in case.note
    with pytest.raises(AlreadyPaid):
        await bills.look_up("electricity", "12345678")
    assert sandbox.count("payments") == 1


@pytest.mark.parametrize("look", ["get", "made_by"])
async def test_who_has_paid_is_told_so_at_once(
    ledger: Ledger, bills: BillService, delivery: Delivery, look: str
) -> None:
    """Also when the bank's message about it came first, so that asking the bank brings nothing new."""

    async def message_first(case_id: str) -> bool:
        assert await delivery.news(case_id)
        return await delivery.news(case_id)

    case = await bills.pay(await bills.look_up("electricity", "12345678"), "web:42", "k1")
    async with aiohttp.ClientSession() as browser, browser.post(case.details["confirm_url"]) as page:
        assert page.status == 200
    book = CaseBook(ledger, message_first)
    found = await (book.get(case.id) if look == "get" else book.made_by("k1"))
    assert found is not None
    assert found.state is CaseState.COMPLETED
    assert found.fresh


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ("UPDATE bills SET due_fen = due_fen + 1", AmountChanged),
        ("UPDATE bills SET paid = 1", AlreadyPaid),
        ("UPDATE bills SET due_fen = 0", NothingDue),
    ],
)
async def test_a_bill_that_changed_since_the_look_up_is_not_started(
    ledger: Ledger, bills: BillService, sandbox: Sandbox, change: str, error: type[Exception]
) -> None:
    bill = await bills.look_up("water", "30010001")
    sandbox.execute(change)
    with pytest.raises(error) as caught:
        await bills.pay(bill, "web:42", "k1")
    if isinstance(caught.value, AmountChanged):
        assert caught.value.bill.amount_fen == bill.amount_fen + 1
    assert ledger.cases() == []
    assert sandbox.count("payments") == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [("UPDATE bills SET due_fen = due_fen + 1", "金额变了"), ("UPDATE bills SET paid = 1", "已经缴过")],
)
async def test_a_bill_that_changed_while_the_bank_was_away_is_refused_with_the_reason(
    ledger: Ledger, bills: BillService, cases: CaseBook, sandbox: Sandbox, change: str, reason: str
) -> None:
    bill = await bills.look_up("water", "30010001")
    await sandbox.stop()
    sandbox.execute(change)
    case = await bills.pay(bill, "web:42", "k1")
    assert case.state is CaseState.WAITING
    await sandbox.start()
    hurry_up(ledger)
    case = await reaches(cases, case, CaseState.REJECTED)
    assert reason in case.note
    assert sandbox.count("payments") == 0


async def test_an_unconfirmed_payment_expires(
    ledger: Ledger, bills: BillService, cases: CaseBook, sandbox: Sandbox
) -> None:
    case = await bills.pay(await bills.look_up("gas", "40010001"), "web:42", "k1")
    sandbox.execute("UPDATE payments SET expires_at = '2020-01-01 00:00:00'")
    hurry_up(ledger)
    case = await reaches(cases, case, CaseState.EXPIRED)
    assert "没有扣钱" in case.note


@pytest.mark.parametrize(
    ("kind", "account", "error"),
    [
        ("electricity", "99999999", AccountNotFound),
        ("electricity", "20230000", NothingDue),
        ("electricity", "20230008", AlreadyPaid),
        ("electricity", "12", AccountInvalid),
        ("electricity", "１２３４５６７８", AccountInvalid),
        ("rent", "12345678", BillKindUnknown),
    ],
)
async def test_what_is_wrong_with_a_bill_is_told_apart(
    bills: BillService, kind: str, account: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await bills.look_up(kind, account)


async def test_a_look_up_says_when_the_bank_is_away(bills: BillService, sandbox: Sandbox) -> None:
    await sandbox.stop()
    with pytest.raises(BankUnavailable):
        await bills.look_up("electricity", "12345678")


async def test_a_payment_started_while_the_bank_is_away_waits_truthfully(
    ledger: Ledger, bills: BillService, cases: CaseBook, sandbox: Sandbox
) -> None:
    bill: Bill = await bills.look_up("phone", "13800000001")
    await sandbox.stop()
    case = await bills.pay(bill, "web:42", "k1")
    assert case.state is CaseState.WAITING
    assert "confirm_url" not in case.details
    await sandbox.start()
    hurry_up(ledger)
    case = await reaches(cases, case, CaseState.AWAITING_CONFIRMATION)
    assert "confirm_url" in case.details


async def test_stopping_is_quick_while_the_bank_is_slow(
    ledger: Ledger, application: LoanApplication, sandbox: Sandbox, bank: HttpBank
) -> None:
    sandbox.faults.delay_s = 2.5
    stopping = Delivery(ledger, bank, Metrics(), patience_s=0.1)
    async with stopping:
        await LoanService(ledger, stopping).submit(application, "k1")
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 2.4
    assert not stopping.alive


async def test_stopping_at_the_moment_of_being_woken_ends(ledger: Ledger, bank: HttpBank) -> None:
    """A cancellation that met the wake-up was once swallowed, and the process never ended."""
    async with asyncio.timeout(10):
        async with Delivery(ledger, bank, Metrics()) as delivery:
            # Past its first round and into its wait: a round ends with its look for watched cases.
            for _ in range(20):
                await delivery.pending()
            delivery._wake.set()
            began = asyncio.get_running_loop().time()
        assert not delivery.alive
    assert asyncio.get_running_loop().time() - began < 5
