"""Outlines of plots lie in one place; what was written into the loan itself before was brought there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from actions.ledger.attachments import Attachments
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.reseal import Resealer
from actions.ledger.vault import Vault
from actions.loans import LoanApplication

pytestmark = pytest.mark.unit
OUTLINE = {"type": "Polygon", "coordinates": [[[104.1, 30.6], [104.2, 30.6], [104.2, 30.7], [104.1, 30.6]]]}
CASE, OTHER, NOW = "1000000008", "1000000017", "2026-10-01 08:00:00.000000+00:00"


@pytest.fixture
def before(database_url: str) -> Iterator[Ledger]:
    """A ledger of the revision before, with two loans of which one has an outline, and a partner's case."""
    engine = open_engine(database_url)
    migrate(engine, "0040")
    ledger = Ledger(engine, Vault([b"o" * 32]))
    seal = ledger.vault.seal
    with engine.begin() as connection:
        for case_id, outline in ((CASE, OUTLINE), (OTHER, None)):
            connection.execute(
                text(
                    "INSERT INTO cases (id, kind, state, amount_fen, sender_index, sender_sealed, key_index,"
                    " body_index, created_at, updated_at, checks)"
                    " VALUES (:id, 'loan', 'in_review', 1, 's', :sender, :id, 'b', :at, :at, 0)"
                ),
                {"id": case_id, "sender": seal("web:1", f"{case_id}/sender"), "at": NOW},
            )
            connection.execute(
                text(
                    "INSERT INTO loans (case_id, purpose_sealed, term_months, region, name_sealed, phone_sealed,"
                    " phone_index, village_sealed, plot_sealed) VALUES (:id, :purpose, 12, 'national', :name, :phone,"
                    " 'p', :village, :plot)"
                ),
                {
                    "id": case_id,
                    "plot": outline and seal(json.dumps(outline), f"{case_id}/plot"),
                    **{name: seal("甲", f"{case_id}/{name}") for name in ("purpose", "name", "phone", "village")},
                },
            )
        connection.execute(
            text("INSERT INTO partners (id, name, per_minute, per_day, created_at) VALUES ('p', '合作社', 1, 1, :at)"),
            {"at": NOW},
        )
        connection.execute(
            text("INSERT INTO partner_cases (case_id, partner_id, reference_sealed) VALUES (:id, 'p', 'x')"),
            {"id": OTHER},
        )
    yield ledger
    engine.dispose()


def test_an_outline_in_the_loan_is_kept(before: Ledger) -> None:
    migrate(before.engine)
    migrate(before.engine)
    assert Attachments(before).plots(CASE) == [OUTLINE]
    assert Attachments(before).plots(OTHER) == []
    shown = {case.id: case.details.get("plot") for case in before.cases()}
    assert shown == {CASE: "有地块图", OTHER: None}
    with before.engine.connect() as connection:
        times = connection.execute(text("SELECT p.created_at = c.created_at FROM partner_cases p JOIN cases c ON true"))
        assert all(times.scalars())

    both = Ledger(before.engine, Vault([b"n" * 32, b"o" * 32]))
    assert Resealer(both).run().as_json()["older_keys_can_be_removed"] is False  # the keys of these cases were not kept
    assert Attachments(Ledger(before.engine, Vault([b"n" * 32]))).plots(CASE) == [OUTLINE]


def test_a_new_outline_lies_where_all_do(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(replace(application, plot=json.dumps(OUTLINE)), "k1")
    assert Attachments(ledger).plots(case_id) == [OUTLINE]
    with ledger.engine.connect() as connection:
        sealed, area = connection.execute(text("SELECT outline_sealed, area_mu FROM plots")).one()
    assert "104.1" not in sealed
    assert area == "12.5"
