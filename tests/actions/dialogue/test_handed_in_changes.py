"""An application that was handed in is changed or taken back in the conversation, without Rasa."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.cases import CaseState
from actions.dialogue.registry import build_actions
from actions.dialogue.turn import Message, Turn
from actions.errors import LedgerUnavailable
from tests.actions.dialogue.doubles import Services, Talk, case

pytestmark = pytest.mark.unit

OPEN = case("1234567897", "loan", 5_000_000)


class Chat:
    """A conversation outside a form."""

    def __init__(self, *cases: object) -> None:
        self.services = Services(cases_=list(cases))  # type: ignore[arg-type]
        actions = {action.name(): action for action in build_actions(self.services)}
        self.action = actions["action_choose"]
        self.last: tuple[Message, ...] = ()

    async def say(self, text: str, intent: str = "correct_value") -> Message:
        reply = await self.action._answer(Turn("u1", text, intent, 0.9, last_messages=self.last))
        self.last = reply.messages
        return reply.messages[-1]

    async def press(self, title: str) -> Message:
        option = next(option for message in self.last for option in message.options if option.title == title)
        reply = await self.action._answer(Turn("u1", "", "", last_messages=self.last).choosing(option.payload))
        self.last = reply.messages
        return reply.messages[-1]


@pytest.mark.parametrize("text", ["我要撤销贷款申请", "我不想贷了，把申请撤了", "把我的贷款申请取消了吧"])
async def test_taken_back_after_a_yes(text: str) -> None:
    chat = Chat(OPEN)
    asked = await chat.say(text, "cancel")
    assert "1234567897" in asked.text
    assert "50,000元" in asked.text
    assert chat.services.withdrawn == []
    done = await chat.press("对，撤回")
    assert "撤回了" in done.text
    assert chat.services.withdrawn == ["1234567897"]


@pytest.mark.parametrize("answer", [("不用", "deny"), ("不", "deny"), ("算了不撤", "deny")])
async def test_kept_after_a_no(answer: tuple[str, str]) -> None:
    chat = Chat(OPEN)
    await chat.say("我要撤销贷款申请", "cancel")
    assert "没有动" in (await chat.say(*answer)).text
    assert chat.services.withdrawn == []


async def test_a_bare_yes_later_does_nothing() -> None:
    chat = Chat(OPEN)
    await chat.say("我要撤销贷款申请", "cancel")
    await chat.say("你好", "greet")
    await chat.say("对", "affirm")
    assert chat.services.withdrawn == []


@pytest.mark.parametrize("text", ["我要撤销贷款申请", "我不想贷了，把申请撤了"])
@pytest.mark.parametrize("cases", [(), (replace(OPEN, state=CaseState.APPROVED),)])
async def test_nothing_open_is_said_so(text: str, cases: tuple[object, ...]) -> None:
    chat = Chat(*cases)
    assert "没有还在审的" in (await chat.say(text, "cancel")).text
    assert chat.last[-1].options[0].title == "请工作人员帮我"


async def test_at_the_beginning_of_a_form_too() -> None:
    talk = Talk("apply_loan", Services(cases_=[OPEN]))
    said = await talk.say("我要撤销贷款申请", "apply_loan")
    assert "要撤回编号1234567897" in said
    assert talk.asked is None


@pytest.mark.parametrize(
    ("text", "told", "change"),
    [
        ("贷款申请的金额改成六万", "金额改成60,000元", (6_000_000, None, None)),
        ("把我的贷款申请时间改成三年", "时间改成三年", (None, 36, None)),
        ("贷款申请的电话换成13912345678", "电话改成13912345678", (None, None, "13912345678")),
        ("改一下贷款申请，要八万，两年", "金额改成80,000元，时间改成两年", (8_000_000, 24, None)),
    ],
)
async def test_changed_after_a_read_back(text: str, told: str, change: tuple[object, ...]) -> None:
    chat = Chat(OPEN)
    assert told in (await chat.say(text)).text
    assert chat.services.changes == {}
    await chat.press("对，改")
    (made,) = chat.services.changes.values()
    assert (made.amount_fen, made.term_months, made.phone) == change


async def test_what_to_change_is_asked() -> None:
    chat = Chat(OPEN)
    assert "哪一样" in (await chat.say("改一下我的贷款申请")).text
    assert "金额改成60,000元" in (await chat.say("金额改成六万", "inform")).text
    assert "金额改成70,000元" in (await chat.say("不对，是七万")).text
    await chat.say("对", "affirm")
    (made,) = chat.services.changes.values()
    assert made.amount_fen == 7_000_000


async def test_an_unsure_outcome_is_said_so() -> None:
    chat = Chat(OPEN)
    await chat.say("我要撤销贷款申请", "cancel")
    chat.services.fail = LedgerUnavailable()
    assert "查进度" in (await chat.say("对", "affirm")).text
