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


async def test_progress_is_of_the_kind_that_is_asked_about() -> None:
    services = Services(cases_=[case("2234567895", "bill", 8_650), case("1570478727", "loan", 5_000_000)])
    for text, number in (
        ("我的贷款办到哪了", "1570478727"),
        ("电费交成了没有", "2234567895"),
        ("查进度", "2234567895"),
    ):
        told, *_ = (await run(services, text, "check_progress"))[0]
        assert told["custom"]["case_id"] == number


async def test_what_else_is_open_is_offered() -> None:
    services = Services(cases_=[case("2234567895", "bill", 8_650), case("1570478727", "loan", 5_000_000)])
    (_, more), _ = await run(services, "查进度", "check_progress")
    first = more["buttons"][0]
    assert first["title"] == "贷款申请50,000元"
    entities = [{"entity": "value", "value": "1570478727"}]
    (told,), _ = await run(services, first["payload"], "check_progress", entities=entities)
    assert told["custom"]["case_id"] == "1570478727"


@pytest.mark.parametrize("text", ["骗子", "是不是骗子", "这是骗人的吧", "碰到骗子了"])
@pytest.mark.parametrize("intent", ["check_fraud", "nlu_fallback"])
async def test_fraud_that_is_only_named_is_asked_about(text: str, intent: str) -> None:
    (message,), _ = await run(Services(label="normal"), text, intent)
    assert "您碰到什么事了" in message["text"]


@pytest.mark.parametrize("text", ["银行客服电话是多少", "中国电信客服电话", "你们的电话号码是好多"])
@pytest.mark.parametrize("intent", ["human_agent", "nlu_fallback"])
async def test_who_asks_for_a_number_is_not_registered(text: str, intent: str) -> None:
    services = Services(decision="refuse", hits=())
    (message,), _ = await run(services, text, intent)
    assert services.handed_off == []
    assert "银行卡背面" in message["text"]


@pytest.mark.parametrize("text", ["你个瓜娃子", "废物", "你好笨哦啥都不会", "滚"])
@pytest.mark.parametrize("intent", ["nlu_fallback", "help", "deny"])
async def test_who_is_angry_gets_an_apology(text: str, intent: str) -> None:
    (message,), _ = await run(Services(decision="refuse", hits=()), text, intent)
    assert "对不住" in message["text"]
    assert message["buttons"] == []


async def test_who_asks_what_it_is_hears_that() -> None:
    (message,), _ = await run(Services(), "你是不是人哦", "help")
    assert "不是真人" in message["text"]


async def test_a_bare_word_is_asked_about() -> None:
    bill = [{"entity": "bill_type", "value": "electricity", "start": 0, "end": 2}]
    for intent in ("inform", "nlu_fallback"):
        (message,), _ = await run(Services(), "电费", intent, entities=bill)
        assert [button["title"] for button in message["buttons"]] == ["交电费", "问电费的事", "都不是"]
    crop = [{"entity": "crop", "value": "玉米", "start": 0, "end": 2}]
    (message,), _ = await run(Services(), "苞谷", "inform", entities=crop)
    assert "贷款种苞谷" in message["text"]


@pytest.mark.parametrize("text", ["我没收到链接", "付款的页面打不开", "确认页在哪里"])
async def test_who_misses_the_link_gets_it_again(text: str) -> None:
    waiting = case("2234567895", "bill", 8_650, confirm_url="http://127.0.0.1:1/pay/1")
    (told,), _ = await run(Services(cases_=[waiting]), text, "nlu_fallback")
    assert "http://127.0.0.1:1/pay/1" in told["text"]


@pytest.mark.parametrize("text", ["我已经把钱转给他了", "钱都汇到他卡上了", "我刚刚转过去了", "我就打了五千给他了"])
async def test_money_that_is_gone_comes_before_all_else(text: str) -> None:
    (message,), _ = await run(Services(label="normal"), text, "check_fraud")
    assert message["text"].startswith("钱要是已经转出去了，马上打110")


@pytest.mark.parametrize("text", ["我打电话给他了，是不是骗子", "他叫我转给他，我没转"])
async def test_money_that_is_not_gone_is_not_called_so(text: str) -> None:
    (message,), _ = await run(Services(label="unsure"), text, "check_fraud")
    assert "钱要是已经转出去了" not in message["text"]


async def test_a_no_that_says_more_is_not_the_end_of_it() -> None:
    (message,), _ = await run(Services(decision="refuse", hits=()), "不是，我是说我的钱没到账", "deny", confidence=0.78)
    assert message["custom"]["kind"] in ("clarify", "not_understood")
    (message,), _ = await run(Services(), "不用了", "deny")
    assert message["text"] == "好。您还有什么事？"
