"""A message that comes a second time: the conversation is asked before anything runs again."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("rasa", reason="Rasa's own environment")

from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components import repeats

pytestmark = pytest.mark.unit
BUTTONS = [{"title": "是", "payload": "/affirm"}]


def store_with(*events: object) -> InMemoryTrackerStore:
    store = InMemoryTrackerStore(Domain.empty())
    tracker = DialogueStateTracker.from_events("api:a", list(events))
    asyncio.run(store.save(tracker))
    return store


def said(text: str, message_id: str) -> UserUttered:
    return UserUttered(text, parse_data={"text": text, "intent": {"name": "greet"}}, message_id=message_id)


def ask(store: InMemoryTrackerStore, message_id: str) -> object:
    return asyncio.run(repeats.answered(store, "api:a", message_id))


def test_the_answer_once_given_is_found_with_its_options() -> None:
    store = store_with(
        said("一", "m1"),
        BotUttered("甲", {"buttons": BUTTONS, "custom": {"kind": "form"}}),
        BotUttered("乙"),
        said("二", "m2"),
        BotUttered("丙"),
    )
    parse, messages = ask(store, "m1")  # type: ignore[misc]
    assert parse["text"] == "一"
    assert [m["text"] for m in messages] == ["甲", "乙"]
    assert messages[0]["buttons"] == BUTTONS
    assert messages[0]["custom"] == {"kind": "form"}
    assert ask(store, "m2")[1][0]["text"] == "丙"  # type: ignore[index]


def test_what_was_never_answered_has_to_be_run() -> None:
    store = store_with(said("一", "m1"), said("二", "m2"), BotUttered("丙"))
    assert ask(store, "m1") is None
    assert ask(store, "m3") is None
    assert asyncio.run(repeats.answered(store, "api:nobody", "m1")) is None


def test_seen_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 2)
    seen = repeats.Seen()
    assert [seen.before("a", m) for m in "1121"] == [False, True, False, True]
    assert not seen.before("a", "3")
    assert not seen.before("b", "3")
    assert not seen.before("a", "1"), "forgotten, and named by the gateway instead"
