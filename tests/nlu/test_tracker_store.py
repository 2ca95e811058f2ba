"""What is kept of a conversation: enough for the next turn, never more."""

from __future__ import annotations

import asyncio
import functools
import stat
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("rasa", reason="runs on Rasa's Python")

import sqlalchemy as sa
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.tracker_store import MOST_KEPT, ROW_KEPT_S, ShortTrackerStore

pytestmark = pytest.mark.unit
DOMAIN = Domain.load(str(Path(__file__).parents[2] / "domain"))


def running(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs an asynchronous test: Rasa's environment has no pytest plug-in for it."""

    @functools.wraps(test)
    def run(**fixtures: Any) -> None:
        asyncio.run(test(**fixtures))

    return run


@pytest.fixture
def store(tmp_path: Path) -> ShortTrackerStore:
    return ShortTrackerStore(DOMAIN, db=str(tmp_path / "rasa.sqlite"))


async def begun(store: ShortTrackerStore, sender: str = "web:1") -> DialogueStateTracker:
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
        tracker.update(event, DOMAIN)
    return tracker


def turn(tracker: DialogueStateTracker, said: str, *events: object) -> None:
    """One turn as Rasa logs it."""
    intent = {"name": "inform", "confidence": 0.9}
    parse = {"text": said, "intent": intent, "entities": [], "intent_ranking": [intent] * 20}
    tracker.update(UserUttered(said, intent, [], parse, metadata={"turn_id": said}), DOMAIN)
    for event in (*events, BotUttered(f"answer to {said}"), ActionExecuted("action_listen")):
        tracker.update(event, DOMAIN)


@running
async def test_a_form_in_progress_survives_however_long_it_takes(store: ShortTrackerStore) -> None:
    tracker = await begun(store)
    begin = (ActionExecuted("loan_form"), ActiveLoop("loan_form"), SlotSet("loan_amount", 5_000_000))
    turn(tracker, "我想贷五万", *begin, SlotSet("requested_slot", "loan_purpose"))
    await store.save(tracker)
    for number in range(30):
        tracker = await store.get_or_create_tracker("web:1")
        assert tracker.active_loop_name == "loan_form"
        assert tracker.get_slot("loan_amount") == 5_000_000
        assert tracker.get_slot("requested_slot") == "loan_purpose"
        assert tracker.latest_action_name == "action_listen"
        turn(tracker, f"话{number}", ActionExecuted("loan_form"), SlotSet("form_misses", number))
        await store.save(tracker)
    tracker = await store.get_or_create_tracker("web:1")
    assert tracker.get_slot("form_misses") == 29
    assert sum(isinstance(event, UserUttered) for event in tracker.events) == 2
    assert len(tracker.events) < 25


@running
async def test_its_size_does_not_grow(store: ShortTrackerStore) -> None:
    tracker = await begun(store)
    sizes = []
    for number in range(40):
        turn(tracker, f"第{number:02d}句", ActionExecuted("action_answer_knowledge"))
        await store.save(tracker)
        with store._engine.connect() as connection:
            sizes.append(len(connection.execute(sa.text("SELECT state FROM conversations")).scalar()))
        tracker = await store.get_or_create_tracker("web:1")
    assert abs(sizes[-1] - sizes[5]) < 0.05 * sizes[5], "times are written with more or fewer digits, nothing else"


@running
async def test_of_a_form_that_ended_only_the_last_turn_is_kept(store: ShortTrackerStore) -> None:
    tracker = await begun(store)
    turn(tracker, "我想贷款", ActionExecuted("loan_form"), ActiveLoop("loan_form"), SlotSet("applicant_name", "王二娃"))
    ended = (ActionExecuted("loan_form"), SlotSet("applicant_name", None), ActiveLoop(None))
    turn(tracker, "对，提交", *ended)
    await store.save(tracker)
    with store._engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT state FROM conversations")).scalar()
    assert "我想贷款" not in kept
    tracker = await store.get_or_create_tracker("web:1")
    assert tracker.active_loop_name is None
    assert tracker.get_slot("applicant_name") is None
    assert [e.text for e in tracker.events if isinstance(e, BotUttered)] == ["answer to 对，提交"]


@running
async def test_the_last_question_outlives_messages_that_got_no_answer(store: ShortTrackerStore) -> None:
    """A yes must be held against what was asked, also when it was said several times while a part was down."""
    tracker = await begun(store)
    turn(tracker, "十亩", ActionExecuted("loan_form"), ActiveLoop("loan_form"))
    for number in range(MOST_KEPT * 2):
        tracker.update(
            UserUttered("对", {"name": "affirm"}, [], {"text": "对"}, metadata={"turn_id": str(number)}), DOMAIN
        )
        tracker.update(ActionExecuted("action_listen"), DOMAIN)
        await store.save(tracker)
        tracker = await store.get_or_create_tracker("web:1")
        answers = [event.text for event in tracker.events if isinstance(event, BotUttered)]
        assert answers == (["answer to 十亩"] if number < MOST_KEPT - 1 else []), number
        assert sum(isinstance(event, UserUttered) for event in tracker.events) <= MOST_KEPT
    assert tracker.active_loop_name == "loan_form"


@running
async def test_a_new_session_leaves_nothing_of_the_old(store: ShortTrackerStore) -> None:
    tracker = await begun(store)
    turn(tracker, "我想贷款", ActionExecuted("loan_form"), ActiveLoop("loan_form"), SlotSet("loan_amount", 1))
    await store.save(tracker)
    tracker = await store.get_or_create_tracker("web:1")
    for event in (ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")):
        tracker.update(event, DOMAIN)
    turn(tracker, "你好")
    await store.save(tracker)
    tracker = await store.get_or_create_tracker("web:1")
    assert tracker.active_loop_name is None
    assert tracker.get_slot("loan_amount") is None
    assert len(tracker.events) < 10


@running
async def test_conversations_stay_apart(store: ShortTrackerStore) -> None:
    for sender in ("web:1", "web:2"):
        tracker = await begun(store, sender)
        turn(tracker, sender)
        await store.save(tracker)
    assert sorted(await store.keys()) == ["web:1", "web:2"]
    tracker = await store.get_or_create_tracker("web:2")
    assert tracker.latest_message is not None
    assert tracker.latest_message.text == "web:2"


def said(store: ShortTrackerStore, sender: str, at: float) -> None:
    asyncio.run(store.save(DialogueStateTracker.from_events(sender, [UserUttered("我想贷五万", timestamp=at)])))


def test_one_conversation_is_forgotten(store: ShortTrackerStore) -> None:
    said(store, "web:wang", time.time())
    said(store, "web:li", time.time())
    store.forget("web:wang")
    assert list(asyncio.run(store.keys())) == ["web:li"]


def test_idle_conversations_are_forgotten(store: ShortTrackerStore) -> None:
    said(store, "web:old", time.time() - ROW_KEPT_S - 60)
    said(store, "web:returned", time.time() - ROW_KEPT_S - 60)
    said(store, "web:returned", time.time())
    store.forget_idle(time.time() - ROW_KEPT_S)
    assert list(asyncio.run(store.keys())) == ["web:returned"]


@running
async def test_what_nobody_continues_is_deleted(store: ShortTrackerStore, tmp_path: Path) -> None:
    for sender in ("old", "new"):
        tracker = await begun(store, sender)
        turn(tracker, "你好")
        await store.save(tracker)
    with store._engine.begin() as connection:
        before = {"before": time.time() - ROW_KEPT_S - 1}
        connection.execute(sa.text("UPDATE conversations SET updated_at = :before WHERE sender_id = 'old'"), before)
    again = ShortTrackerStore(DOMAIN, db=str(tmp_path / "rasa.sqlite"))
    assert list(await again.keys()) == ["new"]


@running
async def test_only_its_owner_may_read_it(store: ShortTrackerStore, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "rasa.sqlite").stat().st_mode) == 0o600
