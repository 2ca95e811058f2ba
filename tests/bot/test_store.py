"""The gateway's memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.options import OfferedOption
from bot.store import GatewayStore, new_key, open_engine

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
    store.finish_turn("api:a", "m1", '{"x":1}', [option], [(key, "好的")])
    store.close()
    reopened = GatewayStore(open_engine(f"sqlite:///{file}"))
    assert reopened.answer_of("api:a", "m1") == '{"x":1}'
    assert reopened.answer_of("api:b", "m1") is None
    assert reopened.options_of("api:a") == (option,)
    assert reopened.spoken_text(key) == "好的"


def test_new_options_replace_old_ones(store: GatewayStore) -> None:
    store.finish_turn("api:a", "m1", "{}", [OfferedOption("1", "好", "/affirm")], [])
    store.finish_turn("api:a", "m2", "{}", [], [])
    assert store.options_of("api:a") == ()


def test_old_turns_are_forgotten(store: GatewayStore) -> None:
    key = new_key()
    store.finish_turn("api:a", "m1", "{}", [], [(key, "好的")])
    store.forget_before(datetime.now(UTC) - timedelta(minutes=1))
    assert store.spoken_text(key) == "好的"
    store.forget_before(datetime.now(UTC) + timedelta(minutes=1))
    assert store.answer_of("api:a", "m1") is None
    assert store.spoken_text(key) is None
