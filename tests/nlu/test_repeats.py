"""A message that comes a second time: the conversation is asked before anything runs again."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("rasa", reason="Rasa's own environment")

from rasa.core.lock_store import InMemoryLockStore
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, SessionStarted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components import repeats
from nlu.components.gateway_channel import GatewayInput, OvertakenError, TurnBody
from nlu.components.tracker_store import ShortTrackerStore

pytestmark = pytest.mark.unit
BUTTONS = [{"title": "是", "payload": "/affirm"}]


def store_with(*events: object) -> InMemoryTrackerStore:
    store = InMemoryTrackerStore(Domain.empty())
    tracker = DialogueStateTracker.from_events("api:a", list(events))
    asyncio.run(store.save(tracker))
    return store


def said(text: str, message_id: str) -> UserUttered:
    return UserUttered(text, parse_data={"text": text, "intent": {"name": "greet"}}, message_id=message_id)


def ask(store: TrackerStore, message_id: str) -> object:
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


def test_the_last_message_is_known_of_a_conversation_kept_short(tmp_path: Path) -> None:
    """Also when it ended a form, and by a process that was started anew."""
    file = str(tmp_path / "rasa.sqlite")
    tracker = DialogueStateTracker("api:a", [])
    tracker.update(SessionStarted())
    for number in range(5):
        tracker.update(said(f"第{number}句", f"m{number}"))
        tracker.update(BotUttered(f"答{number}", {"buttons": BUTTONS, "custom": {"case_id": "1570478727"}}))
    tracker.update(ActiveLoop(None))
    asyncio.run(ShortTrackerStore(Domain.empty(), db=file).save(tracker))
    store = ShortTrackerStore(Domain.empty(), db=file)
    parse, messages = ask(store, "m4")  # type: ignore[misc]
    assert parse["text"] == "第4句"
    assert messages == [{"text": "答4", "buttons": BUTTONS, "custom": {"case_id": "1570478727"}}]
    assert ask(store, "m2") is None


def test_an_overtaken_message_is_not_run_any_more() -> None:
    """对，提交 that comes late must not answer the read-back of something else."""
    store = store_with(said("二", "m2"), BotUttered("丙"))
    agent = SimpleNamespace(tracker_store=store, lock_store=InMemoryLockStore())
    late = TurnBody(sender_id="api:a", message_id="m1", text="对，提交", again=True, overtaken=True)
    with pytest.raises(OvertakenError):
        asyncio.run(GatewayInput("s")._take(agent, late))
    known = TurnBody(sender_id="api:a", message_id="m2", text="二", again=True, overtaken=True)
    assert asyncio.run(GatewayInput("s")._take(agent, known))["messages"][0]["text"] == "丙"


def test_seen_messages_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repeats, "REMEMBERED", 2)
    seen = repeats.Seen()
    assert [seen.before("a", m) for m in "1121"] == [False, True, False, True]
    assert not seen.before("a", "3")
    assert not seen.before("b", "3")
    assert not seen.before("a", "1"), "forgotten, and named by the gateway instead"
