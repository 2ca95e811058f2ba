"""Voice messages with several readings: decided late, and asked about when they disagree."""

from __future__ import annotations

import pytest

from actions.dialogue.turn import Turn, meant
from tests.actions.dialogue.doubles import Services, Talk
from tests.actions.dialogue.test_answers import run

pytestmark = pytest.mark.unit


def reading(text: str, share: float, intent: str, title: str = "") -> dict[str, object]:
    return {"text": text, "share": share, "intent": intent, "confidence": 0.9, "title": title}


async def test_disagreeing_amounts_are_asked_about() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.heard(("四万", 0.5), ("十万", 0.45))
    assert talk.titles == ["四万", "十万", "都不是"]
    assert talk.slots["loan_amount"] is None
    assert talk.last[0].options[1].payload == meant("inform", "十万")
    await talk.press("十万")
    assert talk.slots["loan_amount"] == 10_000_000


async def test_most_readings_agreeing_decide() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.heard(("五万块", 0.4), ("五万", 0.35), ("舞万", 0.25))
    assert talk.slots["loan_amount"] == 5_000_000


async def test_a_likely_second_reading_answers_when_the_first_does_not() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.heard(("无碗", 0.5), ("五万", 0.5))
    assert talk.slots["loan_amount"] == 5_000_000


async def test_an_unlikely_reading_answers_nothing() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.heard(("无碗", 0.9), ("五万", 0.1))
    assert talk.slots["loan_amount"] is None


async def test_a_doubtful_yes_submits_nothing() -> None:
    talk = Talk("apply_loan")
    await talk.say("我是赵家村的王二娃，想贷五万买化肥，两年", "apply_loan")
    for said in ("不种也不养", "13800138000", "同意", "同意"):
        await talk.say(said)
    assert talk.asked == "loan_confirm"
    for first, second in (("对", "不对"), ("不对", "对")):
        await talk.heard((first, 0.5), (second, 0.5), intent="affirm" if first == "对" else "deny")
    assert not talk.services.submitted
    assert talk.asked == "loan_confirm"
    await talk.heard(("对", 0.9), ("对对", 0.1), intent="affirm")
    assert talk.services.submitted


async def test_disagreeing_meanings_inside_a_form_touch_no_slot() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.heard(("我要交话费", 0.5), ("我要叫花肥", 0.5), intent="pay_bill", choices=True)
    assert talk.titles == ["我要交话费", "我要叫花肥", "都不是"]
    assert talk.asked == "loan_amount"
    assert talk.slots["loan_amount"] is None


async def test_the_two_meanings_are_read_back_outside_a_form() -> None:
    choices = [
        reading("话费多少钱", 0.5, "pay_bill", "话费，打电话用的钱"),
        reading("化肥多少钱", 0.5, "query_price", "化肥，地里用的肥料"),
    ]
    (message,), _ = await run(
        Services(), "话费多少钱", "nlu_fallback", metadata={"readings": choices, "choices": choices}
    )
    assert [b["title"] for b in message["buttons"]] == ["话费，打电话用的钱", "化肥，地里用的肥料", "都不是"]
    assert message["buttons"][1]["payload"] == meant("query_price", "化肥多少钱")


def test_a_chosen_meaning_goes_on_as_if_it_had_been_said() -> None:
    turn = Turn("u1", "第二个", "choose_option").choosing(meant("apply_loan", "我想贷五万种苞谷"))
    assert (turn.text, turn.intent, turn.confidence) == ("我想贷五万种苞谷", "apply_loan", 1.0)
    assert not turn.is_payload
    assert turn.first("amount") == 5_000_000
