"""Bills that change, that are paid in part, that wait already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from actions.bills import AlreadyOpen, AlreadyPaid, AmountChanged, Bill, NothingDue
from actions.dialogue.turn import Entity
from tests.actions.dialogue.doubles import Services, Talk, case

pytestmark = pytest.mark.unit

POWER = Entity("bill_type", "electricity", "电费")
NOW = Bill(
    "b1", "electricity", "12345678", "王*", 22_000, "2026年10月", "示例电力", date(2026, 12, 1), False, None
)  # fmt: skip


async def at_confirm(services: Services) -> Talk:
    talk = Talk("pay_bill", services)
    await talk.say("我要交电费，户号12345678", "pay_bill", 0.9, POWER)
    return talk


async def test_a_changed_amount_is_asked_again() -> None:
    talk = await at_confirm(Services())
    talk.services.fail = AmountChanged(NOW)
    said = await talk.say("对，交费", "affirm")
    assert "原来是105.80元，现在是220元" in said
    assert "要交220元" in said
    assert talk.services.paid == {}
    assert talk.asked == "bill_confirm"
    assert talk.slots["bill_found"]["amount_fen"] == 22_000
    assert not talk.slots.get("form_tried")
    await talk.press("对，交费")
    (bill,) = talk.services.paid.values()
    assert bill.amount_fen == 22_000


@pytest.mark.parametrize("error", [NothingDue(), AlreadyPaid()])
async def test_paid_meanwhile_ends_the_form(error: Exception) -> None:
    talk = await at_confirm(Services())
    talk.services.fail = error
    assert error.message in await talk.say("对，交费", "affirm")  # type: ignore[attr-defined]
    assert talk.asked is None


@pytest.mark.parametrize("said", ["先交五十块", "我只交50元", "先交五十"])
async def test_a_part_is_read_back(said: str) -> None:
    talk = await at_confirm(Services(partial_from=1_000))
    told = await talk.say(said, "inform")
    assert "这次先交50元" in told
    assert talk.services.paid == {}
    await talk.press("对，交费")
    assert talk.services.parts == [5_000]


async def test_a_part_in_the_opening() -> None:
    talk = Talk("pay_bill", Services(partial_from=1_000))
    told = await talk.say("交五十块电费，户号12345678", "pay_bill", 0.9, POWER)
    assert "这次先交50元" in told


@pytest.mark.parametrize(
    ("partial", "said", "why"),
    [(None, "先交五十块", "一次交清"), (1_000, "先交五块", "最少10元"), (1_000, "先交五百块", "最多105.80元")],
)
async def test_a_part_the_bank_does_not_take(partial: int | None, said: str, why: str) -> None:
    talk = await at_confirm(Services(partial_from=partial))
    told = await talk.say(said, "inform")
    assert why in told
    assert "要交105.80元" in told
    assert talk.slots["bill_part"] is None


async def test_a_payment_that_waits_is_given_again() -> None:
    talk = await at_confirm(Services())
    open_one = case("2234567895", "bill", 10_580, confirm_url="http://127.0.0.1:1/pay/1")
    talk.services.fail = AlreadyOpen(open_one)
    said = await talk.say("对，交费", "affirm")
    assert "没有再开" in said
    assert "2234567895" in said
    assert "http://127.0.0.1:1/pay/1" in said
    assert talk.asked is None


async def test_somebody_elses_payment_is_not_shown() -> None:
    talk = await at_confirm(Services())
    talk.services.fail = AlreadyOpen(None)
    said = await talk.say("对，交费", "affirm")
    assert "已经有人开了交费单" in said
    assert "编号" not in said


async def test_another_account_forgets_the_part() -> None:
    talk = await at_confirm(Services(partial_from=1_000))
    await talk.say("先交五十块")
    await talk.press("号码不对，改一下")
    assert talk.slots["bill_part"] is None
    assert replace(NOW).name == "电费"


async def test_a_part_told_before_the_account_is_noted() -> None:
    talk = Talk("pay_bill")
    await talk.say("我要交电费", "pay_bill", 0.9, POWER)
    assert "我记下了：先交50元。" in await talk.say("先交五十块", "pay_bill")


async def test_another_account_can_be_asked_for_when_nothing_is_due() -> None:
    talk = Talk("pay_bill", Services(fail=NothingDue()))
    await talk.say("交电费，户号12345678", "pay_bill", 0.9, POWER)
    assert talk.titles == ["换个号码再查", "不用了"]
    await talk.press("换个号码再查")
    assert (talk.slots["bill_type"], talk.asked) == ("electricity", "bill_account")


async def test_an_identity_number_without_its_x_is_no_account() -> None:
    talk = Talk("pay_bill")
    await talk.say("我要交电费", "pay_bill", 0.9, POWER)
    await talk.say("身份证号51010119900101123X", "nlu_fallback")
    assert talk.slots["bill_account"] is None


async def test_where_the_number_is_found_is_told() -> None:
    talk = Talk("pay_bill")
    await talk.say("我要交电费", "pay_bill", 0.9, POWER)
    said = await talk.say("户号在哪里看", "nlu_fallback")
    assert "缴费单子上" in said
    assert talk.asked == "bill_account"


async def test_help_in_the_middle_speaks_of_what_is_being_done() -> None:
    talk = await at_confirm(Services())
    said = await talk.say("这个是哪个月的", "help")
    assert "正给您办交费" in said
    assert "查到了" in said
