"""The loan application, turn by turn, without Rasa."""

from __future__ import annotations

from decimal import Decimal

import pytest

from actions.dialogue.loan_summary import read_back
from actions.dialogue.recall import summary
from actions.dialogue.turn import Entity
from actions.errors import LedgerUnavailable
from actions.texts import forms as say
from tests.actions.dialogue.doubles import Talk

pytestmark = pytest.mark.unit

MAIZE = Entity("crop", "玉米", "苞谷")
OPENING = "我是赵家村的王二娃，想贷五万种苞谷，两年"


async def opened() -> Talk:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    return talk


async def at_confirm() -> Talk:
    talk = Talk("apply_loan")
    await talk.say(OPENING, "apply_loan", 0.9, MAIZE)
    await talk.say("十亩")
    await talk.say("13800138000")
    await talk.press("同意")
    await talk.press("同意")
    return talk


async def test_one_by_one() -> None:
    talk = await opened()
    for answer, slot, entities in (
        ("五万", "loan_amount", ()),
        ("买化肥", "loan_purpose", ()),
        ("种苞谷", "crop_or_livestock", (MAIZE,)),
        ("十亩地", "loan_area", ()),
        ("两年吧", "loan_term", ()),
        ("王二娃", "applicant_name", ()),
        ("幺三八零零幺三八零零零", "applicant_phone", ()),
        ("赵家村", "applicant_village", ()),
        ("同意", "loan_consent", ()),
        ("同意", "loan_credit", ()),
    ):
        assert talk.asked == slot
        await talk.say(answer, "inform", 0.9, *entities)
    assert talk.asked == "loan_confirm"
    assert talk.titles == ["对，提交", "有地方要改", "先不办了"]
    told = talk.last[-1]
    for part in ("50,000元", "玉米", "10亩", "两年", "王二娃", "13800138000", "赵家村"):
        assert part in told.text
    assert "五万元" in str(told.spoken)
    assert "一三八，零零一三，八零零零" in str(told.spoken)
    done = await talk.say("对", "affirm")
    assert "1234567897" in done
    assert "一二三，四五六，七八九，七" in str(talk.last[0].spoken)
    (application,) = talk.services.submitted.values()
    assert application.amount_fen == 5_000_000
    assert application.area_mu == Decimal("10")
    assert application.term_months == 24
    assert application.phone == "13800138000"
    assert application.consent is True
    assert all(value is None for name, value in talk.slots.items() if name.startswith(("loan_", "applicant_", "crop_")))


@pytest.mark.parametrize(
    ("purpose", "crop", "kind", "told"),
    [
        ("种玉米", "玉米", "crop", "用途种玉米，"),
        ("种苞谷", "玉米", "crop", "用途种苞谷，就是玉米，"),
        ("养猪", "猪", "livestock", "用途养猪，"),
        ("种魔芋", "魔芋", "unknown", "用途种魔芋，"),
        ("买化肥", "玉米", "crop", "用途买化肥，种玉米，"),
        ("种小麦", "玉米", "crop", "用途种小麦，种玉米，"),
        ("养猪", "无", "none", "用途养猪，不种也不养，"),
    ],
)
def test_what_the_money_is_for_is_told_once(purpose: str, crop: str, kind: str, told: str) -> None:
    values = {"loan_amount": 5_000_000, "loan_purpose": purpose, "crop_or_livestock": crop, "loan_kind": kind}
    message = read_back({**values, "loan_term": 24})
    assert message.text.startswith(f"我念一遍，您看对不对。金额50,000元，{told}时间两年。")
    assert str(message.spoken).startswith(f"我念一遍，您看对不对。金额五万元，{told}时间两年。")


def test_a_draft_tells_it_once_too() -> None:
    told = summary({"loan_purpose": "种玉米", "crop_or_livestock": "玉米", "loan_kind": "crop"})
    assert told.text == "用途种玉米"


async def test_opening_sentence_fills_what_it_says() -> None:
    talk = Talk("apply_loan")
    await talk.say(OPENING, "apply_loan", 0.9, MAIZE)
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.slots["loan_term"] == 24
    assert talk.slots["crop_or_livestock"] == "玉米"
    assert talk.slots["loan_purpose"] == "种苞谷"
    assert talk.slots["applicant_name"] == "王二娃"
    assert talk.slots["applicant_village"] == "赵家村"
    assert talk.asked == "loan_area"


@pytest.mark.parametrize(
    "intent", ["ask_knowledge", "query_price", "ask_loan_product", "nlu_fallback", "apply_loan", "greet"]
)
@pytest.mark.parametrize("text", ["五万", "五万块钱吧", "大概五万", "50000", "五万元。"])
async def test_a_complete_answer_counts_whatever_the_classifier_says(text: str, intent: str) -> None:
    talk = await opened()
    await talk.say(text, intent, 0.99)
    assert talk.slots["loan_amount"] == 5_000_000


