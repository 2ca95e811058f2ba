"""What the product asks of a ledger never reads a whole table: with a million cases that would take seconds."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from actions.bills import Bill
from actions.drafts import DraftBook
from actions.ledger.call_records import CallRecords, Wanted
from actions.ledger.claims import Claims
from actions.ledger.database import migrate, open_engine
from actions.ledger.earlier import earlier_cases
from actions.ledger.forgetting import forget
from actions.ledger.ledger import Ledger
from actions.ledger.models import NewsRow, PartnerHookRow
from actions.ledger.outbox import Outbox
from actions.ledger.requests import LoanRequests
from actions.ledger.vault import Vault
from actions.loans import LoanApplication
from actions.partners.book import Partner, PartnerBook, Scope
from actions.watch import Watch

pytestmark = pytest.mark.unit

BILL = Bill("b1", "electricity", "20231234567", "王**", 8650, "2026年10月", "样例供电公司", None, True)
PARTNER = Partner("p", "合作社", frozenset(Scope), 60, 5_000)
A_DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def asked(ledger: Ledger, application: LoanApplication) -> dict[str, Callable[[], Any]]:
    """What is asked while the product runs, by name."""
    case_id = ledger.register_loan(application, "known")
    calls, outbox, book = CallRecords(ledger), Outbox(ledger), PartnerBook(ledger)
    lease = timedelta(seconds=90)
    return {
        "one case": lambda: ledger.case(case_id, "web:42"),
        "the case of a key": lambda: ledger.case_of_key("known"),
        "a person's cases": lambda: ledger.cases("web:42"),
        "the newest cases": lambda: ledger.cases(),
        "a submit": lambda: ledger.register_loan(application, "k1"),
        "a payment": lambda: ledger.register_payment(BILL, "web:42", "k2"),
        "flags of a loan": lambda: Watch(ledger).loan(application),
        "flags of a payment": lambda: Watch(ledger).payment(BILL, "web:42", 8650),
        "said earlier": lambda: earlier_cases(ledger, "web:42", "loan", 5),
        "the outbox": lambda: outbox.claim(),
        "the outbox when the bank is back": lambda: (outbox.claim(early=True), outbox.bring_forward()),
        "owed": outbox.pending,
        "to be checked": lambda: (outbox.watched(), outbox.watched_case(case_id)),
        "a withdrawal": lambda: LoanRequests(ledger).withdraw(case_id, "web:42", "w"),
        "a wish for a person": lambda: ledger.request_hand_off("web:42", "要找人"),
        "who waits": lambda: ledger.open_hand_offs(),
        "a wish that is closed": lambda: ledger.close_hand_off(case_id, "staff", "done"),
        "news": lambda: Claims(ledger, NewsRow, lease, 1, 2, 3).claim(8, lambda _, row: row.id),
        "a partner's news": lambda: Claims(ledger, PartnerHookRow, lease, 1, 2, 3).claim(8, lambda _, row: row.id),
        "a partner's cases": lambda: book.cases(PARTNER, 20),
        "a partner's case": lambda: book.reference(PARTNER, case_id),
        "a partner's key": lambda: book.who("xy_1_2"),
        "a person is forgotten": lambda: forget(ledger, "web:42"),
        "calls": lambda: calls.find(Wanted()),
        "calls of a day": lambda: calls.find(Wanted(since=NOW - A_DAY, until=NOW)),
        "calls that were lost": lambda: calls.find(Wanted(outcome="lost")),
        "calls of a number": lambda: calls.find(Wanted(tail="5678")),
        "calls of a person": lambda: calls.find(Wanted(sender="tel:1")),
        "calls with a word": lambda: calls.find(Wanted(word="贷款")),
        "old calls": lambda: calls.tidy(),
        "drafts": lambda: (DraftBook(ledger)._of("web:42"), DraftBook(ledger)._drop("web:42", "apply_loan")),
        "a draft": lambda: DraftBook(ledger)._keep("web:42", "apply_loan", {"a": 1}),
    }


SORTS_LITTLE = frozenset(
    {"said earlier", "a withdrawal", "flags of a payment", "calls of a number", "calls of a person", "drafts"}
)
"""These sort what one person or one number has."""


def test_every_question_has_an_index(tmp_path: Path, application: LoanApplication) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    migrate(engine)
    ledger = Ledger(engine, Vault([b"k" * 32]))
    questions = asked(ledger, application)
    bad: list[str] = []
    name = ""

    @event.listens_for(engine, "before_cursor_execute")
    def _explain(connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if statement.startswith(("BEGIN", "PRAGMA")):
            return
        plan = connection.connection.driver_connection.execute(
            f"EXPLAIN QUERY PLAN {statement}", parameters[0] if many else parameters
        )
        for *_, step in plan.fetchall():
            whole = re.match(r"SCAN (?!CONSTANT|\(subquery|\d)", step) and " USING INDEX ix_" not in step
            sorts = step == "USE TEMP B-TREE FOR ORDER BY" and name not in SORTS_LITTLE
            if whole or (sorts and "case_id IN" not in statement):
                bad.append(f"{name}: {step}: {statement}")

    for name, ask in questions.items():  # noqa: B007 - the listener reads it
        ask()
    engine.dispose()
    assert not bad, "\n".join(bad)
