"""Conversations are forgotten on wish and after a while."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from nlu.components.tracker_store import PrivateTrackerStore

pytestmark = pytest.mark.unit


@pytest.fixture
def store(tmp_path: Path) -> PrivateTrackerStore:
    return PrivateTrackerStore(Domain.empty(), db=str(tmp_path / "rasa.sqlite"))


def said(store: PrivateTrackerStore, sender: str, at: float) -> None:
    known = asyncio.run(store.retrieve_full_tracker(sender))
    events = [*(known.events if known else ()), UserUttered("我想贷五万", timestamp=at)]
    asyncio.run(store.save(DialogueStateTracker.from_events(sender, events)))


def test_one_conversation_is_forgotten(store: PrivateTrackerStore) -> None:
    said(store, "web:wang", time.time())
    said(store, "web:li", time.time())
    store.forget("web:wang")
    assert list(asyncio.run(store.keys())) == ["web:li"]


def test_idle_conversations_are_forgotten(store: PrivateTrackerStore) -> None:
    week = 7 * 24 * 3600
    said(store, "web:old", time.time() - week - 60)
    said(store, "web:returned", time.time() - week - 60)
    said(store, "web:returned", time.time())
    store.forget_idle(time.time() - week)
    assert list(asyncio.run(store.keys())) == ["web:returned"]
    assert len(asyncio.run(store.retrieve_full_tracker("web:returned")).events) == 2
