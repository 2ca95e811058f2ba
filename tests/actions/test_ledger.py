"""The ledger on both databases: nothing lost, nothing twice, nothing shown that must not be."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from actions.bank.api import BankRecord
from actions.bills import Bill
from actions.cases import CaseState
from actions.errors import KeyReused, LedgerUnavailable
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.models import Base, CaseRow, OutboxRow
from actions.ledger.outbox import Outbox, delay
from actions.ledger.transitions import COMES_FROM, advance
from actions.loans import LoanApplication

pytestmark = pytest.mark.unit

BILL = Bill("b1", "electricity", "20231234567", "王**", 8650, "2026年10月", "样例供电公司", None, True)


def test_migrations_make_the_tables_of_the_models(ledger: Ledger) -> None:
    migrate(ledger.engine)
    with ledger.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_registered_loan_reads_back_masked(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(application, "k1")
    case = ledger.case(case_id)
    assert case is not None
    assert (case.kind, case.state, case.amount_fen) == ("loan", CaseState.WAITING, 5_000_000)
    assert case.state_text == "等待送达银行"
    assert case.details["name"] == "欧***"
    assert case.details["phone"] == "138****5678"
    assert case.details["area_mu"] == "12.5"
    assert [event.who for event in case.history] == ["user"]
    assert "欧阳小明" not in str(case.as_json())


def test_no_personal_data_lies_in_the_database_in_the_clear(ledger: Ledger, application: LoanApplication) -> None:
    ledger.register_loan(application, "k1")
    ledger.register_payment(BILL, "tel:13900001111", "k2")
    ledger.request_hand_off("tel:13900001111", "我叫欧阳小明，要找人")
    everything = ""
    with ledger.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            everything += str(connection.execute(text(f"SELECT * FROM {table}")).all())
    assert "electricity" in everything
    for secret in ("欧阳小明", "13812345678", "李家沟村", "20231234567", "13900001111", "web:42", "玉米种子"):
        assert secret not in everything


def test_the_same_key_gives_the_same_case(ledger: Ledger, application: LoanApplication) -> None:
    first = ledger.register_loan(application, "k1")
    assert ledger.register_loan(application, "k1") == first
    assert ledger.register_loan(application, "k2") != first
    with pytest.raises(KeyReused):
        ledger.register_loan(replace(application, amount_fen=1), "k1")
    with pytest.raises(KeyReused):
        ledger.register_payment(BILL, application.sender, "k1")
    assert len(ledger.cases()) == 2


def test_simultaneous_submits_with_one_key_make_one_case(ledger: Ledger, application: LoanApplication) -> None:
    with ThreadPoolExecutor(16) as pool:
        numbers = list(pool.map(lambda _: ledger.register_loan(application, "k1"), range(32)))
    assert len(set(numbers)) == 1
    with ledger.read() as session:
        assert len(session.scalars(select(CaseRow)).all()) == 1
        assert len(session.scalars(select(OutboxRow)).all()) == 1


def test_simultaneous_submits_with_different_bodies_store_one_and_refuse_the_rest(
    ledger: Ledger, application: LoanApplication
) -> None:
    def submit(amount: int) -> str | None:
        try:
            return ledger.register_loan(replace(application, amount_fen=amount), "k1")
        except KeyReused:
            return None

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(submit, range(1, 9)))
    assert len([result for result in results if result]) == 1
    assert len(ledger.cases()) == 1


def test_a_case_is_never_stored_without_its_outbox_row(
    ledger: Ledger, application: LoanApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> OutboxRow:
        raise OSError("disk")

    monkeypatch.setattr(ledger, "_outbox", fail)
    with pytest.raises(OSError, match="disk"):
        ledger.register_loan(application, "k1")
    assert ledger.cases() == []


def test_history_cannot_be_changed_or_deleted(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(application, "k1")
    for statement in ("UPDATE case_events SET note = 'x'", "DELETE FROM case_events"):
        with pytest.raises(DBAPIError, match="append-only"), ledger.engine.begin() as connection:
            connection.execute(text(statement))
    case = ledger.case(case_id)
    assert case is not None
    assert len(case.history) == 1
    assert case.note != "x"


@pytest.mark.parametrize("start", list(CaseState))
def test_states_move_only_as_allowed(ledger: Ledger, application: LoanApplication, start: CaseState) -> None:
    for target, sources in COMES_FROM.items():
        case_id = ledger.register_loan(application, f"{start}{target}")
        with ledger.write() as session:
            session.execute(update(CaseRow).where(CaseRow.id == case_id).values(state=start.value))
        with ledger.write() as session:
            moved = advance(session, case_id, target, "bank", "好了", datetime.now(UTC))
        case = ledger.case(case_id)
        assert case is not None
        assert moved == (start in sources)
        assert case.state is (target if moved else start)
        assert len(case.history) == (2 if moved else 1)
        assert not (moved and start.final)


def test_a_sender_sees_only_their_own(ledger: Ledger, application: LoanApplication) -> None:
    mine = ledger.register_loan(application, "k1")
    theirs = ledger.register_loan(replace(application, sender="web:7"), "k2")
    assert [case.id for case in ledger.cases("web:42")] == [mine]
    assert ledger.case(theirs, "web:42") is None
    assert ledger.case(mine, "web:42") is not None
    assert {case.id for case in ledger.cases()} == {mine, theirs}


def test_cases_come_newest_first_and_limited(ledger: Ledger, application: LoanApplication) -> None:
    numbers = [ledger.register_loan(application, f"k{i}") for i in range(4)]
    assert [case.id for case in ledger.cases("web:42", 3)] == numbers[:0:-1]


@pytest.mark.parametrize("case_id", ["", "1", "0000000001", "x" * 5000, "'; DROP TABLE cases; --"])
def test_no_case_for_a_wrong_number(ledger: Ledger, case_id: str) -> None:
    assert ledger.case(case_id) is None


def test_one_open_hand_off_for_each_sender(ledger: Ledger) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = set(pool.map(lambda _: ledger.request_hand_off("web:1", "找人"), range(16)))
    assert len(numbers) == 1
    assert ledger.request_hand_off("web:2", "找人") not in numbers


def test_two_workers_never_claim_the_same_request(ledger: Ledger, application: LoanApplication) -> None:
    made = {ledger.register_loan(application, f"k{i}") for i in range(12)}
    with ThreadPoolExecutor(6) as pool:
        claims = list(pool.map(lambda _: Outbox(ledger).claim(12), range(6)))
    claimed = [parcel.case_id for parcels in claims for parcel in parcels]
    assert sorted(claimed) == sorted(made)


def test_a_request_is_settled_once(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(application, "k1")
    outbox = Outbox(ledger)
    (parcel,) = outbox.claim()
    outbox.delivered(parcel, BankRecord("L1", "in_review", days=5))
    outbox.delivered(parcel, BankRecord("L1", "in_review", days=5))
    outbox.refused(parcel, "不受理", "late")
    outbox.postpone(parcel, "late", unknown=True)
    case = ledger.case(case_id)
    assert case is not None
    assert [event.state for event in case.history] == [CaseState.WAITING, CaseState.IN_REVIEW]
    assert "5个工作日" in case.note
    assert outbox.claim() == []
    assert outbox.pending() == 0


def test_a_lost_claim_comes_back_and_says_so(ledger: Ledger, application: LoanApplication) -> None:
    ledger.register_loan(application, "k1")
    outbox = Outbox(ledger)
    (first,) = outbox.claim()
    assert not first.interrupted
    assert outbox.claim() == []
    with ledger.write() as session:
        session.execute(update(OutboxRow).values(lease_until=datetime.now(UTC) - timedelta(seconds=1)))
    (second,) = outbox.claim()
    assert (second.interrupted, second.attempts, second.key) == (True, 2, first.key)
    assert second.order == first.order


def test_back_off_grows_with_jitter_and_has_an_end() -> None:
    assert all(0.5 <= delay(1, 1, 60).total_seconds() <= 1.5 for _ in range(100))
    assert all(30 <= delay(1000, 1, 60).total_seconds() <= 90 for _ in range(100))
    assert len({delay(5, 1, 60) for _ in range(20)}) > 1


def test_the_sqlite_file_is_ours_alone_and_durable(database_url: str, ledger: Ledger) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("SQLite only")
    name = make_url(database_url).database
    assert name is not None
    ledger.request_hand_off("web:1", "找人")
    for suffix in ("", "-wal", "-shm"):
        assert stat.S_IMODE(Path(name + suffix).stat().st_mode) == 0o600
    with ledger.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
        assert connection.execute(text("PRAGMA synchronous")).scalar() == 2


def test_a_database_that_is_away_is_said_so(application: LoanApplication) -> None:
    from actions.ledger.vault import Vault

    ledger = Ledger(open_engine("postgresql+psycopg://nobody@127.0.0.1:1/x"), Vault([b"k" * 32]))
    with pytest.raises(LedgerUnavailable):
        ledger.register_loan(application, "k1")
