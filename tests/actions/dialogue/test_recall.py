"""Forms that outlive a session, and "the same as last time"."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from actions.cases import EarlierCase
from actions.dialogue.registry import ACTION_OF
from actions.dialogue.turn import Entity
from actions.errors import LedgerUnavailable
from actions.texts import forms as say
from tests.actions.dialogue.doubles import Services, Talk, case
from tests.actions.dialogue.test_answers import bot, run, user

pytestmark = pytest.mark.unit

MAIZE = Entity("crop", "玉米", "苞谷")
LOAN = EarlierCase(
    "loan",
    datetime(2026, 3, 1, tzinfo=UTC),
    {
        "amount_fen": 3_000_000,
        "purpose": "买化肥",
        "crop_or_livestock": "玉米",
        "area_mu": "8.5",
        "term_months": 12,
        "name": "王二娃",
        "phone": "13800138000",
        "village": "赵家村",
    },
)
POWER = EarlierCase(
    "bill", datetime(2026, 3, 1, tzinfo=UTC), {"amount_fen": 1, "bill_type": "electricity", "account": "20230001"}
)
WATER = EarlierCase(
    "bill", datetime(2026, 2, 1, tzinfo=UTC), {"amount_fen": 1, "bill_type": "water", "account": "30010000"}
)


async def half_done() -> Talk:
    talk = Talk("apply_loan")
    await talk.say("我想贷五万种苞谷", "apply_loan", 0.9, MAIZE)
    await talk.say("十亩")
    return talk


async def test_an_unfinished_form_goes_on_the_next_day() -> None:
    talk = await half_done()
    key = talk.slots["form_key"]
    talk.next_day()
    asked = await talk.say("我想贷款", "apply_loan")
    assert talk.titles == [say.GO_ON_WITH_DRAFT, say.ANEW], asked
    told = await talk.press(say.GO_ON_WITH_DRAFT)
    assert "50,000元" in told
    assert "10亩" in told
    assert talk.asked == "loan_term"
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.slots["form_key"] == key, "submitting what was tried before gives the same case"


async def test_what_is_said_now_counts_more_than_the_draft() -> None:
    talk = await half_done()
    talk.next_day()
    await talk.say("我想贷八万", "apply_loan")
    await talk.say("接着上次的", "inform")
    assert talk.slots["loan_amount"] == 8_000_000
    assert talk.slots["crop_or_livestock"] == "玉米"


async def test_beginning_anew_forgets_the_draft() -> None:
    talk = await half_done()
    talk.next_day()
    await talk.say("我想贷款", "apply_loan")
    await talk.say("重新填", "inform")
    assert talk.asked == "loan_amount"
    assert talk.slots["loan_amount"] is None
    talk.next_day()
    assert "填了一半" not in await talk.say("我想贷款", "apply_loan")


async def test_an_answer_instead_of_a_choice_begins_anew() -> None:
    talk = await half_done()
    talk.next_day()
    await talk.say("我想贷款", "apply_loan")
    await talk.say("两万")
    assert talk.slots["loan_amount"] == 2_000_000
    assert talk.slots["crop_or_livestock"] is None


async def test_consent_does_not_last_until_tomorrow() -> None:
    talk = await half_done()
    for said in ("两年", "王二娃", "13800138000", "赵家村", "同意", "同意"):
        await talk.say(said)
    assert talk.asked == "loan_confirm"
    talk.next_day()
    await talk.say("我想贷款", "apply_loan")
    await talk.press(say.GO_ON_WITH_DRAFT)
    assert talk.asked == "loan_consent"


@pytest.mark.parametrize("how", ["cancel", "submit"])
async def test_nothing_is_kept_of_what_ended(how: str) -> None:
    talk = await half_done()
    assert talk.services.drafts_
    if how == "cancel":
        await talk.say("不办了", "cancel")
    else:
        for said in ("两年", "王二娃", "13800138000", "赵家村", "同意", "同意"):
            await talk.say(said)
        await talk.say("对", "affirm")
        assert talk.services.submitted
    assert talk.services.drafts_ == {}


async def test_another_task_in_between_and_back() -> None:
    talk = await half_done()
    await talk.say("我要交电费", "pay_bill")
    await talk.say("好", "affirm")
    assert talk.follow_up == "bill_form"
    bill = Talk("pay_bill", talk.services, dict(talk.slots))
    await bill.say("好", "affirm")
    ended = await bill.say("取消", "cancel")
    assert "贷款申请没填完" in ended
    resume = bill.last[-1].options[0].payload
    loan = Talk("apply_loan", talk.services, dict(bill.slots), bill.last)
    told = await loan.press(bill.last[-1].options[0].title)
    assert resume.startswith("/apply_loan")
    assert "50,000元" in told
    assert loan.asked == "loan_term"


async def test_the_offer_comes_once_a_session_after_the_answer() -> None:
    talk = await half_done()
    messages, events = await run(talk.services, "小麦条锈病怎么防治", "ask_knowledge")
    assert "没填完" in messages[-1]["text"]
    assert {"event": "slot", "timestamp": None, "name": "draft_seen", "value": True} in events
    messages, _ = await run(talk.services, "小麦条锈病怎么防治", "ask_knowledge", slots={"draft_seen": True})
    assert "没填完" not in messages[-1]["text"]


@pytest.mark.parametrize("said", ["affirm", "deny"])
async def test_a_bare_yes_or_no_answers_the_offer(said: str) -> None:
    talk = await half_done()
    offered, _ = await run(talk.services, "你好", "greet")
    before = (user("你好", "greet"), bot(offered[-1]))
    messages, events = await run(
        talk.services, "好" if said == "affirm" else "不了", said, before=before, slots={"draft_seen": True}
    )
    if said == "affirm":
        assert {"event": "followup", "timestamp": None, "name": "loan_form"} in events
        pending = next(event["value"] for event in events if event.get("name") == "form_pending")
        loan = Talk("apply_loan", talk.services, {"form_pending": pending})
        assert "50,000元" in await loan.say("好", "affirm")
    else:
        assert messages[0]["text"] == say.DRAFT_DROPPED
        assert talk.services.drafts_ == {}


@pytest.mark.parametrize("intent", ["nlu_fallback", "affirm", "inform"])
async def test_going_on_is_understood_whatever_was_asked_last(intent: str) -> None:
    talk = await half_done()
    _, events = await run(talk.services, "接着填", intent, before=(user("查进度", "check_progress"),))
    assert {"event": "followup", "timestamp": None, "name": "loan_form"} in events
    pending = next(event["value"] for event in events if event.get("name") == "form_pending")
    loan = Talk("apply_loan", talk.services, {"form_pending": pending})
    assert "接着上次的" in await loan.say("接着填", intent)


async def test_a_ledger_that_fails_never_stops_the_form() -> None:
    class Broken(Services):
        async def keep(self, *_: Any) -> None:
            raise LedgerUnavailable

        of = earlier = keep  # type: ignore[assignment]

    talk = Talk("apply_loan", Broken())
    await talk.say("我想贷五万", "apply_loan")
    assert talk.slots["loan_amount"] == 5_000_000
    assert say.NO_LAST_TIME in await talk.say("跟上次一样")
    assert "不办了" in await talk.say("不办了", "cancel")


async def test_the_same_as_last_time_is_read_back_before_it_is_used() -> None:
    talk = Talk("apply_loan", Services(earlier_=[LOAN]))
    await talk.say("我想贷五万", "apply_loan")
    told = await talk.say("其他的跟上次一样")
    assert "赵家村" in told
    assert "30,000元" not in told, "what is known already is not asked of the past"
    assert "13800138000" not in told
    assert talk.slots["applicant_village"] is None
    await talk.press(say.USE_LAST)
    assert talk.asked == "loan_consent"
    assert talk.slots["loan_amount"] == 5_000_000
    assert talk.slots["loan_area"] == 8.5
    assert talk.slots["applicant_phone"] == "13800138000"


async def test_one_thing_the_same_as_last_time() -> None:
    talk = Talk("apply_loan", Services(earlier_=[LOAN]))
    await talk.say("我想贷五万", "apply_loan")
    told = await talk.say("电话跟上次一样")
    assert "村" not in told
    await talk.say("对", "affirm")
    assert talk.slots["applicant_phone"] == "13800138000"
    assert talk.slots["applicant_village"] is None
    assert talk.asked == "loan_purpose"


async def test_not_the_same_after_all() -> None:
    talk = Talk("apply_loan", Services(earlier_=[LOAN]))
    await talk.say("跟上次一样，再贷一回", "apply_loan")
    await talk.press(say.NOT_LAST)
    assert talk.asked == "loan_amount"
    assert talk.slots["applicant_name"] is None


async def test_a_bill_of_the_same_kind_as_last_time() -> None:
    talk = Talk("pay_bill", Services(earlier_=[POWER, WATER]))
    await talk.say("交水费，跟上次一样", "pay_bill", 0.9, Entity("bill_type", "water", "水费"))
    told = await talk.say("对", "affirm")
    assert talk.slots["bill_account"] == "30010000", told


async def test_the_same_as_last_time_begins_the_task_of_the_last_case() -> None:
    services = Services(earlier_=[POWER], cases_=[case("2234567895", "bill", 1)])
    _, events = await run(services, "还是跟上次一样", "inform")
    assert {"event": "followup", "timestamp": None, "name": "bill_form"} in events
    assert "inform" in ACTION_OF


@pytest.mark.parametrize("said", ["等一下", "等会儿，我去找单子", "稍等", "我去拿一下本本"])
async def test_a_moment_is_no_misunderstanding(said: str) -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill", 0.9, Entity("bill_type", "electricity", "电费"))
    assert await talk.say(said, "out_of_scope") == say.WAITING
    assert talk.slots["form_misses"] == 0
    assert talk.asked == "bill_account"


async def test_not_knowing_leads_to_a_person_in_the_end() -> None:
    talk = Talk("pay_bill")
    await talk.say("交电费", "pay_bill", 0.9, Entity("bill_type", "electricity", "电费"))
    assert "慢慢想" in await talk.say("我记不得了")
    await talk.say("不晓得")
    assert "工作人员" in await talk.say("忘了")


async def test_answers_in_any_order() -> None:
    talk = Talk("apply_loan")
    await talk.say("我想贷款", "apply_loan")
    await talk.say("我叫王二娃，住赵家村")
    assert talk.slots["applicant_name"] == "王二娃"
    assert talk.slots["applicant_village"] == "赵家村"
    assert talk.asked == "loan_amount"
    await talk.say("电话13800138000，贷五万")
    assert talk.slots["applicant_phone"] == "13800138000"
    assert talk.slots["loan_amount"] == 5_000_000


async def test_a_yes_without_a_known_question_is_asked_again() -> None:
    """The conversation may have lost its last turns: a yes that answers nothing known submits nothing."""
    talk = await half_done()
    for said in ("两年", "王二娃", "13800138000", "赵家村", "同意", "同意"):
        await talk.say(said)
    talk.last = ()
    told = await talk.say("对，提交", "affirm")
    assert "对不对" in told
    assert not talk.services.submitted
    await talk.say("对，提交", "affirm")
    assert len(talk.services.submitted) == 1
