"""Danger to life comes before everything else, inside and outside forms."""

from __future__ import annotations

import pytest

from actions.dialogue import emergency
from tests.actions.dialogue.doubles import Services, Talk
from tests.actions.dialogue.test_answers import run
from tests.actions.dialogue.test_corrections import loan

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "text",
    [
        "我老伴喝农药了",
        "孩子误食老鼠药怎么办",
        "误食农药",
        "农药中毒了咋办",
        "把敌敌畏喝了",
        "百草枯中毒",
        "煤气中毒",
        "有人触电了",
        "娃溺水了",
        "我爸喝了百草枯",
        "人打药中毒了",
        "叫不醒了",
    ],
)
@pytest.mark.parametrize("intent", ["ask_knowledge", "nlu_fallback", "out_of_scope"])
async def test_120_first_and_alone(text: str, intent: str) -> None:
    messages, _ = await run(Services(), text, intent)
    assert len(messages) == 1
    assert messages[0]["text"].startswith("马上打120")
    assert "一二零" in messages[0]["custom"]["spoken"]
    assert messages[0]["buttons"]


@pytest.mark.parametrize("text", ["农药中毒怎么预防", "打药怎么防止中毒"])
async def test_in_doubt_120_and_then_the_answer(text: str) -> None:
    messages, _ = await run(Services(), text, "ask_knowledge")
    assert messages[0]["text"].startswith("马上打120")
    assert "小麦" in messages[1]["text"]


@pytest.mark.parametrize(
    "text",
    [
        "农药怎么打",
        "猪吃了老鼠药",
        "牛中毒怎么办",
        "草甘膦怎么用",
        "老鼠药哪里买",
        "热死了想死机",
        "电费怎么交",
        "鱼塘增氧",
        "电脑中毒了",
        "我想死你了",
    ],
)
def test_ordinary_questions(text: str) -> None:
    assert emergency.found(text) is None


@pytest.mark.parametrize("text", ["我想自杀", "不想活了", "活着没意思"])
@pytest.mark.parametrize("intent", ["nlu_fallback", "ask_knowledge", "cancel"])
async def test_who_wants_to_die(text: str, intent: str) -> None:
    (message,), _ = await run(Services(), text, intent)
    for number in ("12356", "120", "110"):
        assert number in message["text"]
    assert message["buttons"]


@pytest.mark.parametrize("text", ["我媳妇喝农药了", "不想活了"])
async def test_in_a_form_the_form_stays(text: str) -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("五万")
    said = await talk.say(text, "inform")
    assert talk.last[0].kind == "emergency"
    assert "120" in said
    assert talk.asked == "loan_purpose"
    assert talk.slots["loan_amount"] == 5_000_000


async def test_a_yes_after_it_submits_nothing() -> None:
    talk = await loan()
    await talk.say("我不想活了", "inform")
    await talk.say("好", "affirm")
    assert talk.services.submitted == {}
    assert "我念一遍" in talk.last[-1].text


async def test_no_form_begins_with_it() -> None:
    talk = Talk("apply_loan")
    said = await talk.say("我还不起贷款不想活了", "apply_loan")
    assert "12356" in said
    assert talk.asked is None
