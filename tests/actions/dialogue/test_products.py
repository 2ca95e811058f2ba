"""Loan products and repayment plans in the conversation, without Rasa."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from actions.dialogue.products import goes_on
from actions.dialogue.registry import build_actions
from actions.dialogue.turn import Message, Turn
from tests.actions.dialogue.doubles import Services, Talk, hit

pytestmark = pytest.mark.unit


@dataclass
class Chat:
    """A conversation about loans: each message is understood as ``ask_loan_product`` or as an answer to it."""

    services: Services = field(default_factory=lambda: Services(decision="refuse", hits=()))
    last: tuple[Message, ...] = ()
    region: str | None = None

    def __post_init__(self) -> None:
        actions = {action.name(): action for action in build_actions(self.services)}
        self.action = actions["action_choose"]

    async def say(self, text: str, intent: str = "ask_loan_product") -> Message:
        return await self._run(
            Turn("u1", text, intent, 0.9, queries=(text,), last_messages=self.last, region=self.region)
        )

    async def press(self, title: str) -> Message:
        option = next(option for message in self.last for option in message.options if option.title == title)
        turn = Turn("u1", "", "", last_messages=self.last, region=self.region)
        return await self._run(replace(turn.choosing(option.payload)))

    async def _run(self, turn: Turn) -> Message:
        reply = await self.action._answer(turn)
        self.last = reply.messages
        return reply.messages[-1]

    @property
    def titles(self) -> list[str]:
        return [option.title for message in self.last for option in message.options]


async def test_a_plan_in_one_sentence() -> None:
    chat = Chat()
    told = await chat.say("贷五万两年一个月还多少")
    assert told.kind == "plan"
    for part in (
        "信用村整村贷（示例）",
        "50,000元",
        "两年",
        "4.2%",
        "每个月还",
        "示例产品",
        "2026年11月1日",
        "工作人员来定",
    ):
        assert part in told.text
    assert "百分之四点二" in str(told.spoken)
    assert told.extra["picture"]["plan"] == {
        "method": "等额本息", "amount_fen": 5_000_000, "annual_percent": "4.20", "months": 24, "sample": True
    }  # fmt: skip
    assert "每个月还" in told.extra["picture"]["alt"]
    assert told.sources[0]["title"] == "沙盒银行示例产品表"
    assert chat.titles == ["换成先息后本", "现在填申请", "先不填"]
    other = await chat.press("换成先息后本")
    assert "只还利息" in other.text
    assert other.extra["picture"]["plan"]["method"] == "先息后本"


async def test_what_is_missing_is_asked() -> None:
    chat = Chat()
    assert "多少钱" in (await chat.say("贷款一个月要还多少")).text
    assert "没听出是多少钱" in (await chat.say("随便吧", "inform")).text
    assert "多久" in (await chat.say("五万", "inform")).text
    told = await chat.press("一年")
    assert "50,000元，一年" in told.text
    assert told.kind == "plan"


async def test_a_term_said_in_words_goes_on() -> None:
    chat = Chat()
    await chat.say("养牛贷款一个月还好多")
    await chat.say("十万", "inform")
    told = await chat.say("三年", "inform")
    assert "壮牛养殖贷（示例）" in told.text
    assert "100,000元，三年" in told.text


async def test_a_question_in_between_is_no_answer() -> None:
    chat = Chat()
    await chat.say("贷款一个月要还多少")
    assert not goes_on(Turn("u1", "小麦锈病怎么治", "ask_knowledge", 0.9, last_messages=chat.last))
    assert not goes_on(Turn("u1", "你是谁啊？", "inform", 0.9, last_messages=chat.last))
    assert goes_on(Turn("u1", "三万", "query_price", 0.9, last_messages=chat.last))


async def test_products_with_reasons_and_detail() -> None:
    chat = Chat(region="510104")
    told = await chat.say("种柑橘有什么贷款，要八万")
    lines = told.text.splitlines()
    assert lines[0] == "合您说的，目录里有2种："
    assert lines[1].startswith("1. 川橘香果农贷（示例）：年利率4.2%，能贷5,000元到150,000元")
    assert "柑橘" in lines[1]
    assert told.sources
    detail = await chat.press("看看川橘香果农贷")
    for part in ("四川省内果园", "不用抵押", "先息后本", "示例"):
        assert part in detail.text
    plan = await chat.press("算算一个月还多少")
    assert "多久" in plan.text  # the amount was said already
    assert "川橘香果农贷" in (await chat.say("一年半", "inform")).text


async def test_nothing_known_asks_for_the_purpose() -> None:
    chat = Chat()
    told = await chat.say("你们有哪些贷款")
    assert "做什么用" in told.text
    assert chat.titles == ["种地买化肥", "养牲口", "买农机", "盖大棚", "做小买卖"]
    assert "铁牛农机贷" in (await chat.press("买农机")).text


async def test_general_questions_are_answered_from_the_knowledge_base_first() -> None:
    entry = hit("loan-papers", "贷款要带什么材料", topic="finance")
    chat = Chat(Services(hits=(entry,)))
    reply = await chat.say("贷款要哪些材料")
    assert chat.last[0].extra["entry_id"] == "loan-papers"
    assert "不能替银行说准" in reply.text
    assert chat.titles == ["看哪种贷款合适", "现在填申请", "先不填"]


async def test_too_much_is_said_and_nothing_invented() -> None:
    told = await Chat().say("种地想贷五百万，有什么贷款")
    assert "最多能贷" in told.text
    assert not told.sources


async def test_a_product_that_does_not_hold_the_figures() -> None:
    chat = Chat()
    await chat.say("看病急用钱，有什么贷款")
    await chat.press("看看救急小额贷")
    told = await chat.say("贷五万两年一个月还多少")
    assert "信用村整村贷" in told.text  # asked anew: the product is chosen anew


async def test_the_form_counts_with_what_it_knows() -> None:
    talk = Talk("apply_loan", Services(decision="refuse", hits=()))
    await talk.say("我想贷五万种苞谷，两年", "apply_loan")
    said = await talk.say("那一个月要还多少", "ask_loan_product")
    assert "每个月" in said
    assert "咱们接着办" in said
    assert talk.slots["loan_amount"] == 5_000_000


async def test_the_application_starts_with_what_was_said() -> None:
    chat = Chat()
    await chat.say("想贷八万买农机，三年，一个月还多少")
    option = next(option for option in chat.last[-1].options if option.title == "现在填申请")
    talk = Talk("apply_loan")
    turn = Turn("u1", "", "", slots=dict(talk.slots)).choosing(option.payload)
    talk._took(await talk.form.step(turn))
    assert (talk.slots["loan_amount"], talk.slots["loan_term"]) == (8_000_000, 36)
    assert talk.slots["loan_purpose"] == "买农机"


@pytest.mark.parametrize("field", ["plan", "detail"])
async def test_a_product_that_is_gone_is_said_so(field: str) -> None:
    chat = Chat()
    turn = Turn("u1", "", "").choosing(f'/ask_loan_product{{"entry":"X9","field":"{field}"}}')
    assert "不在目录里" in (await chat._run(turn)).text
