"""What was handed in already, bare case numbers, and reports of strangers who ask for something."""

from __future__ import annotations

import pytest

from tests.actions.dialogue.doubles import Services, Talk, case
from tests.actions.dialogue.test_answers import run

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("text", ["1570478727", "我的编号是1570478727", "编号1570478727", "幺五七零四七八七二七"])
@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "ask_knowledge"])
async def test_a_bare_case_number_is_looked_up(text: str, intent: str) -> None:
    services = Services(cases_=[case("1570478727", "loan", 5_000_000)])
    (message,), _ = await run(services, text, intent)
    assert message["custom"]["case_id"] == "1570478727"


async def test_a_bare_case_number_begins_no_form() -> None:
    talk = Talk("pay_bill", Services(cases_=[case("1570478727", "loan", 5_000_000)]))
    assert "1570478727" in await talk.say("我的编号是1570478727", "pay_bill")
    assert talk.asked is None


async def test_repeat_says_the_question_and_not_the_miss() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    question = talk.last[-1].text
    await talk.say("呜啦呜啦", "nlu_fallback", 0.3)
    assert await talk.say("再说一遍", "repeat") == question


@pytest.mark.parametrize(
    "text", ["有人说我孙子出事了要打钱", "公安给我打电话说我洗钱", "短信里有个链接叫我点", "有个高工资的活叫我去"]
)
async def test_a_report_is_never_called_harmless(text: str) -> None:
    (message,), _ = await run(Services(label="normal"), text, "check_fraud")
    assert "分不出真假" in message["text"]
    assert "96110" in message["text"]
    assert message["buttons"]
    assert message["custom"]["label"] == "unsure"