@pytest.mark.parametrize(
    ("text", "intent", "entities"),
    [
        ("今天玉米多少钱一斤", "query_price", (Entity("crop", "玉米", "玉米"),)),
        ("小麦长锈病怎么办", "ask_knowledge", (Entity("crop", "小麦", "小麦"),)),
        ("有人叫我转五万到安全账户是不是骗子", "check_fraud", ()),
        ("贷五万一年利息多少", "ask_loan_product", ()),
        ("你好", "greet", ()),
        ("谢谢啊", "thanks", ()),
        ("你会干啥", "help", ()),
        ("给我唱首歌", "out_of_scope", ()),
        ("我的卡丢了", "report_card_loss", ()),
    ],
)
async def test_a_digression_is_answered_and_fills_nothing(text: str, intent: str, entities: tuple[Entity, ...]) -> None:
    plan = ("五万", "买化肥", "种玉米", "十亩", "两年", "王二娃", "13800138000", "赵家村")
    slots = (
        "loan_amount loan_purpose crop_or_livestock loan_area loan_term "
        "applicant_name applicant_phone applicant_village loan_consent"
    )
    talk = await opened()
    for index, slot in enumerate(slots.split()):
        assert talk.asked == slot
        before = dict(talk.slots)
        said = await talk.say(text, intent, 0.9, *entities)
        assert talk.asked == slot
        assert {name for name, value in talk.slots.items() if before.get(name) != value} <= {
            "form_misses",
            "form_guard",
        }
        assert say.BACK_TO in said
        if index < len(plan):
            maize = (Entity("crop", "玉米", "玉米"),) if "玉米" in plan[index] else ()
            await talk.say(plan[index], "inform", 0.9, *maize)


async def test_digression_at_the_confirmation_submits_nothing() -> None:
    talk = await at_confirm()
    await talk.say("小麦长锈病怎么办", "ask_knowledge")
    assert talk.services.submitted == {}
    assert talk.asked == "loan_confirm"
    assert "对，提交" in talk.titles


@pytest.mark.parametrize(
    ("text", "slot", "value"),
    [
        ("不对，是八万", "loan_amount", 8_000_000),
        ("金额改成三万", "loan_amount", 3_000_000),
        ("说错了，是三年", "loan_term", 36),
        ("不对，是十二亩", "loan_area", 12.0),
        ("电话错了，是13900139000", "applicant_phone", "13900139000"),
        ("我叫王三娃，说错了", "applicant_name", "王三娃"),
        ("不对，是李家村", "applicant_village", "李家村"),
    ],
)
async def test_correction_changes_the_slot_it_fits(text: str, slot: str, value: object) -> None:
    talk = await at_confirm()
    before = dict(talk.slots)
    await talk.say(text, "correct_value")
    assert talk.slots[slot] == value
    changed = {name for name, was in before.items() if talk.slots.get(name) != was}
    assert changed == {slot}
    assert talk.asked == "loan_confirm"
    assert talk.services.submitted == {}


async def test_correction_in_the_middle_goes_on_where_it_was() -> None:
    talk = await opened()
    await talk.say("三万")
    await talk.say("不对，是五万", "correct_value")
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.asked == "loan_purpose"


async def test_change_by_option() -> None:
    talk = await at_confirm()
    await talk.press("有地方要改")
    await talk.press("金额")
    assert talk.asked == "loan_amount"
    await talk.say("六万")
    assert talk.asked == "loan_confirm"
    assert talk.slots["loan_amount"] == 6_000_000


@pytest.mark.parametrize("text", ["不", "不对", "不是", "不行", "错了"])
async def test_no_at_the_confirmation_submits_nothing(text: str) -> None:
    talk = await at_confirm()
    await talk.say(text, "affirm", 0.99)  # even if the classifier hears a yes
    assert talk.services.submitted == {}
    assert talk.asked == "loan_confirm"


@pytest.mark.parametrize("text", ["算了，不办了", "取消", "我不贷了", "先不办了"])
async def test_cancel_leaves_nothing(text: str) -> None:
    talk = await at_confirm()
    await talk.say(text, "inform")
    assert talk.services.submitted == {}
    assert talk.asked is None
    assert not any(value for value in talk.slots.values())


async def test_no_consent_ends_without_submitting() -> None:
    talk = Talk("apply_loan")
    await talk.say(OPENING, "apply_loan", 0.9, MAIZE)
    await talk.say("十亩")
    await talk.say("13800138000")
    assert talk.asked == "loan_consent"
    await talk.press("不同意")
    assert talk.asked is None
    assert talk.services.submitted == {}


async def test_another_task_asks_before_it_interrupts() -> None:
    talk = await opened()
    await talk.say("五万")
    said = await talk.say("我要交电费", "pay_bill")
    assert "先放一放" in said
    await talk.press("接着办贷款申请")
    assert talk.asked == "loan_purpose"
    assert talk.slots["loan_amount"] == 5_000_000
    await talk.say("我要交电费", "pay_bill")
    await talk.say("要得", "affirm")
    assert talk.follow_up == "bill_form"
    assert talk.asked is None
    assert talk.slots["loan_amount"] is None
    assert talk.slots["form_pending"]["text"] == "我要交电费"


