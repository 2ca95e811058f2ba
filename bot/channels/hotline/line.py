"""What a telephone system looks like to a call: the contract of its adapters (``websocket.py``, ``audiosocket.py``)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

FRAME_S = 0.02
"""Seconds of a telephone frame."""


@dataclass(frozen=True)
class LineCapabilities:
    """What the other side does for us.

    Attributes:
        paces: it plays at its own pace what is sent ahead; else we send a frame every 20 ms, for ever.
        flushes: what was sent ahead can be thrown away.
        marks: it says when a mark in the audio has been played.
    """

    paces: bool
    flushes: bool
    marks: bool


@dataclass(frozen=True)
class CallInfo:
    """A call as the telephone system announced it.

    Attributes:
        call_id: UUID in its usual form; unknown and malformed ones never get here.
        caller: the caller's number as it was sent, None when it is withheld. Personal: never logged.
        called: the number that was called.
        rate: samples a second of both directions, 8000 or 16000; 16 bit, mono, little-endian.
        protocol: ``websocket`` or ``audiosocket``.
        purpose: None for a call that comes in; for one that we made, the id of its errand (``wire.CallStart.purpose``).
    """

    call_id: str
    caller: str | None
    called: str | None
    rate: int
    protocol: str
    purpose: str | None = None


@dataclass(frozen=True)
class Audio:
    """What the caller's telephone sends; any length. With silence suppression nothing comes for a while."""

    pcm: bytes


@dataclass(frozen=True)
class Key:
    """A key was pressed: one of ``0123456789*#``. Personal: never logged."""

    digit: str


@dataclass(frozen=True)
class HungUp:
    """The call is over; the last event."""


Event = Audio | Key | HungUp


class Line(Protocol):
    """One call's telephone line. Used from one event loop; every method is quick or awaits."""

    info: CallInfo
    capabilities: LineCapabilities

    def events(self) -> AsyncIterator[Event]:
        """What happens on the line, ending with :class:`HungUp`. Keys are never dropped; audio is, oldest first, if
        nobody takes it for two seconds."""

    async def play(self, pcm: bytes) -> None:
        """Play after what is already playing; returns when the caller has heard it (as well as can be known).

        Cancelled, it stops what is playing and all that waits: the caller hears silence within 100 ms where the line
        ``flushes``, else within two frames. While nothing plays the adapter sends comfort noise if its side needs it.
        """

    async def hang_up(self) -> None:
        """Give the call back to the telephone system (which may go on with it, see ``deploy/asterisk``)."""
