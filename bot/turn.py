"""One turn: a message comes in from a channel, is heard if it is a voice message, goes through the dialogue, and its
answer is kept so that the same message delivered again gets the same answer.

The message is claimed before the dialogue gets it. Delivered again, it gets the kept answer; if a gateway died before
it kept one, the dialogue is asked what it answered, and runs the turn only if it never ended
(``docs/decisions/0009-one-message-one-turn.md``)."""

from __future__ import annotations

import asyncio
import logging
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from prometheus_client import Counter, Histogram

from bot import language
from bot.database import new_key
from bot.errors import (
    DialogueUnavailableError,
    EmptyTextError,
    OutcomeUnknownError,
    ServiceUnavailableError,
    TextTooLongError,
    TurnError,
)
from bot.heard import heard_of
from bot.hints import hints_for
from bot.options import choose
from bot.people.front import Front
from bot.people.privacy import DELETE
from bot.rasa import DialogueMessage, DialogueRequest, RasaClient
from bot.replies import asked, cases_of, compose, foreign
from bot.schema import Timings, Turn, Understood
from bot.speakers import Speakers
from bot.store import GatewayStore, Question
from bot.told import ToldCases
from nlu.dialect import secrets
from voice.errors import Code, VoiceError
from voice.service import Hints, Transcript

log = logging.getLogger(__name__)

TURNS = Counter("xiangyin_turns_total", "Turns by channel and outcome", ["channel", "outcome"])
SECONDS = Histogram(
    "xiangyin_turn_seconds",
    "Seconds of a turn by part",
    ["part"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30),
)
_VOICE_STATUS = {
    Code.EMPTY: 400,
    Code.TOO_LARGE: 413,
    **dict.fromkeys((Code.TOO_LONG, Code.UNREADABLE, Code.SILK, Code.NO_AUDIO, Code.HEARD_NOTHING, Code.TIMEOUT), 422),
}
"""HTTP status of a recording that is not heard; what is not listed is a fault of ours (503)."""


Listen = Callable[[Hints], Awaitable[Transcript]]
"""Hears one recording with what is known before."""


class Ear(Protocol):
    """The part of the voice service that a turn needs."""

    async def hear(self, data: bytes, hints: Hints = ...) -> Transcript: ...


@dataclass(frozen=True)
class Inbound:
    """A message as a channel hands it in: text, the bytes of a voice message, or what was heard in one."""

    channel: str
    sender_id: str
    message_id: str | None = None
    text: str | None = None
    audio: bytes | None = None
    region: str | None = None
    transcript: Transcript | None = None
    """Of a voice message that was heard before (:meth:`TurnService.heard`)."""
    payload: str | None = None
    """What a key of the channel's own means; never made of what somebody wrote or said."""

    @property
    def conversation(self) -> str:
        """Rasa's conversation id: senders of different channels never meet."""
        return f"{self.channel}:{self.sender_id}"


class BusyError(TurnError):
    """A turn of this conversation is under way."""

    code = "busy"
    status = 503


