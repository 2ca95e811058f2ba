"""Calls on a platform that has its own recognition and synthesis: words or keys in, words and what to do out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiohttp import web

from bot.channels.hotline.desk import said
from bot.channels.hotline.desk.calls import Call, CallBook
from bot.channels.hotline.desk.channel import HotlineChannel
from bot.channels.hotline.desk.keeping import Records
from bot.channels.hotline.wire import (
    CallRecord,
    CallStart,
    CallTurn,
    Expected,
    IvrAnswer,
    IvrTurn,
    Outcome,
    SpokenReply,
    SpokenTurn,
    TurnTimes,
)
from bot.channels.http import json_response, keyed, parsed
from bot.database import new_key
from bot.errors import BadRequestError
from bot.schema import Option

PROTOCOL = "ivr"
AT_A_TIME = 3
"""Options that are read out; the others can be chosen all the same."""
_ANSWERS_KEPT = 50


@dataclass(frozen=True)
class _Greeting:
    """The first answer of a call, and what of it must be heard."""

    answer: IvrAnswer
    notice: str


class IvrRoutes:
    """``POST /api/v1/ivr/turns``.

    Args:
        hotline: answers.
        calls: the calls that go on.
        records: keeps what became of a call.
        key: the API key.
    """

    def __init__(self, hotline: HotlineChannel, calls: CallBook, records: Records, key: str) -> None:
        self._hotline, self._calls, self._records, self._key = hotline, calls, records, key.encode()

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.post("/api/v1/ivr/turns", keyed(self._turn, self._key))]

    async def _turn(self, request: web.Request) -> web.Response:
        asked = parsed(IvrTurn, await request.read())
        if asked.text is not None and asked.keys is not None:
            raise BadRequestError("text 和 keys 一次只能有一样。")
        call = await asyncio.to_thread(self._calls.of, asked.call_id)
        if call is None and asked.ended:
            return web.Response(status=204)
        greeting: _Greeting | None = None
        if call is None:
            greeting, call = await self._begin(asked)
        async with call.lock:
            if asked.ended:
                known = call.outcome if call.outcome is not Outcome.OPEN else Outcome.HUNG_UP
                await self._keep(call, asked.outcome or known)
                return web.Response(status=204)
            answer = call.answers.get(asked.message_id or "")
            if answer is None:
                answer = await self._answer(call, asked, greeting)
                call.answers[asked.message_id or new_key()] = answer
                while len(call.answers) > _ANSWERS_KEPT:
                    del call.answers[next(iter(call.answers))]
        return json_response(answer.model_dump(mode="json"))

    async def _begin(self, asked: IvrTurn) -> tuple[_Greeting, Call]:
        start = CallStart(call_id=asked.call_id, caller=asked.caller, called=asked.called, protocol=PROTOCOL)
        welcome = await self._hotline.begin(start)
        call = await asyncio.to_thread(self._calls.of, asked.call_id)
        assert call is not None  # begun a line above
        replies = [SpokenReply(say=said.GREETING), *welcome.replies]
        if welcome.ask_region:
            call.asking_region = True
            replies.append(SpokenReply(say=said.WHERE_FROM))
        elif not any(reply.options for reply in replies):
            replies.append(SpokenReply(say=said.WHAT_NOW + said.OR_KEYS))
        await self._keep(call, Outcome.OPEN)
        notice = "".join(reply.say for reply in welcome.replies if reply.must_hear)
        turn = SpokenTurn(turn_id=new_key(), replies=tuple(replies), expects=welcome.expects)
        return _Greeting(_answer(call, turn), notice), call

    async def _answer(self, call: Call, asked: IvrTurn, greeting: _Greeting | None) -> IvrAnswer:
        words = {"0": said.PERSON, "#": said.BACK}.get(asked.keys or "", asked.keys or asked.text or "").strip()
        if not words and greeting is not None:
            return greeting.answer
        last = next(reversed(call.answers.values()), None)
        if not words or (asked.keys == "*" and last is not None):
            again = last or _answer(call, SpokenTurn(turn_id=new_key(), replies=(SpokenReply(say=said.NOTHING_YET),)))
            return again if words else again.model_copy(update={"say": f"{said.NOTHING_YET}{again.say}"})
        turn = await self._hotline.answer(call, await self._asked(call, words, asked))
        if not turn.replies and not turn.transfer:  # no place, so it was their errand
            turn = await self._hotline.answer(call, CallTurn(message_id=asked.message_id or new_key(), text=words))
        now = round((datetime.now(UTC) - call.began).total_seconds() * 1000)
        call.exchanges.append(
            TurnTimes(by="keys" if asked.keys else "voice", said=asked.keys or asked.text, answered_ms=now)
        )
        outcome = Outcome.TRANSFERRED if turn.transfer else Outcome.FAREWELL if turn.farewell else Outcome.OPEN
        await self._keep(call, outcome)
        answer = _answer(call, turn)
        if greeting is None or not greeting.notice:
            return answer
        # Who spoke at once hears what is kept all the same.
        told = {"say": greeting.notice + answer.say, "text": greeting.notice + answer.text, "must_hear": True}
        return answer.model_copy(update=told)

    async def _asked(self, call: Call, words: str, asked: IvrTurn) -> CallTurn:
        region, call.asking_region = call.asking_region and words not in (said.PERSON, said.BACK), False
        return CallTurn(message_id=asked.message_id or new_key(), text=words, region=region)

    async def _keep(self, call: Call, outcome: Outcome) -> None:
        call.outcome = outcome
        ended = None if outcome is Outcome.OPEN else datetime.now(UTC)
        turns = tuple(call.exchanges)
        record = CallRecord(call_id=call.id, began=call.began, ended=ended, outcome=outcome, turns=turns)
        await self._records.keep(call, record)


def _answer(call: Call, turn: SpokenTurn) -> IvrAnswer:
    text = "".join(_stopped(reply.say) for reply in turn.replies if reply.say)
    options = tuple(option for reply in turn.replies for option in reply.options)
    return IvrAnswer(
        call_id=call.id,
        turn_id=turn.turn_id,
        say=text + _read(options),
        text=text,
        options=options,
        expects=turn.expects if not call.asking_region else Expected.ANYTHING,
        asks=turn.asks,
        must_hear=any(reply.must_hear for reply in turn.replies),
        transfer=turn.transfer,
        summary=turn.summary,
        farewell=turn.farewell,
    )


def _read(options: Sequence[Option]) -> str:
    read = [said.KEY_OPTION.format(title=option.title, key=option.key) for option in options[:AT_A_TIME]]
    return f"{'；'.join(read)}。" if read else ""


def _stopped(text: str) -> str:
    return text if text.endswith(("。", "！", "？", "：", "；")) else f"{text}。"
