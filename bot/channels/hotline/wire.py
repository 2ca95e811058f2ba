"""What the line process and the gateway say to each other: HTTP on loopback, every request with the internal secret.

    POST /internal/hotline/calls                     CallStart -> Welcome
    POST /internal/hotline/calls/{id}/hear?rate=8000 chunked PCM while it is spoken -> Heard (bot.schema), or
                                                     422 {"error": {"code": "heard_nothing", ...}}
    POST /internal/hotline/calls/{id}/turns          CallTurn -> SpokenTurn
    POST /internal/hotline/speech                    SpeechRequest -> sentences as they are ready, each a 4-byte
                                                     big-endian length and that many bytes of PCM
    PUT  /internal/hotline/calls/{id}                CallRecord (may come several times, the newest counts) -> 204
    GET  /internal/hotline/signs                     Signs, at once; asked a few times a second while there are calls

Errors are the gateway's usual JSON, their messages fit to be spoken.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from bot.schema import Heard, Model, Option


class Expected(StrEnum):
    """What kind of answer a question wants; decides about keys and how long a pause may be."""

    ANYTHING = "anything"
    MENU = "menu"
    YES_NO = "yes_no"
    DIGITS = "digits"
    """A telephone, account or other number: keys are collected until ``#`` or a pause."""
    AMOUNT = "amount"
    """Whole yuan by keys."""


class Part(StrEnum):
    """What a call needs beside the gateway."""

    DIALOGUE = "dialogue"
    VOICE = "voice"


class Signs(Model):
    """That the gateway lives, and which parts have shown no sign of life for a while."""

    silent: frozenset[Part] = frozenset()


class CallStart(Model):
    """A call begins. ``purpose``: of a call that we made, the id of its errand (an appointment, news of a case)."""

    call_id: str
    caller: str | None
    called: str | None
    protocol: str
    purpose: str | None = None


class SpokenReply(Model):
    """One thing to say.

    Attributes:
        say: the words, without the options; short enough for the telephone.
        options: at most three are read at a time; keyed by ``key``.
        kind: as in ``bot.schema.Reply``.
        must_hear: a notice that the law wants heard: the caller's voice does not stop it.
    """

    say: str
    options: tuple[Option, ...] = ()
    kind: str | None = None
    must_hear: bool = False


class Welcome(Model):
    """What to say first, and what is known.

    Attributes:
        replies: said after the fixed greeting: what is kept (first call), what the caller last did, an errand's news.
        ask_region: nobody knows where the caller is from: one question about it comes first.
        record: calls are recorded (said in the greeting).
    """

    replies: tuple[SpokenReply, ...] = ()
    expects: Expected = Expected.ANYTHING
    ask_region: bool = False
    record: bool = False


class CallTurn(Model):
    """What the caller said (``heard``, as ``hear`` gave it) or keyed (``text``); exactly one of both.

    An option is chosen with its ``key`` as text, a yes with 是, a no with 不是; the key ``0`` is sent as 转人工,
    ``#`` as 刚才说错了.

    Attributes:
        message_id: makes a repeated request harmless.
        region: this answers the question where the caller is from (a place in words, or the area code of its
            telephones by keys); when nothing can be made of it, the answer has no replies and nothing is lost.
    """

    message_id: str
    text: str | None = None
    heard: Heard | None = None
    region: bool = False


class SpokenTurn(Model):
    """The answer to a turn.

    Attributes:
        asks: the slot that the last reply asks for.
        transfer: the caller goes to a person now; ``summary`` is what that person should know.
        farewell: nothing is left to do: hang up after the replies.
    """

    turn_id: str
    replies: tuple[SpokenReply, ...]
    expects: Expected = Expected.ANYTHING
    asks: str | None = None
    transfer: bool = False
    summary: str | None = None
    farewell: bool = False


class SpeechRequest(Model):
    """Words to be spoken as PCM at ``rate`` Hz."""

    text: str
    rate: int


class TurnTimes(Model):
    """One exchange of a call, in milliseconds after the call's beginning; ``None`` where it does not apply.

    ``said`` is what was recognised or keyed, masked by the gateway before it is kept.
    """

    by: str
    """``voice``, ``keys`` or ``silence``."""
    said: str | None = None
    speech_end_ms: int | None = None
    heard_ms: int | None = None
    answered_ms: int | None = None
    first_audio_ms: int | None = None
    interrupted: bool = False


class Outcome(StrEnum):
    """How a call ended."""

    OPEN = "open"
    HUNG_UP = "hung_up"
    FAREWELL = "farewell"
    TRANSFERRED = "transferred"
    LOST = "lost"
    """The line process died with it."""


class CallRecord(Model):
    """A call as it is kept."""

    call_id: str
    began: datetime
    ended: datetime | None
    outcome: Outcome
    turns: tuple[TurnTimes, ...]


class IvrTurn(Model):
    """A turn on a platform that recognises and speaks by itself (``POST /api/v1/ivr/turns``).

    The first one of a call may bring neither words nor keys: its answer is the greeting. Afterwards ``text`` (what
    was recognised) or ``keys`` (``0`` a person, ``*`` again, ``#`` back, else a choice or a number).

    Attributes:
        call_id: the platform's, the same through the call.
        message_id: makes a repeated request harmless.
        caller, called: numbers as the network sends them; only the first request's count.
        ended: the call is over; ``outcome`` says how. Nothing is answered to it.
    """

    call_id: str = Field(pattern=r"^[0-9A-Za-z_.-]{1,36}$")
    message_id: str | None = Field(default=None, min_length=1, max_length=80)
    caller: str | None = Field(default=None, max_length=64)
    called: str | None = Field(default=None, max_length=64)
    text: str | None = None
    keys: str | None = Field(default=None, pattern=r"^[0-9*#]{1,32}$")
    ended: bool = False
    outcome: Outcome | None = None


class IvrAnswer(Model):
    """What the platform says and does now.

    Attributes:
        say: everything, its options read out, as plain words without markup.
        text: the same without the options.
        options: to be chosen by key or by their words.
        must_hear: the caller's voice must not stop it.
    """

    call_id: str
    turn_id: str
    say: str
    text: str
    options: tuple[Option, ...] = ()
    expects: Expected = Expected.ANYTHING
    asks: str | None = None
    must_hear: bool = False
    transfer: bool = False
    summary: str | None = None
    farewell: bool = False
