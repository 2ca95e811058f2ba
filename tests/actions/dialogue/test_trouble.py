"""Whatever fails, the user hears a number, and the log has it with the place in the code and no word of theirs."""

from __future__ import annotations

import logging
import re

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue.registry import build_actions
from actions.errors import LedgerUnavailable
from tests.actions.dialogue.doubles import Services

pytestmark = pytest.mark.unit
WORDS = "我叫欧阳小明，电话13812345678"


def tracker(text: str, intent: str, form: str | None = None) -> Tracker:
    latest = {
        "text": text,
        "intent": {"name": intent, "confidence": 0.97},
        "entities": [],
        "metadata": {"turn_id": "turn-7"},
    }
    loop = {"name": form} if form else {}
    return Tracker("web:42", {"requested_slot": None}, latest, [], False, None, loop, "action_listen")


class Broken(Services):
    """Every look-up fails, with an exception that quotes the user."""

    error: Exception = RuntimeError(WORDS)

    async def latest(self, sender: str) -> None:
        raise self.error

    async def request(self, sender: str, reason: str) -> str:
        raise self.error

    async def of(self, sender: str) -> list[object]:  # type: ignore[override]
        raise self.error

    async def open_case(self, sender: str) -> None:
        raise LedgerUnavailable

    def search(self, queries: object, k: int = 5, region: str | None = None) -> None:
        raise self.error

    def check(self, text: str) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("action", "intent", "text"),
    [
        ("action_check_progress", "check_progress", "查进度"),
        ("action_hand_off", "human_agent", "转人工"),
        ("action_answer_knowledge", "ask_knowledge", "小麦长锈病怎么办"),
        ("action_check_fraud", "check_fraud", "让我把钱转到安全账户"),
        ("action_small_talk", "cancel", "撤回我的贷款申请"),
    ],
)
async def test_a_number_leads_from_the_user_to_the_log(
    action: str, intent: str, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    await told({a.name(): a for a in build_actions(Broken())}[action], tracker(text, intent), caplog)


async def test_a_form_that_breaks_says_so_with_a_number_and_stays(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = {a.name(): a for a in build_actions(Services())}["validate_loan_form"]
    monkeypatch.setattr(form._guard, "before", lambda *_: (_ for _ in ()).throw(RuntimeError(WORDS)))
    asking = tracker("五万", "inform", "loan_form")
    asking.slots["requested_slot"] = "loan_amount"
    events = await told(form, asking, caplog)
    assert {"requested_slot": "loan_amount"}.items() <= {e["name"]: e["value"] for e in events}.items()


async def told(action: object, asked: Tracker, caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    dispatcher = CollectingDispatcher()
    with caplog.at_level(logging.DEBUG):
        events: list[dict[str, object]] = await action.run(dispatcher, asked, {})  # type: ignore[attr-defined]
    (message,) = dispatcher.messages
    number = re.search(r"问题编号(\d{6})。", message["text"])
    assert message["custom"]["kind"] == "error"
    assert number is not None
    assert number[1] not in message["custom"]["spoken"]  # said digit by digit
    line = next(record.getMessage() for record in caplog.records if f"problem {number[1]}" in record.getMessage())
    assert "turn=turn-7" in line
    assert ".py:" in line
    for personal in ("欧阳小明", "13812345678", "web:42"):
        assert personal not in caplog.text
        assert personal not in message["text"]
    return events
