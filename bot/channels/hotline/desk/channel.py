"""The hotline on the gateway's side: what ``wire.py`` says, for the line process that carries the calls."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import aiohttp
from aiohttp import web

from bot.channels.base import Capabilities, Channel
from bot.channels.hotline.desk import said
from bot.channels.hotline.desk.beside import CHANNEL
from bot.channels.hotline.desk.callers import normalised, region_of, region_said, sender_of
from bot.channels.hotline.desk.calls import Call, CallBook
from bot.channels.hotline.desk.keeping import Records
from bot.channels.hotline.desk.outcalls import Errands, OutCalls
from bot.channels.hotline.desk.signs import SignsOfLife
from bot.channels.hotline.desk.sms import Sms
from bot.channels.hotline.desk.spoken import TRANSFER, Asked, spoken_turn
from bot.channels.hotline.desk.welcome import Welcoming
from bot.channels.hotline.wire import (
    CallRecord,
    CallStart,
    CallTurn,
    Signs,
    SpeechRequest,
    SpokenReply,
    SpokenTurn,
    Welcome,
)
from bot.channels.http import Handler, internal, json_response, parsed
from bot.database import aware
from bot.errors import BadRequestError, NotFoundError, TurnError
from bot.heard import heard_of, transcript_of
from bot.hints import CALL_BACK_NUMBER, DIGITS
from bot.mailbox import Mailbox
from bot.people.summary import summary
from bot.preferences import Preferences
from bot.regions import PROVINCES
from bot.schema import Model, Reply, Turn
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService
from voice.errors import VoiceError
from voice.service import Hints, Transcript

RATES = (8000, 16000)
_ID = re.compile(r"[0-9A-Za-z_.-]{1,36}")
_CHANGE = "/correct_value"
_PROTOCOL, _PURPOSE = re.compile("[a-z]{1,16}"), re.compile("[0-9A-Za-z_-]{1,64}")
_NO_KEY = re.compile("[^0-9+*#]")
_LONGEST_MESSAGE_ID = 80
_PRIVATE = frozenset(("applicant_name", "applicant_phone", "applicant_village", "bill_account", CALL_BACK_NUMBER))
"""Slots of answers about a person, which no record of a call holds."""
_LISTENED = timedelta(seconds=15)
"""Who stays so long on a call that we made has heard its news."""
_WATCH_S = 0.05
_BODY = 64 * 1024
_RECORD_BODY = 2**20
M = TypeVar("M", bound=Model)


class TelephoneVoice(Protocol):
    """The part of the voice service that the telephone needs."""

    async def hear_pcm(self, pieces: AsyncIterator[bytes], rate: int, hints: Hints = ...) -> Transcript: ...

    def speak_pcm(self, text: str, rate: int) -> AsyncIterator[bytes]: ...


class HotlineChannel(Channel):
    """Routes under ``/internal/hotline``.

    Args:
        turns: runs a turn.
        voice: hears and speaks.
        store: the gateway's memory.
        calls: the calls that go on.
        welcoming: what is said first.
        records: keeps what became of a call.
        preferences: where people said they live.
        mailbox: keeps messages for the next call.
        signs: of the parts that a call needs.
        sms: sends messages, where there is a service.
        errands, outcalls: who is to be called, and the calls; where they are made.
        secret: what every request must bring along.
        session_secret: makes sender ids.
    """

    name = CHANNEL
    capabilities = Capabilities(voice=True, speech=True)

    def __init__(
        self,
        turns: TurnService,
        voice: TelephoneVoice,
        store: GatewayStore,
        calls: CallBook,
        welcoming: Welcoming,
        records: Records,
        preferences: Preferences,
        mailbox: Mailbox,
        signs: SignsOfLife,
        *,
        secret: str,
        session_secret: str,
        sms: Sms | None = None,
        errands: Errands | None = None,
        outcalls: OutCalls | None = None,
    ) -> None:
        self._turns, self._voice, self._store, self._calls = turns, voice, store, calls
        self._welcoming, self._records, self._preferences, self._mailbox = welcoming, records, preferences, mailbox
        self._secret, self._session_secret = secret.encode(), session_secret
        self._errands, self._outcalls, self._signs = errands, outcalls, signs
        self._parts: list[Records | Sms | OutCalls] = [part for part in (records, sms, outcalls) if part is not None]

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        base = "/internal/hotline"
        return [
            web.post(f"{base}/calls", self._guarded(self._start)),
            web.post(f"{base}/calls/{{id}}/hear", self._guarded(self._hear)),
            web.post(f"{base}/calls/{{id}}/turns", self._guarded(self._turn)),
            web.post(f"{base}/speech", self._guarded(self._speech)),
            web.put(f"{base}/calls/{{id}}", self._guarded(self._record)),
            web.get(f"{base}/signs", self._guarded(self._alive)),
        ]

    async def start(self) -> None:
        for part in self._parts:
            await part.start()

    async def stop(self) -> None:
        for part in reversed(self._parts):
            await part.stop()
        await self._signs.close()

    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """Messages wait for the next call, of a case only the newest; who agreed to it is called."""
        sender = f"{self.name}:{sender_id}"
        await asyncio.to_thread(self._mailbox.put, sender, replies, key, newest=True)
        if not await asyncio.to_thread(self._mailbox.after, sender, 0):
            return  # delivered again, and heard already
        if self._errands is not None and await asyncio.to_thread(self._errands.add, sender) and self._outcalls:
            self._outcalls.wake()

    def _guarded(self, handler: Handler) -> Handler:
        return internal(handler, self._secret)

    async def _start(self, request: web.Request) -> web.Response:
        asked = parsed(CallStart, await _bounded(request, _BODY))
        return json_response((await self.begin(asked)).model_dump(mode="json"))

    async def begin(self, asked: CallStart) -> Welcome:
        """A call begins; begun again under its id it is the same call.

        Raises:
            BadRequestError: the id is malformed.
        """
        if not (_ID.fullmatch(asked.call_id) and _PROTOCOL.fullmatch(asked.protocol)):
            raise BadRequestError
        if asked.purpose is not None and not _PURPOSE.fullmatch(asked.purpose):
            raise BadRequestError
        number = normalised(asked.caller)
        sender = f"{CHANNEL}:{sender_of(self._session_secret, number, asked.call_id)}"
        if asked.purpose is not None and self._errands is not None:
            whose = await asyncio.to_thread(self._errands.answered, asked.purpose)
            sender = whose or sender
        known = (await asyncio.to_thread(self._preferences.of, sender)).region
        call = Call(
            id=asked.call_id,
            sender=sender,
            number=number,
            called=_NO_KEY.sub("", asked.called or "")[:32] or None,
            protocol=asked.protocol,
            purpose=asked.purpose,
            region=known or region_of(number),
            began=datetime.now(UTC),
        )
        call = await asyncio.to_thread(self._calls.begin, call)
        return await self._welcoming.welcome(call)

    async def _hear(self, request: web.Request) -> web.Response:
        call = await self._call(request)
        rate = request.query.get("rate", "8000")
        if rate not in [str(known) for known in RATES]:
            raise BadRequestError("rate 要是 8000 或 16000。")

        async def listen(hints: Hints) -> Transcript:
            pieces = request.content.iter_any()
            return await self._voice.hear_pcm(pieces, int(rate), hints)

        hearing = asyncio.create_task(self._turns.heard(_inbound(call), listen))
        try:
            while not (await asyncio.wait({hearing}, timeout=_WATCH_S))[0]:
                if request.transport is None or request.transport.is_closing():
                    break  # the caller went on speaking: nobody waits for this any more
            else:
                return json_response(heard_of(hearing.result()).model_dump())
        except (ConnectionError, aiohttp.ClientError):
            pass  # they went in the middle of a word
        finally:
            hearing.cancel()
            with contextlib.suppress(asyncio.CancelledError, TurnError, ConnectionError, aiohttp.ClientError):
                await hearing
        return web.Response(status=408)

    async def _turn(self, request: web.Request) -> web.Response:
        call = await self._call(request)
        asked = parsed(CallTurn, await _bounded(request, _RECORD_BODY))
        if (asked.text is None) == (asked.heard is None) or not 1 <= len(asked.message_id) <= _LONGEST_MESSAGE_ID:
            raise BadRequestError
        return json_response((await self.answer(call, asked)).model_dump(mode="json"))

    async def answer(self, call: Call, asked: CallTurn) -> SpokenTurn:
        """One turn of a call.

        Raises:
            TurnError: it cannot be answered; its message can be spoken.
        """
        text = asked.heard.text if asked.heard is not None else asked.text or ""
        if asked.region:
            return await self._place(call, text, asked.message_id)
        before = await asyncio.to_thread(self._store.question_of, call.sender)
        if before.asks in _PRIVATE and text not in (said.BACK, said.PERSON):
            call.private.add(text)
        if before.asks in DIGITS:
            (call.voiced.add if asked.heard is not None else call.voiced.discard)(before.asks)
        payload: str | None = None
        if text == said.BACK:  # one step back: in a form something is to be changed, elsewhere it is said again
            text, payload = (said.CHANGE, _CHANGE) if before.asks else (said.AGAIN, None)
            asked = asked.model_copy(update={"text": text, "heard": None})
        transcript = transcript_of(asked.heard) if asked.heard is not None else None
        inbound = _inbound(call, message_id=f"{call.id}:{asked.message_id}", transcript=transcript, text=asked.text)
        inbound = replace(inbound, payload=payload)
        turn = await self._turns.run(inbound)
        await self._welcoming.heard_out(call)
        return await self._spoken(call, turn)

    async def _place(self, call: Call, text: str, message_id: str) -> SpokenTurn:
        """The answer to where the caller is from; nothing can be lost, so it is no turn of the dialogue."""
        region = region_said(text)
        turn_id = f"region-{message_id}"
        if region is None:
            return SpokenTurn(turn_id=turn_id, replies=())
        await asyncio.to_thread(self._calls.place, call, region)
        if call.number is not None:
            await asyncio.to_thread(self._preferences.choose, call.sender, region=region)
        place = next(name for name, code in PROVINCES.items() if code[:2] == region[:2])
        noted = SpokenReply(say=said.PLACE_NOTED.format(place=place))
        return SpokenTurn(turn_id=turn_id, **await self._welcoming.go_on(call, noted))

    async def _spoken(self, call: Call, turn: Turn) -> SpokenTurn:
        question = await asyncio.to_thread(self._store.question_of, call.sender)
        slot = question.asks if question.turn_id == turn.turn_id else None
        keys = [(reply.audio or "").removeprefix("/audio/").removesuffix(".ogg") for reply in turn.replies]
        heard = [await asyncio.to_thread(self._store.spoken_text, key) for key in keys]
        transfer = any(reply.kind == TRANSFER for reply in turn.replies)
        briefing = await self.briefing(call) if transfer else None
        return spoken_turn(turn, heard, Asked(slot, masked=not call.voiced), briefing)

    async def briefing(self, call: Call) -> str:
        """What a person who takes the caller over should know, one line."""
        kept = await asyncio.to_thread(self._store.said, call.sender)
        turns = [Turn.model_validate_json(answer).model_dump() for at, answer in kept if aware(at) >= call.began]
        place = next((name for name, code in PROVINCES.items() if code[:2] == (call.region or "")[:2]), None)
        who = "，".join(part for part in (place and f"{place}来电", call.number and f"尾号{call.number[-4:]}") if part)
        return (f"{who}。" if who else "") + summary(turns)

    async def _speech(self, request: web.Request) -> web.StreamResponse:
        asked = parsed(SpeechRequest, await _bounded(request, _BODY))
        if asked.rate not in RATES:
            raise BadRequestError
        pieces = aiter(self._voice.speak_pcm(asked.text, asked.rate))
        first = await _piece(pieces)  # what goes wrong before the first sound has a status of its own
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        piece = first
        with contextlib.suppress(ConnectionError):  # the caller interrupted: the rest is not wanted
            while piece is not None:
                await response.write(len(piece).to_bytes(4, "big") + piece)
                piece = await _piece(pieces)
            await response.write_eof()
        return response

    async def _record(self, request: web.Request) -> web.Response:
        record = parsed(CallRecord, await _bounded(request, _RECORD_BODY))
        if record.call_id != request.match_info["id"]:
            raise BadRequestError
        call = await self._call(request)
        await self._records.keep(call, record)
        if call.purpose is not None and record.ended and record.ended - record.began >= _LISTENED:
            await self._welcoming.heard_out(call)
        return web.Response(status=204)

    async def _alive(self, _request: web.Request) -> web.Response:
        return json_response(Signs(silent=self._signs.silent()).model_dump(mode="json"))

    async def _call(self, request: web.Request) -> Call:
        call = await asyncio.to_thread(self._calls.of, request.match_info["id"])
        if call is None:
            raise NotFoundError(code="call_not_found")
        return call


async def _piece(pieces: AsyncIterator[bytes]) -> bytes | None:
    try:
        return await anext(pieces, None)
    except VoiceError as error:
        raise TurnError(error.message, code=error.code, status=503) from error


async def _bounded(request: web.Request, most: int) -> bytes:
    if (request.content_length or 0) > most:
        raise BadRequestError
    return await request.read()


def _inbound(
    call: Call, *, message_id: str | None = None, transcript: Transcript | None = None, text: str | None = None
) -> Inbound:
    return Inbound(
        channel=CHANNEL,
        sender_id=call.sender.partition(":")[2],
        message_id=message_id,
        text=text,
        region=call.region,
        transcript=transcript,
    )
