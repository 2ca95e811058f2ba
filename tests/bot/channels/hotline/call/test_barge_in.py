"""Who may interrupt whom: speech stops the voice, a cough does not for long, and a notice is heard to its end."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.wire import Expected, SpokenReply, SpokenTurn, Welcome
from tests.bot.channels.hotline.gateway_double import GatewayDouble, answers, says
from tests.bot.channels.hotline.telephone import QUICK, calling

pytestmark = pytest.mark.unit
LONG = "这一句话说得很长很长，长得让人不想听完它。"


@pytest.fixture
def slow(double: GatewayDouble) -> GatewayDouble:
    """Speaks at the pace of people, so that there is time to interrupt."""
    double.behaviour.character_s = 0.03
    return double


async def test_speech_stops_the_voice_and_is_answered(slow: GatewayDouble, prompts: PromptBook) -> None:
    slow.behaviour.answer = answers(says(LONG), says("好的。"))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins(LONG)
        began = time.monotonic()
        call.phone.starts()
        await call.phone.silent()
        assert time.monotonic() - began < 1
        call.phone.ends()
        await call.phone.hears("好的。")
        assert LONG not in call.phone.heard
        call.phone.hangs_up()
        await call.ended()
        assert [turn.interrupted for turn in call.record.turns] == [True, False]


async def test_the_greeting_can_be_interrupted_too(slow: GatewayDouble, prompts: PromptBook) -> None:
    slow.behaviour.start_s = 0.2
    async with calling(slow, prompts) as call:
        await call.phone.begins(texts.GREETING)
        call.phone.says()
        await call.phone.hears("您说的是")
        assert texts.GREETING not in call.phone.heard


async def test_a_notice_is_heard_to_its_end_and_what_was_said_over_it_is_answered(
    slow: GatewayDouble, prompts: PromptBook
) -> None:
    notice, rest = SpokenReply(say="您的号码我们会保存三十天。", must_hear=True), SpokenReply(say=LONG)
    slow.behaviour.welcome = Welcome(replies=(notice, rest))
    async with calling(slow, prompts) as call:
        await call.phone.begins(notice.say)
        call.phone.says()
        await call.phone.hears("您说的是")
        assert notice.say in call.phone.heard
        assert LONG not in call.phone.begun, "what follows the notice is not said over the caller"


async def test_a_notice_behind_words_that_were_interrupted_comes_first_next_time(
    slow: GatewayDouble, prompts: PromptBook
) -> None:
    notice = SpokenReply(say="贷款要还的。", must_hear=True)
    first = SpokenTurn(turn_id="t", replies=(SpokenReply(say=LONG), notice))
    slow.behaviour.answer = answers(first, says("好的。"))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins(LONG)
        call.phone.says()
        await call.phone.hears("好的。")
        assert call.phone.heard[1:] == [notice.say, "好的。"]


async def test_a_noise_that_is_no_word_lets_the_voice_go_on_where_it_was(
    slow: GatewayDouble, prompts: PromptBook
) -> None:
    slow.behaviour.transcripts = ("话费", None)
    slow.behaviour.answer = answers(says(f"第一句。{LONG}第三句。"))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins(LONG)
        call.phone.says()
        await call.phone.hears("第三句。")
        assert call.phone.heard[1:] == ["第一句。", LONG, "第三句。"]
        assert len(call.asked) == 1


@pytest.mark.parametrize("murmur", ["嗯", "嗯，嗯。", "哦"])
async def test_a_sound_of_listening_is_no_answer_while_the_voice_speaks(
    slow: GatewayDouble, prompts: PromptBook, murmur: str
) -> None:
    slow.behaviour.transcripts = ("话费", murmur)
    slow.behaviour.answer = answers(says(LONG))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins(LONG)
        call.phone.says()
        await call.phone.hears(LONG)
        assert len(call.asked) == 1


async def test_who_thinks_aloud_is_waited_for(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.transcripts = ("嗯……", "话费")
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await double.answered("hear")
        call.phone.says()
        await call.phone.hears("您说的是话费")
        assert call.asked == ["话费"]


async def test_a_sound_of_agreement_answers_a_yes_or_no(slow: GatewayDouble, prompts: PromptBook) -> None:
    slow.behaviour.transcripts = ("话费", "嗯")
    slow.behaviour.answer = answers(says(LONG, expects=Expected.YES_NO), says("好的。"))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins(LONG)
        call.phone.says()
        await call.phone.hears("好的。")
        assert call.asked == ["话费", "嗯"]


async def test_an_answer_that_comes_while_the_caller_speaks_waits(slow: GatewayDouble, prompts: PromptBook) -> None:
    slow.behaviour.turn_s = 0.3
    slow.behaviour.answer = answers(says("第一个回答。"), says("第二个回答。"))
    async with calling(slow, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await slow.event("turn").wait()
        call.phone.starts()
        await slow.answered("turn")
        await asyncio.sleep(0.2)
        assert call.phone.playing is None
        call.phone.ends()
        await call.phone.hears("第二个回答。")
        assert "第一个回答。" not in call.phone.begun


async def test_who_never_stops_is_cut_and_answered(slow: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(slow, prompts, pace=replace(QUICK, longest_utterance_s=0.3)) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.starts()
        talking = asyncio.create_task(_talk(call.phone.goes_on))
        try:
            await call.phone.hears("您说的是")
        finally:
            talking.cancel()


async def _talk(goes_on: object) -> None:
    assert callable(goes_on)
    while True:
        goes_on()
        await asyncio.sleep(0.02)
