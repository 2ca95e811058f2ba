"""What must not become a value: names, statements, vague sums, other currencies, strangers' words."""

from __future__ import annotations

import pytest

from actions.dialogue.turn import Entity
from actions.texts import loan as say
from tests.actions.dialogue.doubles import Talk

pytestmark = pytest.mark.unit


async def at(slot: str) -> Talk:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    talk.slots["requested_slot"] = slot
    return talk


@pytest.mark.parametrize(
    ("text", "purpose", "name"),
    [
        ("我叫王建国，想贷五万", None, "王建国"),
        ("我是赵家村的王建军，想贷10万盖大棚", "盖大棚", "王建军"),
        ("我叫李买收，想贷三万买牛", "买牛", "李买收"),
    ],
)
async def test_a_name_is_no_purpose(text: str, purpose: str | None, name: str) -> None:
    talk = Talk("apply_loan")
    await talk.say(text, "apply_loan")
    assert talk.slots["loan_purpose"] == purpose
    assert talk.slots["applicant_name"] == name


@pytest.mark.parametrize("text", ["种了十二母玉米", "养了三十头猪", "我叫王建国"])
@pytest.mark.parametrize("intent", ["inform", "nlu_fallback"])
async def test_a_statement_is_no_purpose(text: str, intent: str) -> None:
    talk = await at("loan_purpose")
    await talk.say(text, intent)
    assert talk.slots["loan_purpose"] is None


async def test_a_statement_in_the_opening_is_no_purpose() -> None:
    talk = Talk("apply_loan")
    await talk.say("我种了十二亩玉米，想贷五万", "apply_loan", 0.9, Entity("crop", "玉米", "玉米"))
    assert talk.slots["loan_purpose"] is None
    assert talk.slots["crop_or_livestock"] == "玉米"


@pytest.mark.parametrize("text", ["周转", "包鱼塘", "买牛", "建大棚", "看病"])
async def test_a_doing_is_a_purpose(text: str) -> None:
    talk = await at("loan_purpose")
    await talk.say(text, "inform")
    assert talk.slots["loan_purpose"] == text


@pytest.mark.parametrize("text", ["李秀英", "张三", "我叫李秀英"])
async def test_a_name_is_no_crop(text: str) -> None:
    talk = await at("crop_or_livestock")
    await talk.say(text, "inform")
    assert talk.slots["crop_or_livestock"] is None
    assert "对吗" not in talk.last[-1].text


@pytest.mark.parametrize(("yes", "taken"), [("对", "锦灯笼"), ("不对", None)])
async def test_an_unknown_crop_is_said_back_first(yes: str, taken: str | None) -> None:
    talk = await at("crop_or_livestock")
    said = await talk.say("种锦灯笼", "inform")
    assert "种锦灯笼，对吗" in said
    assert talk.slots["crop_or_livestock"] is None
    await talk.say(yes, "affirm")
    assert talk.slots["crop_or_livestock"] == taken
    assert talk.asked == ("loan_amount" if taken else "crop_or_livestock")


@pytest.mark.parametrize("text", ["种苞谷", "玉米", "养羊"])
async def test_a_known_crop_is_taken(text: str) -> None:
    talk = await at("crop_or_livestock")
    await talk.say(text, "nlu_fallback")
    assert talk.slots["crop_or_livestock"] in ("玉米", "羊")


@pytest.mark.parametrize(
    "text", ["三五万", "三四五万", "两三万吧", "几万块", "几万块吧", "万把块", "五万多", "三到五万", "3-5万"]
)
async def test_vague_sums_ask_for_one_figure(text: str) -> None:
    talk = await at("loan_amount")
    assert await talk.say(text, "inform") == say.AMOUNT_VAGUE
    assert talk.slots["loan_amount"] is None


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("3w", 3_000_000),
        ("5k", 500_000),
        ("贷3W", 3_000_000),
        ("1.5w", 1_500_000),
        ("2 万", 2_000_000),
        ("三万五", 3_500_000),
        ("5万", 5_000_000),
    ],
)
async def test_sums_as_typed(text: str, fen: int) -> None:
    talk = await at("loan_amount")
    await talk.say(text, "nlu_fallback", 0.3)
    assert talk.slots["loan_amount"] == fen


@pytest.mark.parametrize("text", ["五万美元", "3万美金", "贷一万港币"])
async def test_only_yuan(text: str) -> None:
    talk = await at("loan_amount")
    assert await talk.say(text, "inform") == say.ONLY_YUAN
    assert talk.slots["loan_amount"] is None


@pytest.mark.parametrize("text", ["-5万", "负五万"])
async def test_less_than_nothing_is_no_sum(text: str) -> None:
    talk = await at("loan_amount")
    await talk.say(text, "inform")
    assert talk.slots["loan_amount"] is None


async def test_vague_sums_in_the_opening_are_asked() -> None:
    for text in ("我想贷万把块", "我想贷五万美元", "想贷-5万"):
        talk = Talk("apply_loan")
        await talk.say(text, "apply_loan")
        assert talk.asked == "loan_amount"


async def test_years_are_no_telephone_number() -> None:
    talk = await at("applicant_phone")
    said = await talk.say("2年", "inform")
    assert "1位" not in said
    assert talk.slots["applicant_phone"] is None
