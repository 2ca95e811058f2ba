"""The ledger's key changes: everything is sealed anew, everything is found as before, nothing is done twice."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from sqlalchemy import text, update

from actions.bills import Bill
from actions.errors import KeyReused
from actions.ledger.attachments import AttachmentRefused, Attachments
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.models import Base, CaseRow
from actions.ledger.outbox import Outbox
from actions.ledger.reseal import SEALED, Resealer
from actions.ledger.vault import Unsealable, Vault
from actions.loans import LoanApplication
from actions.partners.book import PartnerBook, Scope
from settings import ROOT

pytestmark = pytest.mark.unit
OLD, NEW = b"o" * 32, b"n" * 32
BILL = Bill("b1", "electricity", "20231234567", "王**", 8650, "2026年10月", "样例供电公司", None, True)


@pytest.fixture
def old(database_url: str) -> Iterator[Ledger]:
    engine = open_engine(database_url)
    migrate(engine)
    yield Ledger(engine, Vault([OLD]))
    engine.dispose()


def test_every_sealed_column_is_known() -> None:
    columns = {
        (table.name, column.name)
        for table in Base.metadata.tables.values()
        for column in table.columns
        if column.name.endswith("_sealed")
    }
    assert {(sealed.table.name, sealed.column) for sealed in SEALED} == columns - {("form_drafts", "values_sealed")}


def test_a_key_is_rotated(old: Ledger, application: LoanApplication) -> None:
    loan = old.register_loan(application, "k1")
    payment = old.register_payment(BILL, "web:42", "k2")
    wish = old.request_hand_off("web:42", "要找人")
    Attachments(old).add_document(loan, "photo", "image/jpeg", b"\xff\xd8photo")
    Attachments(old).add_plot(loan, {"type": "Polygon", "coordinates": []}, "12.5")
    partner = PartnerBook(old).add("合作社", frozenset(Scope), webhook_url="https://example.org/x")
    both = Ledger(old.engine, Vault([NEW, OLD]))
    before = Resealer(both).count().as_json()
    assert before["older_keys_can_be_removed"] is False
    done = Resealer(both, batch=1).run().as_json()
    assert done["resealed"] == sum(before["sealed_values"].values()) == 16
    assert done["older_keys_can_be_removed"] is True
    assert Resealer(both).run().as_json()["resealed"] == 0

    new = Ledger(old.engine, Vault([NEW]))
    assert new.register_loan(application, "k1") == loan
    assert new.register_payment(BILL, "web:42", "k2") == payment
    with pytest.raises(KeyReused):
        new.register_payment(BILL, "web:43", "k2")
    assert new.request_hand_off("web:42", "还是要找人") == wish
    assert {case.id for case in new.cases("web:42")} == {loan, payment}
    assert [parcel.case_id for parcel in Outbox(new).claim()] == [loan, payment]
    (photo,) = Attachments(new).documents(loan)
    assert Attachments(new).content(loan, photo.digest) == b"\xff\xd8photo"
    assert Attachments(new).plots(loan)[0]["type"] == "Polygon"
    assert PartnerBook(new).who(partner.key) is not None
    with pytest.raises(Unsealable):
        old.case(loan)


def test_a_case_that_changed_meanwhile_is_not_overwritten(old: Ledger, application: LoanApplication) -> None:
    loan = old.register_loan(application, "k1")
    both = Ledger(old.engine, Vault([NEW, OLD]))
    resealer = Resealer(both)
    (row,) = [row for sealed in SEALED if sealed.name == "confirm_url" for row in resealer._rows(sealed)] or [None]
    assert row is None
    sealed = next(sealed for sealed in SEALED if sealed.name == "sender")
    (row,) = resealer._rows(sealed)
    with old.write() as session:
        session.execute(update(CaseRow).values(sender_sealed=old.vault.seal("web:43", f"{loan}/sender")))
    assert resealer._again(sealed, row) is False
    with old.engine.connect() as connection:
        kept = connection.execute(text("SELECT sender_sealed FROM cases")).scalar_one()
    assert old.vault.open(kept, f"{loan}/sender") == "web:43"


def test_cases_from_before_keys_were_kept_are_counted(old: Ledger, application: LoanApplication) -> None:
    old.register_loan(application, "k1")
    with old.write() as session:
        session.execute(update(CaseRow).values(key_sealed=None))
    done = Resealer(Ledger(old.engine, Vault([NEW, OLD]))).run().as_json()
    assert done["cases_that_need_the_old_key"] == 1
    assert done["older_keys_can_be_removed"] is False


def test_the_command(tmp_path: object) -> None:
    def run(keys: list[bytes], *words: str) -> subprocess.CompletedProcess[str]:
        value = ",".join(base64.b64encode(key).decode() for key in keys)
        environment = {**os.environ, "XIANGYIN_STATE_DIR": str(tmp_path), "XIANGYIN_LEDGER_KEY": value}
        environment["XIANGYIN_DATABASE_URL"] = ""
        command = [sys.executable, "-m", "bot.commands", *words]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

    made = run([OLD], "partners", "add", "合作社", "--webhook", "https://example.org/x")
    assert made.returncode == 0, made.stderr
    assert '"webhook_secret"' in made.stdout
    assert '"resealed": 1' in run([NEW, OLD], "ledger", "reseal").stdout
    assert '"older_keys_can_be_removed": true' in run([NEW], "ledger", "keys").stdout
    refused = run([NEW], "partners", "add", "别家", "--webhook", "http://example.org/x")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: a web-hook's address begins with https://")


def test_attachments_belong_to_a_case_and_come_once(old: Ledger, application: LoanApplication) -> None:
    loan, attachments = old.register_loan(application, "k1"), Attachments(old)
    digest = attachments.add_document(loan, "photo", "image/jpeg", b"one")
    assert attachments.add_document(loan, "photo", "image/jpeg", b"one") == digest
    assert [document.bytes for document in attachments.documents(loan)] == [3]
    assert attachments.content("1234567897", digest) is None
    for case_id, content in (("1234567897", b"one"), (loan, b""), (loan, b"x" * (8 * 2**20 + 1))):
        with pytest.raises(AttachmentRefused):
            attachments.add_document(case_id, "photo", "image/jpeg", content)


def test_a_closed_wish_stays_in_the_history_and_the_next_one_is_another(old: Ledger) -> None:
    first = old.request_hand_off("web:42", "要找人")
    assert [(wish.id, wish.sender, wish.reason) for wish in old.open_hand_offs()] == [(first, "web:42", "要找人")]
    assert old.close_hand_off(first, "staff:7", "打过电话了")
    assert not old.close_hand_off(first, "staff:7", "again")
    assert old.open_hand_offs() == []
    assert old.request_hand_off("web:42", "又要找人") != first
    with old.engine.begin() as connection:
        states = connection.execute(text("SELECT state FROM hand_off_events ORDER BY id")).scalars().all()
    assert states == ["open", "closed", "open"]
    with pytest.raises(Exception, match="append-only"), old.engine.begin() as connection:
        connection.execute(text("UPDATE hand_off_events SET note = ''"))
