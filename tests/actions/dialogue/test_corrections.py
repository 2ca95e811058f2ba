"""Taking something back: what is named changes, nothing else does, and a yes confirms only what was read back."""

from __future__ import annotations

import pytest

from actions.dialogue.turn import Entity
from actions.texts import forms as say
from tests.actions.dialogue.doubles import Talk

pytestmark = pytest.mark.unit
PIG, SHEEP = Entity("livestock", "猪", "猪"), Entity("livestock", "羊", "羊")


async def loan() -> Talk:
    talk = Talk("apply_loan")
    await talk.say("我是赵家村的王二娃，想贷八万种番茄，两年", "apply_loan", 0.9, Entity("crop", "番茄", "番茄"))
    await talk.say("3亩")
    await talk.say("13800138000")
    await talk.press("同意")
    await talk.press("同意")
    assert talk.asked == "loan_confirm"
    return talk


async def bill() -> Talk:
    talk = Talk("pay_bill")
    await talk.say("交电费，户号20230001", "pay_bill", 0.9, Entity("bill_type", "electricity", "电费"))
    assert talk.asked == "bill_confirm"
    return talk


@pytest.mark.parametrize(
    ("text", "intent", "slot", "value"),
    [
        ("不对，我说的是五万不是八万", "correct_value", "loan_amount", 5_000_000),
        ("不对，我说的是五万不是八万", "deny", "loan_amount", 5_000_000),
        ("不是八万，是五万", "inform", "loan_amount", 5_000_000),
        ("不对，我要六万", "apply_loan", "loan_amount", 6_000_000),
        ("好，贷六万", "affirm", "loan_amount", 6_000_000),
        ("名字不是王二娃，是张三丰", "correct_value", "applicant_name", "张三丰"),
        ("用途不是种番茄，是买牛", "correct_value", "loan_purpose", "买牛"),
        ("不对，名字叫张三丰", "deny", "applicant_name", "张三丰"),
        ("错了，电话是13900139000", "nlu_fallback", "applicant_phone", "13900139000"),
    ],
)
async def test_one_value_changes_and_is_read_back(text: str, intent: str, slot: str, value: object) -> None:
    talk = await loan()
    before = dict(talk.slots)
    said = await talk.say(text, intent)
    assert {name for name, was in before.items() if talk.slots.get(name) != was} == {slot}
    assert talk.slots[slot] == value
    assert "我念一遍" in said
    assert talk.services.submitted == {}


@pytest.mark.parametrize("text", ["刚才说错了", "我说错了"])
async def test_who_only_says_it_was_wrong_is_asked_what(text: str) -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("八万")
    asked = talk.asked
    said = await talk.say(text, "correct_value")
    assert say.CHANGE_WHAT in said
    assert talk.asked == asked
    assert talk.slots["loan_amount"] == 8_000_000


async def test_the_same_sentence_in_the_middle() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("八万")
    await talk.say("不对，我说的是五万不是八万", "correct_value")
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.slots["crop_or_livestock"] is None
    assert talk.asked == "loan_purpose"


@pytest.mark.parametrize(
    ("slot", "text", "value"),
    [
        ("loan_purpose", "不是买牛，是盖房", "盖房"),
        ("crop_or_livestock", "不是猪是羊", "羊"),
        ("loan_term", "不是一年是两年", 24),
        ("loan_area", "不是三亩是五亩", 5.0),
    ],
)
async def test_an_answer_that_denies_something_first(slot: str, text: str, value: object) -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    talk.slots["requested_slot"] = slot
    await talk.say(text, "inform", 0.9, PIG, SHEEP)
    assert talk.slots[slot] == value


async def test_not_pigs_but_sheep() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷五万养猪", "apply_loan", 0.9, PIG)
    await talk.say("养的不是猪是羊", "inform", 0.9, PIG, SHEEP)
    assert talk.slots["crop_or_livestock"] == "羊"


@pytest.mark.parametrize("text", ["不种也不养", "没种地", "不养猪", "不买牛"])
async def test_what_is_denied_becomes_no_value(text: str) -> None:
    talk = await loan()
    before = dict(talk.slots)
    await talk.say(text, "inform")
    assert {name for name, was in before.items() if talk.slots.get(name) != was} <= {"form_misses"}


async def test_who_comes_is_no_name() -> None:
    talk = await loan()
    await talk.say("叫我娃来办", "inform")
    assert talk.slots["applicant_name"] == "王二娃"


@pytest.mark.parametrize("text", ["不对，是八万", "不对，乱七八糟", "不对，种锦灯笼"])
async def test_nothing_changed_is_never_called_changed(text: str) -> None:
    talk = await loan()
    before = dict(talk.slots)
    said = await talk.say(text, "correct_value")
    assert say.CHANGED not in said
    assert "80,000元" in said
    assert "对，提交" in talk.titles
    assert {name for name, was in before.items() if talk.slots.get(name) != was} <= {"form_misses"}


