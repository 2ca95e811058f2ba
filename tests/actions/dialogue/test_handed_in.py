"""A form that was submitted while its conversation does not know it: the ledger's word counts."""

from __future__ import annotations

from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue.form_spec import KEY, REQUESTED
from actions.dialogue.recall import Recall
from actions.dialogue.registry import build_actions
from actions.errors import LedgerUnavailable
from tests.actions.dialogue.doubles import Services, Talk, case

pytestmark = pytest.mark.unit


async def say(text: str, intent: str, services: Services) -> tuple[str, dict[str, Any]]:
    slots = {
        **{KEY: "k1", REQUESTED: "bill_confirm", "bill_type": "electricity", "bill_account": "12345678"},
        "bill_found": {"bill_id": "b1", "bill_type": "electricity", "account": "12345678", "holder": "王*"}
        | {"amount_fen": 10_580, "period": "2026年10月", "company": "示例电力", "due_on": None, "sample": False},
    }
    message = {"text": text, "intent": {"name": intent, "confidence": 0.99}, "entities": []}
    loop = {"name": "bill_form"}
    tracker = Tracker("u1", slots, message, [], False, None, loop, "bill_form")
    (validate,) = (a for a in build_actions(services) if a.name() == "validate_bill_form")
    dispatcher = CollectingDispatcher()
    events = await validate.run(dispatcher, tracker, {})
    set_ = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return "\n".join(str(message["text"]) for message in dispatcher.messages), set_


@pytest.mark.parametrize(("text", "intent"), [("取消", "cancel"), ("对，交费", "affirm"), ("换水费", "correct_value")])
async def test_whatever_is_said_the_case_is_told(text: str, intent: str) -> None:
    services = Services(made={"k1": case("2234567895", "bill", 10_580, confirm_url="http://127.0.0.1:1/pay/1")})
    told, slots = await say(text, intent, services)
    assert "已经登记好了" in told
    assert "2234567895" in told
    assert "http://127.0.0.1:1/pay/1" in told
    assert "没有交上去" not in told
    assert slots[KEY] is None
    assert slots[REQUESTED] is None
    assert services.paid == {}


async def test_nothing_of_what_was_handed_in_is_offered_again() -> None:
    services = Services(made={"k1": case("2234567895", "bill", 10_580)})
    await services.keep("u1", "pay_bill", {"bill_type": "electricity", KEY: "k1"})
    await say("对，交费", "affirm", services)
    assert services.drafts_ == {}


async def test_who_begins_anew_after_a_lost_answer_hears_of_the_case() -> None:
    """The session ended before anybody told them: a second form would make a second case."""
    talk = Talk("pay_bill", Services(made={"k1": case("2234567895", "bill", 10_580)}))
    await talk.services.keep("u1", "pay_bill", {"bill_type": "electricity", KEY: "k1"})
    assert await Recall(talk.services, talk.services).offer("u1") is None, "it is not unfinished"
    told = await talk.say("我要交电费", "pay_bill")
    assert "已经登记好了" in told
    assert "2234567895" in told
    assert talk.asked is None
    assert "户号" in await talk.say("我要交电费", "pay_bill"), "said again, it is a new wish"


async def test_without_a_case_the_form_goes_on() -> None:
    told, slots = await say("取消", "cancel", Services())
    assert "都没有交上去" in told
    assert slots[REQUESTED] is None


async def test_a_ledger_that_does_not_answer_leaves_it_open() -> None:
    class Away(Services):
        async def made_by(self, key: str) -> Any:
            raise LedgerUnavailable

        drop_key = made_by

    told, _ = await say("取消", "cancel", Away())
    assert "还不能确定" in told
