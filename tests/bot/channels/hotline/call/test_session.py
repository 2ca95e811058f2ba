"""A call from greeting to end: turns by voice, what is said when, and how it is recorded."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.ending import Ended, Next
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.wire import Expected, Outcome, SpokenReply, SpokenTurn, Welcome
from tests.bot.channels.hotline.gateway_double import GatewayDouble, answers, says
from tests.bot.channels.hotline.telephone import QUICK, TONE, Tape, calling

pytestmark = pytest.mark.unit


async def test_the_greeting_starts_at_once_and_needs_nobody(double: GatewayDouble, prompts: PromptBook) -> None:
    double.sleep()
    async with calling(double, prompts) as call:
        await call.phone.begins(texts.GREETING)
        assert time.monotonic() - call.began < 1


async def test_what_the_gateway_has_to_say_follows_the_greeting(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.welcome = Welcome(replies=(SpokenReply(say="上次您问了贷款。"),), expects=Expected.YES_NO)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.YES_NO_KEYS)
        assert call.phone.heard == [texts.GREETING, "上次您问了贷款。", texts.YES_NO_KEYS]
        assert double.starts[0].caller == "13800001111"
        assert call.ears.expected == [(Expected.YES_NO, None)]


async def test_words_are_heard_and_answered_sentence_by_sentence(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.answer = answers(says("第一句话。第二句话！", expects=Expected.DIGITS, asks="phone"))
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears(texts.DIGITS_KEYS)
        assert call.phone.heard[1:] == ["第一句话。", "第二句话！", texts.DIGITS_KEYS]
        assert call.asked == ["我想问一下话费怎么交"]
        assert call.ears.expected[-1] == (Expected.DIGITS, "phone")


async def test_the_next_sentence_is_made_while_one_is_heard(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.answer = answers(says("这是第一句话，它比较长一点。这是第二句话。", farewell=True))
    double.behaviour.speech_s = 0.2
    double.behaviour.character_s = 0.05
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("第一句话")
        ended = time.monotonic()
        await call.phone.begins("第二句话")
        assert time.monotonic() - ended < 0.5, "made meanwhile; made now it takes .6 s"


async def test_recognition_begins_on_suspicion_and_is_thrown_away_when_the_caller_goes_on(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.hear_s = 0.05
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.starts()
        call.phone.pauses()
        await double.answered("hear")  # heard, though nobody has said that this is the end
        assert not double.turns
        call.phone.resumes()
        call.phone.goes_on()
        call.phone.pauses()
        call.phone.ends()
        await call.phone.begins("您说的是")
        assert double.heard_bytes[0] < double.heard_bytes[1] == 5 * 320
        assert len(double.turns) == 1


async def test_who_goes_on_before_being_answered_is_heard_as_a_whole(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.hear_s = 0.3
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await double.event("hear").wait()
        call.phone.says()
        await call.phone.begins("您说的是")
        assert len(double.turns) == 1
        assert double.heard_bytes[-1] >= 2 * 3 * 320


async def test_a_long_wait_has_a_tone_and_a_word_that_stop_for_the_answer(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.turn_s = 1.0
    async with calling(double, prompts, pace=replace(QUICK, hold_s=0.1, hold_word_s=0.2, hold_again_s=5.0)) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins("您说的是")
        assert call.phone.begun[1:5] == [TONE, texts.HOLD, TONE, "您说的是我想问一下话费怎么交。"]
        assert TONE not in call.phone.heard  # two seconds long, cut off


async def test_the_word_that_holds_is_not_said_over_the_caller(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.turn_s = 1.0
    async with calling(double, prompts, pace=replace(QUICK, hold_s=0.2)) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await double.event("turn").wait()
        call.phone.starts()
        await asyncio.sleep(0.6)
        assert call.phone.begun == [texts.GREETING]
        call.phone.ends()
        await call.phone.begins("您说的是", times=1)
        assert len(double.turns) == 2, "what was said meanwhile is a turn of its own"


async def test_an_answer_lost_on_the_way_is_given_once(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.cut["turn"] = 1
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("您说的是")
        ids = [turn.message_id for _call, turn in double.turns]
        assert len(ids) == 2
        assert len(set(ids)) == 1


async def test_a_farewell_hangs_up_after_the_last_word(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.answer = answers(says("再见。", farewell=True))
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        assert await call.ended() == Ended(Outcome.FAREWELL, Next.HANGUP)
        assert call.phone.heard[-1] == "再见。"
        assert (call.record.outcome, call.record.ended is None) == (Outcome.FAREWELL, False)


async def test_a_farewell_waits_for_who_has_something_to_add(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.answer = answers(says("那好，再见，您慢走。", farewell=True), says("这个可以。"))
    double.behaviour.character_s = 0.05
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.begins("再见")
        call.phone.says()
        await call.phone.hears("这个可以。")
        assert not call.running.done()


async def test_a_transfer_says_what_happens_and_hands_over_a_summary(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    turn = SpokenTurn(turn_id="t", replies=(SpokenReply(say="我请人来。"),), transfer=True, summary="问贷款，\n五万块")
    double.behaviour.answer = answers(turn)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON, "问贷款， 五万块")
        assert call.phone.heard[1:] == ["我请人来。", texts.TRANSFER]


async def test_a_transfer_that_the_gateway_has_told_of_is_not_told_of_twice(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.answer = answers(says("好，我给您转工作人员。", kind="transfer", transfer=True))
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        assert (await call.ended()).next is Next.PERSON
        assert call.phone.heard[1:] == ["好，我给您转工作人员。"]


async def test_the_record_has_the_times_of_every_exchange(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts) as call:
        for number in range(1, 4):
            await call.phone.until(lambda: call.phone.playing is None and bool(call.phone.heard))
            call.phone.says()
            await call.phone.hears("还要问什么？", times=number)
        assert call.record.outcome is Outcome.OPEN, "some go up while the call goes on"
        call.phone.hangs_up()
        await call.ended()
        assert call.record.outcome is Outcome.HUNG_UP
        assert len(call.record.turns) == 3
        for turn in call.record.turns:
            times = [turn.speech_end_ms, turn.heard_ms, turn.answered_ms, turn.first_audio_ms]
            assert None not in times
            assert times == sorted(times)
            assert (turn.by, turn.said) == ("voice", "我想问一下话费怎么交")


async def test_a_recording_begins_after_it_was_announced(double: GatewayDouble, prompts: PromptBook) -> None:
    tape = Tape()
    double.behaviour.welcome = Welcome(record=True)
    async with calling(double, prompts, recording=tape) as call:
        await call.phone.begins(texts.RECORDED)
        assert tape.told == []
        call.phone.starts()  # who talks over it has heard it all the same
        call.phone.ends()
        await call.phone.hears(texts.RECORDED)
        await call.phone.begins("您说的是")
        assert tape.told == ["begin"]


async def test_a_call_does_not_go_on_for_ever(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts, pace=replace(QUICK, call_s=2.5, warning_s=2.0)) as call:
        await call.phone.hears(texts.GREETING)
        await asyncio.sleep(0.3)
        call.phone.says()
        await call.phone.hears(texts.ENDS_SOON)
        assert await call.ended() == Ended(Outcome.FAREWELL, Next.HANGUP)
        assert call.phone.heard[-1] == texts.ENDS_NOW