async def test_three_misunderstandings_offer_a_person() -> None:
    talk = await opened()
    for _ in range(2):
        await talk.say("呜啦呜啦", "nlu_fallback", 0.3)
        assert talk.asked == "loan_amount"
    said = await talk.say("呜啦呜啦", "nlu_fallback", 0.3)
    assert said == say.OFFER_PERSON
    await talk.say("第一个", "choose_option")
    assert talk.services.handed_off
    assert talk.asked == "loan_amount"


async def test_failure_keeps_the_form_and_its_key() -> None:
    talk = await at_confirm()
    key = talk.slots["form_key"]
    talk.services.fail = LedgerUnavailable()
    said = await talk.say("提交", "affirm")
    assert "登记系统暂时用不了" in said
    assert talk.asked == "loan_confirm"
    await talk.say("提交", "affirm")
    assert list(talk.services.submitted) == [key]


async def test_unknown_outcome_is_said_as_such() -> None:
    talk = await at_confirm()
    talk.services.fail = TimeoutError()
    said = await talk.say("提交", "affirm")
    assert "没法确定" in said
    assert talk.asked == "loan_confirm"
    assert "没定下来" in await talk.say("我要交电费", "pay_bill")
    said = await talk.say("取消", "cancel")
    assert "都没有交上去" in said, "the ledger knows, and will take nothing under this key any more"
    assert not any(talk.slots.values())


async def test_livestock_is_not_asked_for_mu() -> None:
    talk = await opened()
    await talk.say("五万")
    await talk.say("买猪仔")
    await talk.say("养猪", "inform", 0.9, Entity("livestock", "猪", "猪"))
    assert talk.asked == "loan_term"


async def test_password_is_refused_and_not_taken() -> None:
    talk = await opened()
    said = await talk.say("我的密码是123456", "inform")
    assert "密码" in said
    assert talk.asked == "loan_amount"
    assert talk.slots["loan_amount"] is None


@pytest.mark.parametrize(("text", "amount"), [("5块", None), ("十亿", None), ("三五万", None), ("几万", None)])
async def test_doubtful_amounts_are_asked_again(text: str, amount: int | None) -> None:
    talk = await opened()
    await talk.say(text)
    assert talk.slots["loan_amount"] is amount
    assert talk.asked == "loan_amount"


async def test_short_phone_is_asked_again_with_the_count() -> None:
    talk = Talk("apply_loan")
    await talk.say(OPENING, "apply_loan", 0.9, MAIZE)
    await talk.say("十亩")
    said = await talk.say("1380013800")
    assert "10位" in said
    assert talk.asked == "applicant_phone"


async def test_repeat_says_the_question_again() -> None:
    talk = await opened()
    first = talk.last[-1].text
    assert first in await talk.say("再说一遍", "repeat")
    assert talk.asked == "loan_amount"


@pytest.mark.parametrize("text", ["我叫才让卓玛", "艾孜提·买买提", "欧阳春花", "李秀英", "俺叫赵铁柱", "才让卓玛"])
async def test_all_kinds_of_names(text: str) -> None:
    talk = Talk("apply_loan", slots={"form_key": "k", "requested_slot": "applicant_name"})
    talk.slots["requested_slot"] = "applicant_name"
    await talk.say(text)
    assert talk.slots["applicant_name"] == text.removeprefix("我叫").removeprefix("俺叫")


@pytest.mark.parametrize(
    ("text", "intent"), [("查进度", "check_progress"), ("谢谢", "thanks"), ("不知道", "inform"), ("党员", "inform")]
)
async def test_what_is_no_name(text: str, intent: str) -> None:
    talk = Talk("apply_loan", slots={"form_key": "k"})
    talk.slots["requested_slot"] = "applicant_name"
    await talk.say(text, intent)
    assert talk.slots.get("applicant_name") is None
    assert talk.asked == "applicant_name"


async def test_not_right_at_the_consent_does_not_end_the_form() -> None:
    talk = await at_confirm()
    talk.slots.update({"loan_consent": None, "requested_slot": "loan_consent"})
    await talk.say("不对", "deny")
    assert talk.asked == "loan_consent"
    await talk.say("不同意", "deny")
    assert talk.asked is None


@pytest.mark.parametrize("text", ["赵家村", "我是赵家村的", "河湾村二组", "俺住柳树屯", "幸福社区", "县城", "我住县城"])
async def test_all_kinds_of_villages(text: str) -> None:
    talk = Talk("apply_loan", slots={"form_key": "k"})
    talk.slots["requested_slot"] = "applicant_village"
    await talk.say(text, "nlu_fallback", 0.5)
    assert talk.slots["applicant_village"] in text
    assert len(talk.slots["applicant_village"]) >= 2
