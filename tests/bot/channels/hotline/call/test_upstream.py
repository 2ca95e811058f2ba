"""The client of the gateway: what is repeated, what is given up, and what its errors mean."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest

from bot.channels.hotline.call.upstream import AwayError, NothingHeardError, Patience, RefusedError, Upstream
from bot.channels.hotline.wire import CallStart, CallTurn, SpokenReply, Welcome
from tests.bot.channels.hotline.gateway_double import SECRET, GatewayDouble, says

pytestmark = pytest.mark.unit
CALL = CallStart(call_id="c1", caller="13800001111", called="12345", protocol="websocket")
QUICK = Patience(ping_s=0.1, ping_every_s=0.02)


@contextlib.asynccontextmanager
async def asking(double: GatewayDouble, secret: str = SECRET) -> AsyncIterator[Upstream]:
    async with double.running() as base, aiohttp.ClientSession() as session:
        upstream = Upstream(session, base, secret, QUICK)
        yield upstream
        await upstream.close()


async def frames(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_call_begins_with_what_is_said_first() -> None:
    double = GatewayDouble()
    double.behaviour.welcome = Welcome(replies=(SpokenReply(say="您好。"),), ask_region=True)
    async with asking(double) as upstream:
        assert await upstream.start(CALL) == double.behaviour.welcome
    assert double.starts == [CALL]


async def test_an_answer_lost_on_the_way_is_asked_for_again_under_its_id() -> None:
    double = GatewayDouble()
    double.behaviour.cut["turn"] = 2
    double.behaviour.answer = lambda _call, turn: says(f"第{len(double.turns)}次")
    async with asking(double) as upstream:
        answer = await upstream.turn("c1", CallTurn(message_id="m1", text="你好"))
    assert answer.replies[0].say == "第1次"
    assert [turn.message_id for _call, turn in double.turns] == ["m1"] * 3


async def test_what_is_heard_is_sent_while_it_is_spoken() -> None:
    double, going_on = GatewayDouble(), asyncio.Event()

    async def spoken() -> AsyncIterator[bytes]:
        yield bytes(320)
        await double.event("hear").wait()  # the request is under way before the last word
        going_on.set()
        yield bytes(320)

    async with asking(double) as upstream:
        heard = await upstream.hear("c1", 8000, spoken())
    assert going_on.is_set()
    assert heard.seconds == pytest.approx(0.04)


async def test_no_speech_is_an_error_of_its_own() -> None:
    double = GatewayDouble()
    double.behaviour.transcripts = (None,)
    async with asking(double) as upstream:
        with pytest.raises(NothingHeardError):
            await upstream.hear("c1", 8000, frames(bytes(320)))


async def test_speech_comes_sentence_by_sentence() -> None:
    double = GatewayDouble()
    async with asking(double) as upstream:
        pieces = [double.said[pcm] async for pcm in upstream.speech("第一句。第二句！", 8000)]
    assert pieces == ["第一句。", "第二句！"]


async def test_a_refusal_brings_words_that_can_be_spoken() -> None:
    double = GatewayDouble()
    double.behaviour.refuse["turn"] = [(503, "busy", "现在人多，请您等一下再说。")]
    async with asking(double) as upstream:
        with pytest.raises(RefusedError) as caught:
            await upstream.turn("c1", CallTurn(message_id="m", text="你好"))
    assert (caught.value.code, caught.value.message) == ("busy", "现在人多，请您等一下再说。")


async def test_a_wrong_secret_is_refused() -> None:
    async with asking(GatewayDouble(), secret="wrong") as upstream:
        with pytest.raises(RefusedError):
            await upstream.start(CALL)


async def test_a_gateway_that_is_not_there_is_away_and_lost() -> None:
    async with aiohttp.ClientSession() as session:
        upstream = Upstream(session, "http://127.0.0.1:9", SECRET, QUICK)
        with pytest.raises(AwayError):
            await upstream.hear("c1", 8000, frames(bytes(320)))
        assert not await upstream.well()
        await asyncio.wait_for(upstream.lost(0.1), 2)
        await upstream.close()


async def test_a_stopped_gateway_is_lost_and_one_that_wakes_is_not() -> None:
    double = GatewayDouble()
    async with asking(double) as upstream:
        assert await upstream.well()
        double.sleep()
        await asyncio.wait_for(upstream.lost(0.3), 2)
        double.wake()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(upstream.lost(0.3), 0.8)
