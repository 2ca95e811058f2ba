"""Everything by keys: options three at a time, numbers read back masked, and 0, * and # at every moment."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.ending import Ended, Next
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.wire import CallTurn, Expected, Outcome, SpokenReply, SpokenTurn, Welcome
from bot.schema import Option
from tests.bot.channels.hotline.gateway_double import GatewayDouble, answers, says
from tests.bot.channels.hotline.telephone import Tape, calling

pytestmark = pytest.mark.unit
BILLS = tuple(
    Option(key=str(number), title=title) for number, title in enumerate(("水费", "电费", "话费", "气费", "房租"), 1)
)


def asked(say: str, expects: Expected, *options: Option) -> Welcome:
    return Welcome(replies=(SpokenReply(say=say, options=options),), expects=expects)


async def test_options_are_read_three_at_a_time_and_chosen_by_digit(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = asked("交哪样？", Expected.MENU, *BILLS)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.MORE_KEY)
        assert call.phone.heard[1:-1] == ["交哪样？", "水费，按1。", "电费，按2。", "话费，按3。"]
        call.phone.presses("9")
        await call.phone.hears("房租，按5。")
        assert texts.MORE_KEY not in call.phone.heard[-1]
        call.phone.presses("4")
        await call.phone.hears("您说的是4。")
        assert call.asked == ["4"]
        call.phone.hangs_up()
        await call.ended()
        assert (call.record.turns[0].by, call.record.turns[0].said) == ("keys", "4：气费")


async def test_the_next_options_can_be_asked_for(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = asked("交哪样？", Expected.MENU, *BILLS)
    double.behaviour.transcripts = ("还有吗？",)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.MORE_KEY)
        call.phone.says()
        await call.phone.hears("气费，按4。")
        assert not call.asked


async def test_a_key_stops_the_voice(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.character_s = 0.1
    double.behaviour.welcome = asked("交哪样？", Expected.MENU, *BILLS)
    async with calling(double, prompts) as call:
        await call.phone.begins("水费")
        call.phone.presses("2")
        await call.phone.hears("您说的是2。")
        assert "水费，按1。" not in call.phone.heard


@pytest.mark.parametrize(("key", "means"), [("1", "是"), ("2", "不是")])
async def test_yes_and_no(double: GatewayDouble, prompts: PromptBook, key: str, means: str) -> None:
    double.behaviour.welcome = asked("是这样吗？", Expected.YES_NO)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.YES_NO_KEYS)
        call.phone.presses(key)
        await call.phone.hears("您说的是")
        assert call.asked == [means]


async def test_a_number_is_collected_read_back_by_its_end_and_kept_off_the_records(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    tape = Tape()
    double.behaviour.welcome = asked("电话号码是多少？", Expected.DIGITS).model_copy(update={"record": True})
    double.behaviour.answer = answers(says("记下了。"))
    async with calling(double, prompts, recording=tape) as call:
        await call.phone.hears(texts.DIGITS_KEYS)
        call.phone.presses("13800002345#")
        await call.phone.hears("记下了。")
        assert call.asked == ["13800002345"]
        assert call.phone.heard[-2] == "收到，尾号二三四五"
        assert tape.told == ["begin", "pause", "resume"]
        call.phone.hangs_up()
        await call.ended()
        assert call.record.turns[0].said == "（按了11位）"
        assert "3800" not in call.record.model_dump_json()


async def test_an_amount_is_read_back_whole_and_ends_with_a_pause(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = asked("交多少？", Expected.AMOUNT)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.AMOUNT_KEYS)
        call.phone.presses("50")
        await call.phone.hears("收到，50元。")
        assert call.asked == ["50"]


async def test_a_number_can_be_begun_anew(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = asked("户号是多少？", Expected.DIGITS)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.DIGITS_KEYS)
        call.phone.presses("12*")
        await call.phone.hears(texts.AGAIN_FROM_START)
        call.phone.presses("3456#")
        await call.phone.hears("您说的是")
        assert call.asked == ["3456"]


async def test_words_spoken_while_a_number_is_keyed_do_not_disturb_it(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.welcome = asked("户号是多少？", Expected.DIGITS)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.DIGITS_KEYS)
        call.phone.presses("12")
        call.phone.says()
        call.phone.presses("34#")
        await call.phone.hears("您说的是")
        assert call.asked == ["1234"]


async def test_star_says_it_again_without_asking_anybody(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("还要问什么？")
        speeches = len(double.speeches)
        call.phone.presses("*")
        await call.phone.hears("还要问什么？", times=2)
        assert (len(call.asked), len(double.speeches)) == (1, speeches)


async def test_hash_goes_back(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = asked("户号是多少？", Expected.DIGITS)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.DIGITS_KEYS)
        call.phone.presses("#")
        await call.phone.hears("您说的是刚才说错了。")


async def test_a_key_that_means_nothing_is_said_to(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        await asyncio.sleep(0.1)
        call.phone.presses("7")
        await call.phone.hears(texts.JUST_SAY)
        assert call.phone.heard[-2:] == [texts.NO_SUCH_KEY, texts.JUST_SAY]


def desk_open(_call: str, turn: CallTurn) -> SpokenTurn:
    if turn.text == texts.PERSON:
        return SpokenTurn(turn_id="t", replies=(), transfer=True, summary="要找人工")
    return says("您说。")


def desk_closed(_call: str, turn: CallTurn) -> SpokenTurn:
    return says("现在下班了，留个电话吧。", expects=Expected.DIGITS)


@pytest.mark.parametrize("when", ["greeting", "listening", "answering", "speech", "answer", "entry"])
async def test_zero_leads_to_a_person_at_every_moment(double: GatewayDouble, prompts: PromptBook, when: str) -> None:
    double.behaviour.answer = desk_open
    double.behaviour.turn_s = 0.2
    double.behaviour.character_s = 0.1
    double.behaviour.welcome = asked("户号是多少？", Expected.DIGITS if when == "entry" else Expected.ANYTHING)
    async with calling(double, prompts) as call:
        await call.phone.begins(texts.GREETING)
        if when != "greeting":
            await call.phone.hears("户号")
        if when == "speech":
            double.behaviour.speech_s = 30
        if when in ("answering", "speech", "answer"):
            call.phone.says()
            await double.event("turn").wait()
        if when == "speech":
            await double.answered("turn")
            await asyncio.sleep(0.2)
        if when == "answer":
            await call.phone.begins("您说。")
        call.phone.presses("0")
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON, "要找人工")
        assert call.phone.heard[-1] == texts.TRANSFER


async def test_zero_out_of_hours_offers_what_can_be_done_and_twice_is_meant(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.answer = desk_closed
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.presses("0")
        await call.phone.hears(texts.DIGITS_KEYS)
        assert not call.running.done()
        call.phone.presses("0")
        assert (await call.ended()).next is Next.PERSON


async def test_the_region_is_asked_for_after_the_notice_and_before_all_else(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    notice, rest = SpokenReply(say="电话会记下来。", must_hear=True), SpokenReply(say="您有什么事？")
    double.behaviour.welcome = Welcome(replies=(notice, rest), ask_region=True)
    double.behaviour.answer = answers(says("好，四川的。"))
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.REGION)
        call.phone.presses("028#")
        await call.phone.hears("好，四川的。")
        assert call.phone.heard[1:] == ["电话会记下来。", texts.REGION, "收到三位。", "您有什么事？", "好，四川的。"]
        assert [(turn.text, turn.region) for _call, turn in double.turns] == [("028", True)]


async def test_what_follows_the_region_is_asked_with_its_options(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = Welcome(ask_region=True)
    double.behaviour.answer = answers(says("同意吗？", options=BILLS[:2], expects=Expected.MENU))
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.REGION)
        call.phone.says()
        await call.phone.hears("电费，按2。")
        call.phone.presses("1")
        await call.phone.hears("同意吗？", times=2)
        assert [(turn.text, turn.region) for _call, turn in double.turns][1:] == [("1", False)]


async def test_the_region_need_not_be_said(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = Welcome(ask_region=True)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.REGION)
        call.phone.presses("#")
        await call.phone.hears(texts.JUST_SAY)
        assert not double.turns


async def test_who_tells_their_errand_instead_of_the_region_is_answered(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.welcome = Welcome(ask_region=True)
    double.behaviour.answer = lambda _call, turn: (
        SpokenTurn(turn_id="t", replies=()) if turn.region else says("话费这样交。")
    )
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.REGION)
        call.phone.says()
        await call.phone.hears("话费这样交。")
        assert [turn.region for _call, turn in double.turns] == [True, False]


async def test_zero_stops_even_a_notice_that_somebody_has_answered_over(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.answer = desk_open
    double.behaviour.character_s = 0.2
    notice = SpokenReply(say="这是一个很长很长的通知。", must_hear=True)
    double.behaviour.welcome = Welcome(replies=(notice,), expects=Expected.YES_NO)
    async with calling(double, prompts) as call:
        await call.phone.begins(notice.say)
        call.phone.presses("1")
        await asyncio.sleep(0.1)
        call.phone.presses("0")
        assert (await call.ended(2.0)).next is Next.PERSON
        assert notice.say not in call.phone.heard
