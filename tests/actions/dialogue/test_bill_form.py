"""Paying a bill, turn by turn, without Rasa."""

from __future__ import annotations

import pytest

from actions.bills import AlreadyPaid, BankUnavailable, NothingDue
from actions.dialogue.turn import Entity
from tests.actions.dialogue.doubles import Services, Talk

pytestmark = pytest.mark.unit

POWER = Entity("bill_type", "electricity", "电费")


async def at_confirm() -> Talk:
    talk = Talk("pay_bill")
    await talk.say("我要交电费，户号12345678", "pay_bill", 0.9, POWER)
    return talk


async def test_asks_reads_back_and_starts() -> None:
    talk = Talk("pay_bill")
    await talk.say("我要交费", "pay_bill")
    assert talk.asked == "bill_type"
    assert talk.titles[0] == "电费"
    await talk.press("电费")
    assert talk.asked == "bill_account"
    told = await talk.say("户号是幺二三四五六七八")
    assert talk.asked == "bill_confirm"
    for part in ("电费", "12345678", "王*", "105.80元", "2026年10月"):
        assert part in told
    assert "一百零五元八角" in str(talk.last[-1].spoken)
    assert talk.services.paid == {}
    done = await talk.press("对，交费")
    assert "2234567895" in done
    assert "http://127.0.0.1:1/pay/1" in done
    assert "还没有扣钱" in done
    assert "http" not in str(talk.last[0].spoken)
    assert talk.asked is None
    assert not any(talk.slots.values())
    (bill,) = talk.services.paid.values()
    assert (bill.account, bill.amount_fen) == ("12345678", 10_580)


async def test_wrong_account_is_asked_again() -> None:
    talk = Talk("pay_bill")
    said = await talk.say("交电费，户号99999999", "pay_bill", 0.9, POWER)
    assert "没有查到这个号码" in said
    assert talk.asked == "bill_account"
    await talk.say("12345678")
    assert talk.asked == "bill_confirm"


@pytest.mark.parametrize(
    ("error", "said"),
    [(NothingDue(), "不欠费"), (AlreadyPaid(), "已经交过"), (BankUnavailable(), "没有扣钱"), (OSError(), "没有扣钱")],
)
async def test_what_the_bank_says_is_told_and_ends_the_form(error: Exception, said: str) -> None:
    talk = Talk("pay_bill", Services(fail=error))
    assert said in await talk.say("交电费，户号12345678", "pay_bill", 0.9, POWER)
    assert talk.asked is None
    assert talk.slots["bill_found"] is None


async def test_another_number_is_looked_up_again() -> None:
    talk = await at_confirm()
    await talk.say("不对，是87654321", "correct_value")
    assert talk.slots["bill_found"]["account"] == "87654321"
    assert talk.asked == "bill_confirm"
    await talk.press("号码不对，改一下")
    assert talk.asked == "bill_account"
    assert talk.slots["bill_found"] is None


async def test_changed_kind_asks_for_its_account() -> None:
    talk = await at_confirm()
    await talk.say("不对，是水费", "correct_value", 0.9, Entity("bill_type", "water", "水费"))
    assert talk.slots["bill_type"] == "water"
    assert talk.asked == "bill_account"


@pytest.mark.parametrize("text", ["我的密码是123456", "验证码 8 8 2 3 1 9", "882319是验证码", "支付密码：654321"])
async def test_codes_are_refused_everywhere(text: str) -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill", 0.9, POWER)
    said = await talk.say(text)
    assert "密码" in said
    assert talk.slots["bill_account"] is None
    assert talk.asked == "bill_account"


@pytest.mark.parametrize("text", ["户号12345678", "我的户号是一二三四五六七八", "12345678", "1234 5678"])
async def test_account_counts_whatever_the_classifier_says(text: str) -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill", 0.9, POWER)
    await talk.say(text, "check_progress", 0.99)
    assert talk.slots["bill_account"] == "12345678"


async def test_a_loan_asks_before_it_interrupts() -> None:
    talk = await at_confirm()
    assert "先放一放" in await talk.say("我想贷款", "apply_loan")
    await talk.say("不", "deny")
    assert talk.asked == "bill_confirm"
    assert talk.services.paid == {}


async def test_questions_do_not_pay() -> None:
    talk = await at_confirm()
    for text, intent in (
        ("好是好，可这个是不是骗子", "check_fraud"),
        ("好好好你好", "greet"),
        ("行情咋样", "query_price"),
    ):
        await talk.say(text, intent)
        assert talk.services.paid == {}
        assert talk.asked == "bill_confirm"


async def test_another_kind_in_the_middle_drops_the_account() -> None:
    talk = await at_confirm()
    await talk.say("我要交水费", "pay_bill", 0.9, Entity("bill_type", "water", "水费"))
    assert talk.slots["bill_type"] == "water"
    assert talk.slots["bill_account"] is None
    assert talk.asked == "bill_account"
