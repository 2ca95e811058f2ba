"""Changes and withdrawals of an application: carried out once by the bank, or refused with its reason."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from actions.bank.api import LoanChange
from actions.cases import Case, CaseBook, CaseState
from actions.errors import KeyReused
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow
from actions.ledger.twins import TWIN
from actions.loans import ApplicationInvalid, LoanApplication, LoanService, NotOpen
from tests.actions.conftest import Sandbox, eventually
from tests.actions.test_delivery import hurry_up

pytestmark = pytest.mark.unit

SENDER = "web:42"


async def until(ledger: Ledger, case: Case, note: str) -> Case:
    """The case once its newest line of history says ``note``."""

    async def there() -> bool:
        hurry_up(ledger)
        found = await CaseBook(ledger).get(case.id)
        return found is not None and note in found.note

    await eventually(there)
    found = ledger.case(case.id)
    assert found is not None
    return found


async def test_consents_and_plot_reach_the_bank(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    plot = '{"type":"Polygon","coordinates":[[[104.1,30.6],[104.2,30.6],[104.2,30.7],[104.1,30.6]]]}'
    case = await loans.submit(replace(application, credit_consent=True, plot=plot), "k1")
    assert case.details["plot"] == "有地块图"
    assert "5个工作日" in case.note
    stored = sandbox.value("SELECT application FROM loan_applications")
    assert '"credit_consent_at":"20' in stored
    assert "Polygon" in stored
    other = await loans.submit(replace(application, sender="web:7"), "k2")
    stored = sandbox.value(f"SELECT application FROM loan_applications WHERE client_ref = '{other.id}'")
    assert '"credit_consent_at":null' in stored


async def test_the_same_application_again_is_the_one_that_is_open(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    """A late answer crosses with the next try: everything is said again, with another key."""
    first = await loans.submit(application, "k1")
    assert (await loans.submit(application, "k2")).id == first.id
    larger = await loans.submit(replace(application, amount_fen=application.amount_fen + 100), "k3")
    other = await loans.submit(replace(application, sender="web:7"), "k4")
    assert sandbox.count("loan_applications") == len({first.id, larger.id, other.id}) == 3
    await loans.withdraw(first.id, SENDER, "w1")
    await until(ledger, first, "已经撤回")
    again = await loans.submit(application, "k5")
    assert again.id != first.id
    with ledger.write() as session:
        session.execute(update(CaseRow).values(created_at=datetime.now(UTC) - TWIN))
    assert (await loans.submit(application, "k6")).id != again.id


async def test_the_same_application_twice_at_once_is_one(
    loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    """Several keys in the same moment: one case, one request to the bank, and the others hear that it was there."""
    for number in range(5):
        this = replace(application, sender=f"web:{number}")
        made = await asyncio.gather(*(loans.submit(this, f"{number}:{key}") for key in range(8)))
        assert len({case.id for case in made}) == 1
        assert sum(not case.again for case in made) == 1
        assert sandbox.count("loan_applications") == number + 1


async def test_a_withdrawal_is_carried_out_once(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    results = await asyncio.gather(*(loans.withdraw(case.id, SENDER, "w1") for _ in range(5)))
    assert {result.id for result in results} == {case.id}
    case = await until(ledger, case, "已经撤回")
    assert case.state is CaseState.WITHDRAWN
    assert [event.who for event in case.history[-2:]] == ["user", "bank"]
    assert sandbox.count("loan_requests") == 1
    assert sandbox.value("SELECT status FROM loan_applications") == "withdrawn"
    with pytest.raises(NotOpen):
        await loans.withdraw(case.id, SENDER, "w2")
    assert await loans.open_case(SENDER) is None


async def test_what_was_never_sent_is_taken_back_at_once(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case_id = await asyncio.to_thread(ledger.register_loan, application, "k1")
    case = await loans.withdraw(case_id, SENDER, "w1")
    if case.state is not CaseState.WITHDRAWN:  # the delivery task was quicker
        case = await until(ledger, case, "已经撤回")
    assert case.state is CaseState.WITHDRAWN


async def test_while_the_bank_is_away_a_withdrawal_waits_and_nothing_is_lost(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    await sandbox.stop()
    case = await loans.withdraw(case.id, SENDER, "w1")
    assert case.state is CaseState.IN_REVIEW
    assert "正在告诉银行" in case.note
    await sandbox.start()
    assert (await until(ledger, case, "已经撤回")).state is CaseState.WITHDRAWN


async def test_a_lost_answer_changes_nothing_twice(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    sandbox.faults.lose = 1
    await loans.change(case.id, SENDER, LoanChange(case.id, amount_fen=6_000_000), "c1")
    case = await until(ledger, case, "银行已经把金额改成60,000元")
    assert case.amount_fen == 6_000_000
    assert sandbox.count("loan_requests") == 1


async def test_a_change_counts_once_the_bank_has_it(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    await sandbox.stop()
    change = LoanChange(case.id, term_months=36, phone="13912345678")
    case = await loans.change(case.id, SENDER, change, "c1")
    assert case.details["term_months"] == "12"
    await sandbox.start()
    case = await until(ledger, case, "银行已经把")
    assert case.details["term_months"] == "36"
    assert case.details["phone"] == "139****5678"
    assert "13912345678" not in str(case.as_json())
    assert '"phone":"13912345678"' in sandbox.value("SELECT application FROM loan_applications")
    await loans.change(case.id, SENDER, change, "c1")
    with pytest.raises(KeyReused):
        await loans.change(case.id, SENDER, LoanChange(case.id, term_months=24), "c1")
    assert sandbox.count("loan_requests") == 1


async def test_what_the_bank_has_decided_stays(
    ledger: Ledger, loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    sandbox.execute("UPDATE loan_applications SET status = 'approved'")
    await loans.withdraw(case.id, SENDER, "w1")

    async def told() -> bool:
        hurry_up(ledger)
        found = ledger.case(case.id)
        assert found is not None
        return found.state is CaseState.APPROVED and any("审完了" in event.note for event in found.history)

    await eventually(told)


async def test_only_ones_own_and_only_what_makes_sense(
    loans: LoanService, application: LoanApplication, sandbox: Sandbox
) -> None:
    case = await loans.submit(application, "k1")
    with pytest.raises(NotOpen):
        await loans.withdraw(case.id, "web:43", "w1")
    with pytest.raises(NotOpen):
        await loans.change("1234567897", SENDER, LoanChange("1234567897", amount_fen=1), "c1")
    for change in (
        LoanChange(case.id),
        LoanChange(case.id, amount_fen=0),
        LoanChange(case.id, term_months=361),
        LoanChange(case.id, phone="12ab"),
    ):
        with pytest.raises(ApplicationInvalid):
            await loans.change(case.id, SENDER, change, "c1")
    assert sandbox.count("loan_requests") == 0
