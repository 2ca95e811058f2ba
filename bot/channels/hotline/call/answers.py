"""What happens while a question is asked, and what the answer to it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from bot.channels.hotline.call import keys
from bot.channels.hotline.call.records import Exchange
from bot.channels.hotline.call.saying import Saying, Script
from bot.channels.hotline.call.upstream import UpstreamError
from bot.schema import Heard


class Recording(Protocol):
    """The recording of a call, where there is one. Nothing is kept before ``begin`` nor while it pauses."""

    def begin(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


@dataclass(frozen=True)
class Answer:
    """What a caller answered: ``text`` by keys or ``heard`` by voice.

    Attributes:
        since: since when they wait, on the monotonic clock.
        read_back: what is said of keys before the answer to them.
    """

    exchange: Exchange
    since: float
    text: str | None = None
    heard: Heard | None = None
    read_back: tuple[Saying, ...] = field(default=())


@dataclass(frozen=True)
class VoiceDone:
    """Something has been said, or stopped, or could not be had."""

    script: Script
    error: UpstreamError | None


@dataclass(frozen=True)
class Keyed:
    """A key came to something."""

    meaning: keys.Meaning
    at: float


@dataclass(frozen=True)
class SpeechEnded:
    """The caller has said something."""


@dataclass(frozen=True)
class Touched:
    """A digit of a number: nothing to do, but time begins anew."""


Happening = VoiceDone | Keyed | SpeechEnded | Touched