@pytest.mark.parametrize("text", ["不对，户号是20230002", "错了，户号20230002", "不是20230001，是20230002", "20230002"])
async def test_another_account_is_looked_up_and_read_back(text: str) -> None:
    talk = await bill()
    said = await talk.say(text, "check_progress", 0.9)
    assert talk.slots["bill_found"]["account"] == "20230002"
    assert "20230002" in said
    assert talk.services.paid == {}
    await talk.say("好", "affirm")
    (paid,) = talk.services.paid.values()
    assert paid.account == "20230002"


async def test_a_changed_account_that_does_not_exist_is_not_called_changed() -> None:
    talk = await bill()
    said = await talk.say("不对，户号是99999999", "correct_value")
    assert say.CHANGED not in said
    assert talk.asked == "bill_account"


async def test_a_miss_reads_everything_again() -> None:
    for talk in (await loan(), await bill()):
        last = talk.last[-1].text
        said = await talk.say("呜啦呜啦", "nlu_fallback", 0.3)
        assert last in said
        assert any(title.startswith("对，") for title in talk.titles)


async def test_a_yes_to_another_question_submits_nothing() -> None:
    talk = await loan()
    await talk.say("不对", "deny")
    said = await talk.say("好", "affirm")
    assert talk.services.submitted == {}
    assert "我念一遍" in said
    await talk.say("好", "affirm")
    assert len(talk.services.submitted) == 1


@pytest.mark.parametrize(("text", "why"), [("不对，改成三五万", "准数"), ("不对，要五万美元", "人民币")])
async def test_a_doubtful_sum_is_no_correction(text: str, why: str) -> None:
    talk = await loan()
    said = await talk.say(text, "correct_value")
    assert why in said
    assert "80,000元" in said
    assert talk.slots["loan_amount"] == 8_000_000


@pytest.mark.parametrize(
    ("text", "new"),
    [
        (
            "电话错了，是13912345678，时间改成三年",
            {"applicant_phone": "13912345678", "loan_term": 36},
        ),
        (
            "村子改成黑马村四组，电话改成13900139000",
            {"applicant_village": "黑马村四组", "applicant_phone": "13900139000"},
        ),
        ("金额三万，时间一年", {"loan_amount": 3_000_000, "loan_term": 12}),
        ("不对，名字是李四娃，金额改成六万", {"applicant_name": "李四娃", "loan_amount": 6_000_000}),
    ],
)
async def test_several_corrections_in_one_sentence_are_all_taken(text: str, new: dict[str, object]) -> None:
    talk = await loan()
    before = dict(talk.slots)
    said = await talk.say(text, "correct_value")
    assert {name: talk.slots[name] for name, was in before.items() if talk.slots.get(name) != was} == new
    assert say.CHANGED in said


async def test_what_was_changed_is_said() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷三万买化肥", "apply_loan")
    assert f"{say.CHANGED}金额50,000元。" in await talk.say("不对，是五万", "correct_value")


async def test_a_part_that_is_not_taken_is_not_called_changed() -> None:
    talk = await bill()
    said = await talk.say("只交一百", "pay_bill")
    assert "一次交清" in said
    assert say.CHANGED not in said


@pytest.mark.parametrize("code", ["482913", "四八二九一三", "4 8 2 9 1 3", "******"])
async def test_a_bare_code_is_no_correction(code: str) -> None:
    for talk in (await bill(), await loan()):
        before = dict(talk.slots)
        said = await talk.say(code)
        assert say.KEEP_TO_YOURSELF in said
        assert {name for name, was in before.items() if talk.slots.get(name) != was} == set()


@pytest.mark.parametrize(
    ("text", "slot", "asked"),
    [
        ("我想把名字改一下", "applicant_name", "您叫什么名字"),
        ("还要改电话", "applicant_phone", "手机号"),
        ("电话错了", "applicant_phone", "手机号"),
        ("金额不对", "loan_amount", "您想贷多少钱"),
    ],
)
async def test_a_field_named_to_be_changed_is_asked_again(text: str, slot: str, asked: str) -> None:
    talk = await loan()
    said = await talk.say(text, "correct_value")
    assert asked in said
    assert talk.asked == slot
    assert talk.services.submitted == {}


async def test_a_correction_and_an_answer_in_one_sentence() -> None:
    talk = Talk("apply_loan")
    await talk.say("我叫刘大有，想贷三万养猪，两年", "apply_loan", 0.9, PIG)
    await talk.say("13812345999")
    said = await talk.say("名字写错了，刘大友，村子是石桥村", "correct_value")
    assert (talk.slots["applicant_name"], talk.slots["applicant_village"]) == ("刘大友", "石桥村")
    assert "刘大友" in said


async def test_no_credit_inquiry_is_no_end_of_it_all() -> None:
    talk = Talk("apply_loan")
    await talk.say("我是赵家村的王二娃，想贷三万养猪，两年", "apply_loan", 0.9, PIG)
    await talk.say("13800138000")
    await talk.press("同意")
    said = await talk.say("算了，征信莫查", "cancel", 0.82)
    assert talk.slots["loan_credit"] is False
    assert "我念一遍" in said
