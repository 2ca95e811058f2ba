"""Known tricks told in a money flow stop it until the user has said yes twice."""

from __future__ import annotations

import pytest

from actions.dialogue.guard import OTHER, PATTERNS, found
from actions.texts import guard as say
from tests.actions.dialogue.doubles import Talk

pytestmark = pytest.mark.unit

TOLD = {
    "safe_account": "他叫我贷出来转到安全账户",
    "police": "公安局打电话说我涉嫌洗钱，叫我配合",
    "remote": "客服让我开共享屏幕教我办",
    "mentor": "有个投资导师带着我赚钱",
    "relative": "我儿子微信上说出事了急着要我转钱",
    "lend_card": "有人出钱租我的银行卡",
    "flow": "他说要先刷流水才放款",
    "unfreeze": "说卡号填错了，要交解冻费",
    "brush": "我刷单要垫钱",
    "private": "他叫我把钱打到他个人账户",
}


def test_every_known_trick_has_a_case_and_words() -> None:
    assert set(TOLD) == set(PATTERNS) == set(say.REASONS) - {OTHER} == set(say.NAMES) - {OTHER}


@pytest.mark.parametrize(("sign", "text"), TOLD.items())
async def test_a_trick_told_stops_the_form(sign: str, text: str) -> None:
    assert found(text) == sign
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    said = await talk.say(text)
    assert say.REASONS[sign] in said
    assert "96110" in said
    assert talk.titles == ["我知道了，还要办", "不办了", "请工作人员帮我"]
    assert "九六一一零" in str(talk.last[-1].spoken)
    assert talk.asked == "loan_amount"
    for answer in ("五万", "那咋办嘛"):  # nothing but an answer to the warning counts
        await talk.say(answer)
        assert talk.slots["loan_amount"] is None
    assert "再问您一次" in await talk.press("我知道了，还要办")
    assert "您想贷多少钱" in await talk.press("是我自己要办")
    await talk.say("五万")
    assert talk.slots["loan_amount"] == 5_000_000


@pytest.mark.parametrize(
    "text",
    [
        "买化肥", "种苞谷", "做买卖周转", "我是王二娃", "给儿子交学费", "我在公安局上班", "保证金我没交过",
        "没人叫我刷流水", "我知道安全账户是骗人的", "还儿子的账", "老师介绍我来的", "流水账我记着", "修屏幕",
    ],
)  # fmt: skip
def test_ordinary_answers_are_no_tricks(text: str) -> None:
    assert found(text) is None


@pytest.mark.parametrize("text", ["不是我自己要办，是他教我的", "他不让我说", "没有", "没得人教我", "五万", "还要办吗"])
async def test_what_is_no_clear_yes_never_goes_on(text: str) -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("他说要先刷流水才放款")
    await talk.press("我知道了，还要办")
    said = await talk.say(text)
    assert "您想贷多少钱" not in said
    assert talk.slots["loan_amount"] is None


async def test_the_form_is_dropped_on_a_no() -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill")
    await talk.say("客服让我开共享屏幕教我交")
    said = await talk.say("不办了", "cancel")
    assert "什么都没有交上去" in said
    assert "110" in said
    assert talk.asked is None
    assert not any(talk.slots.values())


async def test_a_person_can_be_called() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("他说要先刷流水才放款")
    said = await talk.press("请工作人员帮我")
    assert "登记号是305" in said
    assert talk.services.handed_off == [("u1", "可能遇到诈骗")]
    assert "还要接着办吗" in said
    assert talk.slots["loan_amount"] is None


async def test_the_opening_is_kept_until_the_warning_is_answered() -> None:
    talk = Talk("apply_loan")
    said = await talk.say("公安局打电话叫我贷五万转到安全账户，两年", "apply_loan")
    assert "安全账户" in said
    assert talk.slots.get("loan_amount") is None
    await talk.say("我知道了，还要办")
    said = await talk.say("对")
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.asked == "loan_purpose"
    assert talk.slots["form_guard"] == {"seen": ["safe_account"]}


