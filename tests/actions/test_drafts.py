"""Unfinished forms and earlier cases, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import text, update

from actions.bills import Bill
from actions.cases import CaseBook
from actions.drafts import KEPT, DraftBook
from actions.ledger.ledger import Ledger
from actions.ledger.models import DraftRow
from actions.ledger.vault import Vault
from actions.loans import LoanApplication

pytestmark = pytest.mark.unit

VALUES = {"loan_amount": 5_000_000, "applicant_name": "欧阳小明", "loan_area": 3.5}


@pytest.fixture
def drafts(ledger: Ledger) -> DraftBook:
    return DraftBook(ledger)


async def test_one_draft_a_sender_and_task(drafts: DraftBook) -> None:
    await drafts.keep("web:1", "apply_loan", {"loan_amount": 1})
    await drafts.keep("web:1", "apply_loan", VALUES)
    await drafts.keep("web:1", "pay_bill", {"bill_type": "water"})
    found = await drafts.of("web:1")
    assert {draft.task: dict(draft.values) for draft in found} == {
        "apply_loan": VALUES,
        "pay_bill": {"bill_type": "water"},
    }
    assert await drafts.of("web:2") == []
    await drafts.drop("web:1", "apply_loan")
    await drafts.drop("web:1", "apply_loan")
    assert [draft.task for draft in await drafts.of("web:1")] == ["pay_bill"]


async def test_the_newest_comes_first(drafts: DraftBook) -> None:
    await drafts.keep("web:1", "pay_bill", {"bill_type": "water"})
    await drafts.keep("web:1", "apply_loan", VALUES)
    await drafts.keep("web:1", "pay_bill", {"bill_type": "gas"})
    assert [draft.task for draft in await drafts.of("web:1")] == ["pay_bill", "apply_loan"]


async def test_nothing_personal_is_readable_in_the_table(drafts: DraftBook, ledger: Ledger) -> None:
    await drafts.keep("web:1", "apply_loan", VALUES)
    with ledger.read() as session:
        row = session.execute(text("SELECT * FROM form_drafts")).one()
    assert "欧阳" not in str(row)
    assert "5000000" not in str(row)
    assert "web:1" not in str(row)


async def test_old_drafts_are_not_found_and_are_deleted(drafts: DraftBook, ledger: Ledger) -> None:
    await drafts.keep("web:1", "apply_loan", VALUES)
    with ledger.write() as session:
        session.execute(update(DraftRow).values(updated_at=datetime.now(UTC) - KEPT * 2))
    assert await drafts.of("web:1") == []
    await drafts.keep("web:2", "apply_loan", VALUES)
    with ledger.read() as session:
        assert session.execute(text("SELECT count(*) FROM form_drafts")).scalar_one() == 1


async def test_a_draft_survives_another_key(drafts: DraftBook, ledger: Ledger) -> None:
    await drafts.keep("web:1", "apply_loan", VALUES)
    rotated = DraftBook(Ledger(ledger.engine, Vault([b"n" * 32, b"k" * 32])))
    assert dict((await rotated.of("web:1"))[0].values) == VALUES
    await rotated.drop("web:1", "apply_loan")
    assert await drafts.of("web:1") == []


async def test_earlier_cases_are_the_senders_own_and_unmasked(ledger: Ledger, application: LoanApplication) -> None:
    ledger.register_loan(application, "k1")
    bill = Bill("b1", "water", "30010001", "王*", 3240, "2026年10月", "示例水务", None, True)
    ledger.register_payment(bill, application.sender, "k2")
    book = CaseBook(ledger)
    (loan,) = await book.earlier(application.sender, "loan")
    assert loan.said["phone"] == application.phone
    assert loan.said["name"] == application.name
    assert Decimal(loan.said["area_mu"]) == application.area_mu
    assert loan.said["amount_fen"] == application.amount_fen
    (payment,) = await book.earlier(application.sender, "bill")
    assert payment.said["account"] == "30010001"
    assert payment.said["bill_type"] == "water"
    assert await book.earlier("web:other", "loan") == []
