"""Callers and gateways that do anything: no call fails, speaks with two voices, or leaves something behind."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from dataclasses import replace

import pytest

from bot.channels.hotline.call.ending import Ended
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.wire import Expected, Outcome, SpokenReply, SpokenTurn, Welcome
from bot.schema import Option
from tests.bot.channels.hotline.gateway_double import GatewayDouble
from tests.bot.channels.hotline.telephone import CALL_ID, QUICK, Tape, Telephone, calling, left_running

pytestmark = pytest.mark.unit
CALLS = 24
HASTY = replace(
    QUICK,
    silence_s=0.4,
    hold_s=0.1,
    key_pause_s=0.1,
    longest_utterance_s=0.5,
    joined_s=0.1,
    person_s=0.3,
    call_s=4.0,
    lost_s=2.0,
)


def answer(dice: random.Random) -> SpokenTurn:
    options = tuple(Option(key=str(n), title=f"第{n}样") for n in range(1, dice.choice((0, 0, 2, 5, 12)) + 1))
    replies = tuple(
        SpokenReply(say=f"这是第{dice.randrange(90)}句。还有一句。", must_hear=dice.random() < 0.2, options=options)
        for _ in range(dice.randrange(3))
    )
    return SpokenTurn(
        turn_id="t",
        replies=replies,
        expects=dice.choice(list(Expected)),
        transfer=dice.random() < 0.03,
        farewell=dice.random() < 0.05,
    )


def gateway(dice: random.Random) -> GatewayDouble:
    double = GatewayDouble()
    behaviour = double.behaviour
    behaviour.transcripts = [dice.choice((None, "嗯", "更多", "话费怎么交", "转人工")) for _ in range(20)]
    behaviour.answer = lambda _call, _turn: answer(dice)
    behaviour.welcome = Welcome(
        replies=answer(dice).replies, ask_region=dice.random() < 0.5, record=dice.random() < 0.5
    )
    behaviour.hear_s, behaviour.turn_s, behaviour.speech_s = (dice.choice((0, 0, 0.02, 0.3)) for _ in range(3))
    busy = (503, "busy", "现在人多。")
    behaviour.refuse = {kind: [busy] * dice.choice((0, 0, 0, 1, 2)) for kind in ("hear", "turn", "speech", "record")}
    behaviour.cut.update({kind: dice.randrange(2) for kind in ("hear", "turn", "speech", "start", "record")})
    return double


async def act(phone: Telephone, double: GatewayDouble, dice: random.Random, running: asyncio.Task[Ended]) -> None:
    deeds = [phone.starts, phone.goes_on, phone.pauses, phone.resumes, phone.ends, phone.says, phone.says]
    while not running.done():
        luck = dice.random()
        if luck < 0.3:
            phone.presses(
                dice.choice(("1", "2", "9", "12", "345#", "*", "#", "7", "0" if dice.random() < 0.1 else "3"))
            )
        elif luck < 0.305:
            double.sleep() if dice.random() < 0.5 else double.wake()
        elif luck < 0.31:
            phone.hangs_up()
        else:
            dice.choice(deeds)()
        await asyncio.sleep(dice.choice((0, 0.01, 0.05, 0.2)))


async def one_call(prompts: PromptBook, seed: int) -> None:
    dice = random.Random(seed)
    double = gateway(dice)
    async with calling(double, prompts, pace=HASTY, recording=Tape(), alone=False) as call:
        acting = asyncio.create_task(act(call.phone, double, dice, call.running))
        ended = await call.ended(25.0)
        await acting
        assert call.phone.playing is None, f"seed {seed}"
        double.wake()
        assert isinstance(ended, Ended)
    outcomes = [record.outcome for record in double.records.get(CALL_ID, [])]
    ends = [outcome for outcome in outcomes if outcome is not Outcome.OPEN]
    assert outcomes == [Outcome.OPEN] * (len(outcomes) - len(ends)) + [ended.outcome] * len(ends), f"seed {seed}"


async def test_whatever_happens_a_call_ends_well(prompts: PromptBook, caplog: pytest.LogCaptureFixture) -> None:
    seed = random.randrange(10**6)
    print(f"seeds {seed} to {seed + CALLS - 1}")
    with caplog.at_level(logging.WARNING):
        before = asyncio.all_tasks()
        await asyncio.gather(*(one_call(prompts, seed + number) for number in range(CALLS)))
    gc.collect()  # so that errors nobody looked at are told of
    assert not left_running(before)
    assert not [record.getMessage() for record in caplog.records if "call failed" in record.getMessage()]
    assert not [record.getMessage() for record in caplog.records if record.name == "asyncio"]