class TurnService:
    """Runs turns: one at a time for each sender, side by side for different ones.

    Args:
        rasa: the dialogue.
        ear: hears voice messages; None when this gateway has no voice.
        store: the gateway's memory.
        front: what the gateway answers itself, and adds.
        max_text_chars: longer texts are refused.
        default_region: for senders whose region is unknown.
        told: remembers which cases people were told of.
    """

    def __init__(
        self,
        rasa: RasaClient,
        ear: Ear | None,
        store: GatewayStore,
        front: Front,
        *,
        max_text_chars: int,
        default_region: str,
        told: ToldCases | None = None,
    ) -> None:
        self._rasa = rasa
        self._ear = ear
        self._store = store
        self._front = front
        self._max_text_chars = max_text_chars
        self._default_region = default_region
        self._told = told
        self._speakers = Speakers()
        self._locks: weakref.WeakValueDictionary[str, asyncio.Lock] = weakref.WeakValueDictionary()

    async def run(self, inbound: Inbound, understood_as: Callable[[str], None] | None = None) -> Turn:
        """Answer one message.

        Args:
            inbound: the message.
            understood_as: told what was heard in a voice message, before the dialogue has it.

        Raises:
            TurnError: the message cannot be answered; says why in plain Chinese.
        """
        async with self._lock(inbound.conversation):
            try:
                turn = await self._run(inbound, understood_as)
            except TurnError as error:
                TURNS.labels(inbound.channel, error.code).inc()
                log.info("turn refused: channel=%s code=%s", inbound.channel, error.code)
                raise
        TURNS.labels(inbound.channel, "answered").inc()
        return turn

    @asynccontextmanager
    async def between(self, conversation: str) -> AsyncIterator[None]:
        """No turn of a conversation begins meanwhile.

        Raises:
            BusyError: one is under way.
        """
        lock = self._lock(conversation)
        if lock.locked():
            raise BusyError
        async with lock:
            yield

    def _lock(self, conversation: str) -> asyncio.Lock:
        lock = self._locks.get(conversation)
        if lock is None:
            lock = self._locks[conversation] = asyncio.Lock()
        return lock

    async def _run(self, inbound: Inbound, understood_as: Callable[[str], None] | None) -> Turn:
        message_id = inbound.message_id or new_key()
        started = time.monotonic()
        answered, question = await asyncio.to_thread(self._store.before, inbound.conversation, inbound.message_id)
        if answered is not None:
            return Turn.model_validate_json(answered)
        transcript = _without_secrets(inbound.transcript, question.asks) if inbound.transcript else None
        if inbound.audio is not None:
            transcript = await self._hear(inbound, inbound.audio, question)
            if understood_as is not None:
                understood_as(transcript.text)
        heard_at = time.monotonic()
        text = transcript.text if transcript else secrets.blank_code(self.checked(inbound.text or ""), question.asks)
        turn_id = new_key()
        if language.is_foreign(text):
            understood, messages = None, [foreign()]
        else:
            understood, messages = await self._answer(inbound, turn_id, message_id, text, transcript, question)
        messages = await self._front.kept(inbound.conversation, inbound.channel, messages)
        more = await self._front.after(inbound.conversation, inbound.channel, messages)
        asks = asked(messages) or asked(more)  # the place in the queue and the notice come after it and ask nothing
        messages = [*messages, *more]
        done = time.monotonic()
        told = compose(messages)
        question = Question(told.options, asks, turn_id)
        turn = Turn(
            turn_id=turn_id,
            sender_id=inbound.sender_id,
            heard=heard_of(transcript) if transcript else None,
            understood=understood,
            replies=list(told.replies),
            timings_ms=Timings(
                hear=_ms(heard_at - started),
                dialogue=_ms(done - heard_at),
                total=_ms(time.monotonic() - started),
            ),
        )
        SECONDS.labels("hear").observe(heard_at - started)
        SECONDS.labels("dialogue").observe(done - heard_at)
        await asyncio.to_thread(
            self._store.finish_turn,
            inbound.conversation,
            message_id,
            turn.model_dump_json(),
            question,
            told.spoken,
            told.pictures,
        )
        if self._told is not None and (cases := cases_of(messages)):
            await asyncio.to_thread(self._told.put, inbound.conversation, cases)
        await self._front.note(inbound.conversation, turn)
        return turn

    def checked(self, text: str) -> str:
        """``text`` without control characters.

        Raises:
            EmptyTextError: nothing is left.
            TextTooLongError: longer than one message may be.
        """
        text = "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
        if not text:
            raise EmptyTextError
        if len(text) > self._max_text_chars:
            raise TextTooLongError(self._max_text_chars)
        return text

    async def _hear(self, inbound: Inbound, audio: bytes, question: Question) -> Transcript:
        if self._ear is None:
            raise ServiceUnavailableError("我这里现在听不了语音，请您打字。", code="voice_unavailable")
        return await self._listen(inbound, question, partial(self._ear.hear, audio))

    async def heard(self, inbound: Inbound, listen: Listen) -> Transcript:
        """What the sender of ``inbound`` says, with what they were last asked in mind; no turn begins.

        Raises:
            TurnError: nothing was heard.
        """
        question = await asyncio.to_thread(self._store.question_of, inbound.conversation)
        return await self._listen(inbound, question, listen)

    async def _listen(self, inbound: Inbound, question: Question, listen: Listen) -> Transcript:
        region = inbound.region or self._default_region
        dialect = self._speakers.dialect_of(inbound.conversation, region)
        try:
            heard = await listen(replace(hints_for(question, region, inbound.channel), dialect=dialect))
        except VoiceError as error:
            raise TurnError(error.message, code=error.code, status=_VOICE_STATUS.get(error.code, 503)) from error
        return _without_secrets(heard, question.asks)

    async def _answer(
        self,
        inbound: Inbound,
        turn_id: str,
        message_id: str,
        text: str,
        transcript: Transcript | None,
        question: Question,
    ) -> tuple[Understood | None, list[DialogueMessage]]:
        """What the message means and what is replied, by the gateway itself where it concerns people."""
        chosen = choose(text, question.options)
        own = await self._front.answer(inbound.conversation, text, chosen, question.asks)
        if own is not None:
            if chosen and chosen.payload == DELETE:
                self._speakers.forget(inbound.conversation)
            return None, own
        self._speakers.said(inbound.conversation, text)
        again = inbound.message_id is not None and not await asyncio.to_thread(
            self._store.claim, inbound.conversation, message_id
        )
        request = DialogueRequest(
            sender_id=inbound.conversation,
            message_id=message_id,
            text=text,
            payload=chosen.payload if chosen else inbound.payload,
            hypotheses=_wordings(transcript) if transcript else (),
            metadata={
                "region": inbound.region or self._default_region,
                "channel": inbound.channel,
                "voice": transcript is not None,
                "turn_id": turn_id,
            },
            again=again,
            overtaken=again and await asyncio.to_thread(self._store.overtaken, inbound.conversation, message_id),
        )
        try:
            answer = await self._rasa.turn(request)
        except DialogueUnavailableError as error:
            if again:  # an earlier delivery may have been acted on
                raise OutcomeUnknownError from error
            await asyncio.to_thread(self._store.unclaim, inbound.conversation, message_id)
            raise
        return answer.understood, answer.messages


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _wordings(heard: Transcript) -> tuple[tuple[str, float], ...]:
    """All hypotheses, the likeliest first."""
    return ((heard.text, heard.confidence), *((a.text, a.confidence) for a in heard.alternatives))


def _without_secrets(heard: Transcript, asked: str | None) -> Transcript:
    """Passwords and one-time codes go no further than this: they are neither shown, logged nor stored."""
    return replace(
        heard,
        text=secrets.blank_code(heard.text, asked),
        raw=secrets.blank_code(heard.raw, asked),
        alternatives=tuple(replace(a, text=secrets.blank_code(a.text, asked)) for a in heard.alternatives),
    )
