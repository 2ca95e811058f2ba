"""The gateway's memory."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.database import new_key, open_engine
from bot.options import OfferedOption
from bot.store import Consent, GatewayStore, Question

pytestmark = pytest.mark.unit


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "gateway.sqlite"


@pytest.fixture
def store(file: Path) -> GatewayStore:
    return GatewayStore(open_engine(f"sqlite:///{file}"))


def test_only_the_owner_reads_the_file(store: GatewayStore, file: Path) -> None:
    assert store.answer_of("api:a", "1") is None
    assert file.stat().st_mode & 0o077 == 0


def test_a_turn_is_found_again_with_its_options_and_sound(store: GatewayStore, file: Path) -> None:
    key = new_key()
    option = OfferedOption("1", "好", "/affirm")
    store.finish_turn("api:a", "m1", '{"x":1}', Question((option,), "loan_amount"), [(key, "好的")])
    store.close()
    reopened = GatewayStore(open_engine(f"sqlite:///{file}"))
    assert reopened.answer_of("api:a", "m1") == '{"x":1}'
    assert reopened.answer_of("api:b", "m1") is None
    assert reopened.question_of("api:a") == Question((option,), "loan_amount")
    assert reopened.spoken_text(key) == "好的"


def test_new_options_replace_old_ones(store: GatewayStore) -> None:
    store.finish_turn("api:a", "m1", "{}", Question((OfferedOption("1", "好", "/affirm"),)), [])
    store.finish_turn("api:a", "m2", "{}", Question(), [])
    assert store.question_of("api:a") == Question()


def test_who_comes_twice_in_a_moment_is_told_once(store: GatewayStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        for n in range(20):
            assert sum(pool.map(lambda _, n=n: store.meet(f"api:{n}", "1"), range(8))) == 1
    store.decide("api:0", Consent.GIVEN, "1")
    assert not store.meet("api:0", "1")
    assert store.consent_of("api:0") is Consent.GIVEN
    assert store.meet("api:0", "2"), "another version is told, and asked about, anew"
    assert store.consent_of("api:0") is Consent.UNASKED
    store.decide("api:new", Consent.REFUSED, "2")
    assert store.consent_of("api:new") is Consent.REFUSED


def test_old_turns_are_forgotten(store: GatewayStore) -> None:
    key = new_key()
    store.finish_turn("api:a", "m1", "{}", Question(), [(key, "好的")])
    store.forget_old(datetime.now(UTC) + timedelta(days=7, minutes=-1))
    assert store.spoken_text(key) == "好的"
    store.forget_old(datetime.now(UTC) + timedelta(days=7, minutes=1))
    assert store.answer_of("api:a", "m1") is None
    assert store.spoken_text(key) is None


def test_what_was_kept_before_slots_were_is_still_read(store: GatewayStore, file: Path) -> None:
    store.finish_turn("api:a", "m1", "{}", Question(), [])
    with sqlite3.connect(file) as database:
        database.execute("UPDATE offers SET options = ?", ('[{"key": "1", "title": "好", "payload": "/affirm"}]',))
    assert store.question_of("api:a") == Question((OfferedOption("1", "好", "/affirm"),))
