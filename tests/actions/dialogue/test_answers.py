"""Answers outside forms: knowledge, fraud, progress, people, services that are not connected, misunderstandings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import build_actions
from actions.dialogue.registry import ACTION_OF
from tests.actions.dialogue.doubles import Services, case, hit

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[3]


def user(text: str, intent: str, confidence: float = 0.9, **more: Any) -> dict[str, Any]:
    return {
        "event": "user",
        "text": text,
        "parse_data": {},
        "latest": {"text": text, "intent": {"name": intent, "confidence": confidence}, **more},
    }


async def run(
    services: Services,
    text: str,
    intent: str,
    *,
    slots: dict[str, Any] | None = None,
    before: tuple[dict[str, Any], ...] = (),
    **more: Any,
):  # type: ignore[no-untyped-def]
    """Runs the action of ``intent`` as Rasa would; returns its messages and events."""
    event = user(text, intent, **more)
    tracker = Tracker("u1", slots or {}, event["latest"], [*before, event], False, None, {}, None)
    dispatcher = CollectingDispatcher()
    action = next(a for a in build_actions(services) if a.name() == ACTION_OF[intent])
    events = await action.run(dispatcher, tracker, {})
    return dispatcher.messages, events


def bot(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": "bot",
        "text": message["text"],
        "data": {"buttons": message["buttons"], "custom": message["custom"]},
    }


async def test_answer_is_the_entrys_own_text_with_its_source() -> None:
    (message,), _ = await run(Services(), "小麦长锈病咋办", "ask_knowledge")
    assert message["text"] == "【小麦条锈病怎么防治】\n小麦条锈病怎么防治短\n\n小麦条锈病怎么防治全文"
    assert message["custom"]["spoken"] == "您问的是：小麦条锈病怎么防治。小麦条锈病怎么防治短"
    assert message["custom"]["sources"] == [
        {"id": "farm-wheat-rust", "title": "农药管理条例 第三十四条", "url": None, "date": "2022-03-29"}
    ]


async def test_what_nobody_checked_says_so() -> None:
    (message,), _ = await run(Services(hits=(hit("a", "甲", status="imported"),)), "小麦长锈病咋办", "ask_knowledge")
    assert "没有人一条条核对过" in message["text"]
    assert "没有人一条条核对过" in message["custom"]["spoken"]


async def test_all_hypotheses_are_searched() -> None:
    services = Services()
    reading = {"text": "小麦长锈病", "share": 0.5, "intent": "ask_knowledge", "confidence": 0.9}
    await run(services, "小卖长锈病", "ask_knowledge", metadata={"readings": [reading]})
    assert services.queries == [["小卖长锈病", "小麦长锈病"]]


async def test_clarify_offers_titles_and_the_choice_answers() -> None:
    services = Services(decision="clarify", hits=(hit("a", "甲"), hit("b", "乙"), hit("c", "丙"), hit("d", "丁")))
    (message,), _ = await run(services, "锈病", "ask_knowledge")
    assert [b["title"] for b in message["buttons"]] == ["甲", "乙", "丙", "都不是"]
    before = (user("锈病", "ask_knowledge"), bot(message))
    (chosen,), _ = await run(services, "第二个", "choose_option", before=before)
    assert chosen["text"].endswith("乙全文")
    (none,), _ = await run(services, "都不是", "inform", before=before)
    assert none["custom"]["kind"] == "refuse"


async def test_refuse_says_so_and_offers_a_person() -> None:
    (message,), _ = await run(Services(decision="refuse", hits=()), "火星上种啥", "ask_knowledge")
    assert message["custom"]["kind"] == "refuse"
    assert message["buttons"][0]["payload"] == "/human_agent"


async def test_what_nobody_asked_for_is_told_as_judged() -> None:
    (message,), _ = await run(Services(label="normal"), "村口贴了种子价目表", "check_fraud")
    assert message["text"] == "先挂电话，打96110问。"


@pytest.mark.parametrize("label", ["fraud", "unsure"])
async def test_fraud_advice_and_signs_are_told(label: str) -> None:
    (message,), _ = await run(Services(label=label), "叫我转钱到安全账户", "check_fraud")
    assert message["text"].startswith("先挂电话，打96110问")
    assert "九六一一零" in message["custom"]["spoken"]
    assert "安全账户" in message["text"]


async def test_progress_of_the_newest_case() -> None:
    (message,), _ = await run(Services(cases_=[case("1234567897", "loan", 5_000_000)]), "办到哪了", "check_progress")
    assert "1234567897" in message["text"]
    assert "一二三，四五六" in message["custom"]["spoken"]
    assert message["custom"]["case_id"] == "1234567897"


async def test_progress_without_a_case() -> None:
    (message,), _ = await run(Services(), "办到哪了", "check_progress")
    assert message["custom"]["case_id"] is None
    (message,), _ = await run(Services(cases_=[case("1234567897", "loan", 1)]), "编号7654321的呢", "check_progress")
    assert "没查到编号7654321" in message["text"]


async def test_hand_off_is_registered_and_promises_no_time() -> None:
    services = Services()
    (message,), _ = await run(services, "转人工", "human_agent")
    assert services.handed_off == [("u1", "用户要求人工")]
    assert "305" in message["text"]
    assert not any(word in message["text"] for word in ("分钟", "小时", "马上", "立刻", "工作日"))


@pytest.mark.parametrize("intent", [name for name, action in ACTION_OF.items() if action == "action_not_connected"])
async def test_services_not_connected_say_where_to_go(intent: str) -> None:
    messages, _ = await run(Services(decision="refuse", hits=()), "问一下", intent)
    assert any(place in messages[0]["text"] for place in ("村委会", "网点", "打", "工作人员", "收购站"))


async def test_lost_card_is_urgent() -> None:
    messages, _ = await run(Services(), "我的卡丢了", "report_card_loss")
    assert "马上挂失" in messages[0]["text"]
    assert messages[1]["text"].endswith("全文")


async def test_misunderstood_three_times_offers_a_person() -> None:
    misses = 0
    for expected in ("没听明白", "没听明白", "请工作人员"):
        (message,), events = await run(Services(), "呜啦", "nlu_fallback", slots={"form_misses": misses})
        assert expected in message["text"]
        misses = next(event["value"] for event in events if event["name"] == "form_misses")
    assert misses == 0


async def test_the_two_likeliest_meanings_are_read_back() -> None:
    ranking = [
        {"name": "nlu_fallback", "confidence": 0.6},
        {"name": "pay_bill", "confidence": 0.4},
        {"name": "ask_knowledge", "confidence": 0.35},
    ]
    (message,), _ = await run(Services(decision="refuse"), "电费的事", "nlu_fallback", intent_ranking=ranking)
    assert [b["title"] for b in message["buttons"]] == ["交费", "问一个问题", "都不是"]
    before = (user("电费的事", "nlu_fallback"), bot(message))
    messages, events = await run(Services(), "第一个", "choose_option", before=before)
    assert messages == []
    assert {"event": "followup", "name": "bill_form"} in [{k: e[k] for k in ("event", "name")} for e in events]
    services = Services()
    await run(services, "2", "inform", before=before)
    assert services.queries == [["电费的事"]]


async def test_an_entry_that_fits_is_offered_when_the_intent_is_unclear() -> None:
    (message,), _ = await run(Services(), "低保咋个申请", "nlu_fallback")
    assert [b["title"] for b in message["buttons"]] == ["小麦条锈病怎么防治", "都不是"]
    before = (user("低保咋个申请", "nlu_fallback"), bot(message))
    (answer,), _ = await run(Services(), "第一个", "choose_option", before=before)
    assert answer["text"].endswith("全文")


@pytest.mark.parametrize("text", ["我已经转了五万怎么办", "刚才把钱打过去了", "我被人骗了"])
async def test_money_already_gone_is_sent_to_the_police_first(text: str) -> None:
    (message,), _ = await run(Services(label="unsure"), text, "check_fraud")
    assert "马上打110" in message["text"]
    assert "一一零" in message["custom"]["spoken"]


async def test_an_unsure_wish_for_a_person_is_asked_about() -> None:
    services = Services()
    (message,), _ = await run(services, "不告诉你", "human_agent", confidence=0.6)
    assert services.handed_off == []
    assert [b["title"] for b in message["buttons"]] == ["请工作人员帮我", "不用"]


async def test_repeat_says_the_last_message_with_its_options() -> None:
    (first,), _ = await run(Services(decision="refuse", hits=()), "火星", "ask_knowledge")
    (again,), _ = await run(Services(), "再说一遍", "repeat", before=(user("火星", "ask_knowledge"), bot(first)))
    assert again["text"] == first["text"]
    assert again["buttons"] == first["buttons"]


async def test_codes_are_refused_outside_forms() -> None:
    services = Services()
    (message,), _ = await run(services, "我的验证码是882319，小麦长锈病咋办", "ask_knowledge")
    assert "验证码" in message["text"]
    assert services.queries == []


async def test_everything_fails_politely() -> None:
    class Broken(Services):
        def search(self, *args: Any, **kwargs: Any) -> Any:
            raise OSError

        def check(self, text: str) -> Any:
            raise OSError

        async def latest(self, sender: str) -> Any:
            raise OSError

        async def request(self, sender: str, reason: str) -> str:
            raise OSError

    for intent in ("ask_knowledge", "check_fraud", "check_progress", "human_agent"):
        (message,), _ = await run(Broken(), "问一下", intent)
        assert message["custom"]["kind"] == "error"


def test_rules_domain_and_actions_agree() -> None:
    rules: dict[str, str] = {}
    for name in ("services", "talk"):
        for rule in yaml.safe_load((ROOT / f"nlu/rules/{name}.yml").read_text("utf-8"))["rules"]:
            intent, action = rule["steps"]
            rules[intent["intent"]] = action["action"]
    assert rules == ACTION_OF
    declared = yaml.safe_load((ROOT / "domain/actions.yml").read_text("utf-8"))["actions"]
    assert sorted(declared) == sorted(action.name() for action in build_actions(Services()))
    intents = yaml.safe_load((ROOT / "domain/intents.yml").read_text("utf-8"))["intents"]
    assert {next(iter(intent)) for intent in intents} == set(ACTION_OF) | {"apply_loan", "pay_bill"}