async def test_what_was_only_asked_about_is_warned_of_before_the_read_back() -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill")
    said = await talk.say("有人叫我交解冻费，是不是骗子", "check_fraud")
    assert "96110" in said
    assert talk.asked == "bill_account"
    said = await talk.say("12345678")
    assert "等一下" in said
    assert "要交105.80元" not in said
    await talk.say("还要办", "affirm")
    assert talk.services.paid == {}
    said = await talk.say("是我自己要办", "affirm")
    assert "要交105.80元" in said
    assert talk.services.paid == {}
    await talk.press("对，交费")
    assert len(talk.services.paid) == 1
    assert talk.services.signs == [(say.FOR_STAFF.format(sign="先交钱才放款"),)]


async def test_a_yes_to_the_warning_never_pays() -> None:
    talk = Talk("pay_bill")
    await talk.say("我要交电费，户号12345678", "pay_bill")
    await talk.say("客服让我开共享屏幕教我交")
    await talk.say("对", "affirm")
    await talk.say("对", "affirm")
    assert talk.services.paid == {}
    assert talk.asked == "bill_confirm"
    await talk.say("对", "affirm")
    assert len(talk.services.paid) == 1


async def test_the_same_trick_is_warned_of_once() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("他说要先刷流水才放款")
    await talk.press("我知道了，还要办")
    await talk.press("是我自己要办")
    assert "等一下" not in await talk.say("买化肥，他说要刷流水")
    assert "等一下" in await talk.say("他还要租我的银行卡")


async def test_another_form_begins_without_it() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("有人叫我刷流水，是不是骗子", "check_fraud")
    await talk.say("算了，不办了", "cancel")
    assert talk.slots["form_guard"] is None


@pytest.mark.parametrize(
    ("sign", "text"),
    [
        ("relative", "我孙子打电话说他撞了人，急用钱，喊我赶紧贷款转给他"),
        ("lend_card", "人家说把银行卡借他走一下账，给我五百块"),
        ("lend_card", "叫我帮他走个账"),
    ],
)
def test_a_trick_is_known_in_other_words_too(sign: str, text: str) -> None:
    assert found(text) == sign


def test_a_son_who_advises_a_loan_is_no_trick() -> None:
    assert found("我儿子打电话叫我贷款买牛") is None


async def test_what_only_the_checker_knows_stops_the_form_as_well() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    said = await talk.say("他说把我名下的钱先过到他那边验一验", "check_fraud")
    assert said.startswith("先挂电话")
    assert say.REASONS[OTHER] in said
    assert talk.titles == ["我知道了，还要办", "不办了", "请工作人员帮我"]
    await talk.say("五万")
    assert talk.slots["loan_amount"] is None
    await talk.press("我知道了，还要办")
    assert "您想贷多少钱" in await talk.press("是我自己要办")


async def test_who_asks_about_a_trick_is_only_answered() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    said = await talk.say("他叫我把名下的钱过到他那边验一验，是不是骗子", "check_fraud")
    assert "您想贷多少钱" in said


async def test_who_says_that_nobody_is_behind_it_has_answered() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷三万", "apply_loan")
    await talk.say("没人叫我转钱，是我自己买化肥", "check_fraud", 0.83)
    assert talk.slots["loan_purpose"] == "买化肥"


async def test_a_person_is_called_however_it_is_said() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say(TOLD["mentor"])
    await talk.say("请工作人员", "human_agent", 0.99)
    assert talk.services.handed_off


async def test_going_on_is_no_refusal_whatever_it_is_taken_for() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say(TOLD["unfreeze"])
    assert "再问您一次" in await talk.say("还要办", "deny", 0.8)


async def test_what_was_dropped_after_a_warning_is_not_offered_again() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷五万", "apply_loan")
    await talk.say(TOLD["police"])
    await talk.say("不办了", "cancel")
    assert talk.services.drafts_ == {}
