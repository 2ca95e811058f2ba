"""Silence, noise, a gateway that fails, a caller who hangs up: every call ends well, and nothing of it is left."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.ending import Ended, Next
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.wire import Expected, Outcome, Part, SpokenReply, SpokenTurn, Welcome
from tests.bot.channels.hotline.gateway_double import GatewayDouble, answers, says
from tests.bot.channels.hotline.telephone import CHIME, QUICK, TONE, calling

pytestmark = pytest.mark.unit
HAND_OVER = SpokenTurn(turn_id="t", replies=(), transfer=True, summary="没说话")


async def test_silence_is_asked_about_then_keys_are_offered_then_a_person_comes(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.welcome = Welcome(replies=(SpokenReply(say="是这样吗？"),), expects=Expected.YES_NO)
    double.behaviour.answer = answers(HAND_OVER)
    async with calling(double, prompts, pace=replace(QUICK, silence_s=0.3)) as call:
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON, "没说话")
        assert call.phone.heard == [
            texts.GREETING,
            "是这样吗？",
            texts.YES_NO_KEYS,
            texts.STILL_THERE,
            texts.KEYS_OFFERED,
            texts.YES_NO_KEYS,
            texts.KEYS_ALWAYS,
            texts.NO_ONE_HEARD,
        ]
        assert [turn.by for turn in call.record.turns] == ["silence"] * len(call.record.turns)


async def test_a_word_after_the_question_about_silence_begins_anew(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts, pace=replace(QUICK, silence_s=0.4)) as call:
        await call.phone.hears(texts.STILL_THERE)
        call.phone.says()
        await call.phone.hears("您说的是")
        await call.phone.hears(texts.STILL_THERE, times=2)
        assert texts.KEYS_OFFERED not in call.phone.heard


async def test_noise_offers_keys_and_in_the_end_a_person(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.transcripts = (None,)
    double.behaviour.answer = answers(HAND_OVER)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        await double.event("start").wait()
        for expected, times in ((texts.NOT_HEARD, 1), (texts.KEYS_ALWAYS, 1), (texts.NOT_HEARD, 2)):
            call.phone.says()
            await call.phone.hears(expected, times)
        call.phone.says()
        assert (await call.ended()).next is Next.PERSON
        assert call.phone.heard[-1] == texts.NO_ONE_HEARD


@pytest.mark.parametrize("when", ["start", "hear", "turn", "speech"])
async def test_a_gateway_that_stops_leads_to_a_person_with_an_apology(
    double: GatewayDouble, prompts: PromptBook, when: str
) -> None:
    if when == "start":
        double.sleep()
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        stopped = time.monotonic()
        if when in ("hear", "turn"):
            setattr(double.behaviour, f"{when}_s", 30)
        if when == "speech":
            double.behaviour.speech_s = 30
        if when != "start":
            call.phone.says()
            await double.event(when).wait()
            double.sleep()
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON)
        assert time.monotonic() - stopped < QUICK.lost_s + 2.5
        assert call.phone.heard[-1] == texts.APOLOGY


@pytest.mark.parametrize(("part", "when"), [(Part.DIALOGUE, "turn"), (Part.VOICE, "hear")])
async def test_a_part_that_hangs_leads_to_a_person(
    double: GatewayDouble, prompts: PromptBook, part: Part, when: str
) -> None:
    setattr(double.behaviour, f"{when}_s", 30)
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await double.event(when).wait()
        double.behaviour.silent, stopped = frozenset((part,)), time.monotonic()
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON)
        assert time.monotonic() - stopped < 2.5
        assert call.phone.heard[-1] == texts.APOLOGY


async def test_a_part_that_hangs_does_not_stop_what_needs_it_not(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.silent = frozenset((Part.VOICE,))
    double.behaviour.welcome = Welcome(replies=(SpokenReply(say="户号是多少？"),), expects=Expected.DIGITS)
    async with calling(double, prompts) as call:
        await call.phone.hears("户号是多少？")
        call.phone.presses("12345#")
        await double.event("turn").wait()
        assert not call.running.done()


@pytest.mark.parametrize("code", ["dialogue_unavailable", "outcome_unknown"])
async def test_a_part_that_died_leads_to_a_person_at_once(
    double: GatewayDouble, prompts: PromptBook, code: str
) -> None:
    double.behaviour.refuse["turn"] = [(503, code, "我这边系统出了点问题。")]
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON)
        assert call.phone.heard[-1] == texts.APOLOGY


async def test_a_gateway_that_is_not_there_leads_to_a_person(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts, base="http://127.0.0.1:9") as call:
        assert await call.ended() == Ended(Outcome.TRANSFERRED, Next.PERSON)
        assert call.phone.heard == [texts.GREETING, texts.APOLOGY]


async def test_without_a_voice_a_call_still_ends_at_a_person(double: GatewayDouble, tmp_path: Path) -> None:
    async with calling(double, PromptBook(tmp_path, "none"), base="http://127.0.0.1:9") as call:
        assert (await call.ended()).next is Next.PERSON
        assert set(call.phone.heard) == {CHIME}


async def test_an_error_is_said_and_the_second_one_leads_to_a_person(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.refuse["turn"] = [(503, "busy", "现在人多，请再说一遍。")] * 2
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("现在人多")
        call.phone.says()
        assert (await call.ended()).next is Next.PERSON
        assert call.phone.heard[-1] == texts.APOLOGY


async def test_an_error_that_passes_is_forgotten(double: GatewayDouble, prompts: PromptBook) -> None:
    busy = (503, "busy", "现在人多，请再说一遍。")
    double.behaviour.refuse["turn"] = [busy]
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("现在人多")
        call.phone.says()
        await call.phone.hears("还要问什么？")
        double.behaviour.refuse["turn"] = [busy]
        call.phone.says()
        await call.phone.hears("现在人多", times=2)
        assert not call.running.done()


async def test_a_busy_voice_is_asked_again(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        double.behaviour.refuse["speech"] = [(503, "busy", "忙。")]
        call.phone.says()
        await call.phone.hears("还要问什么？")


async def test_a_connection_that_breaks_in_mid_sentence_is_made_again(
    double: GatewayDouble, prompts: PromptBook
) -> None:
    double.behaviour.answer = answers(says("第一句。第二句。第三句。"))
    double.behaviour.speech_s = 0.05
    async with calling(double, prompts) as call:
        await call.phone.hears(texts.GREETING)
        double.behaviour.break_speech = 1
        call.phone.says()
        await call.phone.hears("第三句。")
        assert call.phone.heard[1:] == ["第一句。", "第二句。", "第三句。"]


async def test_a_sentence_that_is_late_has_a_tone_before_it(double: GatewayDouble, prompts: PromptBook) -> None:
    double.behaviour.answer = answers(says("第一句。第二句。"))
    double.behaviour.speech_s = 0.5
    async with calling(double, prompts, pace=replace(QUICK, hold_s=0.3)) as call:
        await call.phone.hears(texts.GREETING)
        call.phone.says()
        await call.phone.hears("第二句。")
        assert call.phone.begun[-3:] == ["第一句。", TONE, "第二句。"]
        assert TONE not in call.phone.heard


@pytest.mark.parametrize("when", ["greeting", "listening", "speaking", "hearing", "answering", "answer", "entry"])
async def test_a_caller_may_hang_up_at_any_moment(double: GatewayDouble, prompts: PromptBook, when: str) -> None:
    double.behaviour.character_s = 0.1
    double.behaviour.welcome = Welcome(replies=(SpokenReply(say="户号？"),), expects=Expected.DIGITS)
    if when in ("hearing", "answering"):
        setattr(double.behaviour, {"hearing": "hear_s", "answering": "turn_s"}[when], 30)
    async with calling(double, prompts) as call:
        await call.phone.begins(texts.GREETING)
        if when != "greeting":
            await call.phone.hears("户号？")
        if when == "speaking":
            call.phone.starts()
        if when in ("hearing", "answering", "answer"):
            call.phone.says()
        if when in ("speaking", "hearing"):
            await double.event("hear").wait()
        if when == "answering":
            await double.event("turn").wait()
        if when == "answer":
            await call.phone.begins("您说的是")
        if when == "entry":
            call.phone.presses("123")
        call.phone.hangs_up()
        assert await call.ended(2.0) == Ended(Outcome.HUNG_UP, Next.HANGUP)
        assert call.phone.playing is None
        assert call.record.outcome is Outcome.HUNG_UP
        assert call.record.ended is not None
    assert double.hearing == 0, "who was listening to them is told to stop"


async def test_a_record_that_cannot_be_handed_in_holds_nobody_up(double: GatewayDouble, prompts: PromptBook) -> None:
    async with calling(double, prompts, pace=replace(QUICK, record_s=5.0)) as call:
        await call.phone.hears(texts.GREETING)
        double.sleep()
        call.phone.hangs_up()
        assert (await call.handed_over(1.0)).outcome is Outcome.HUNG_UP
        double.wake()
        await call.ended()
        assert call.record.outcome is Outcome.HUNG_UP
