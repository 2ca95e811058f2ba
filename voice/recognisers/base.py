"""What every recogniser does, and what goes in and out of it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Protocol

from voice.decode import SAMPLE_RATE, Samples


class Expects(StrEnum):
    """The kind of answer that the bot has just asked for. Anything else may be said all the same."""

    ANYTHING = "anything"
    YES_NO = "yes_no"
    DIGITS = "digits"
    MENU = "menu"
    """One of ``Hints.terms``, or its number."""


@dataclass(frozen=True)
class Hints:
    """What the dialogue knows about the utterance before it is heard.

    Attributes:
        terms: words likely to be said, the likeliest first (options just offered, the form's field, local names).
        expects: the kind of answer just asked for.
        region: administrative code or ``national``; chooses the recogniser and the dialect profile.
        channel: where the recording comes from; chooses the recogniser.
        dialect: the speaker's dialect area (``nlu.dialect.profiles``) where more is known of it than the region.
        media_type: of the recording; only needed for headerless telephone audio (``audio/PCMA``, ``audio/PCMU``).
        live: the speaker waits for the answer on the line: what is clear is heard in less time, if the engine can.
    """

    terms: tuple[str, ...] = ()
    expects: Expects = Expects.ANYTHING
    region: str = "national"
    channel: str = ""
    dialect: str | None = None
    media_type: str | None = None
    live: bool = False


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may have been said.

    Attributes:
        text: simplified Chinese.
        confidence: in [0, 1]; whisper: geometric mean of the tokens' probabilities; the others: see their files.
    """

    text: str
    confidence: float


class RecognitionStream(Protocol):
    """One utterance that is recognised while it is being said."""

    def feed(self, samples: Samples) -> str:
        """Take the next samples, any number of them.

        Returns:
            What has been understood so far; it may still change. Empty for engines that wait for the end.
        """

    def finish(self) -> list[Hypothesis]:
        """End of the utterance: different hypotheses, best first. The stream is used up."""


class Recogniser(Protocol):
    """An engine with its model in memory. Not for several threads; streams may be interleaved."""

    name: str
    tells_silence: bool
    """Whether it can say that nobody spoke; engines that cannot put words to anything."""

    def load(self) -> None:
        """Load the model.

        Raises:
            VoiceError: ``model_missing``; ``detail`` is one line with the cure.
        """

    def transcribe(self, samples: Samples, hints: Hints) -> list[Hypothesis]:
        """Recognise speech (16 kHz mono, at most :data:`MAX_SECONDS`, pauses at its ends cut off).

        Returns:
            Different hypotheses, best first; empty if no words were found.
        """

    def stream(self, hints: Hints, sample_rate: int = SAMPLE_RATE) -> RecognitionStream:
        """Begin an utterance whose samples come at ``sample_rate`` (8000 or 16000 Hz)."""


MAX_SECONDS = 28
"""Of one call: Whisper's encoder sees 30 s, and most others were trained on less."""

_BETWEEN_CHINESE = re.compile(r"(?<=[\u3400-\u9fff，。？！、])\s+|\s+(?=[\u3400-\u9fff，。？！、])")
_EDGES = " \t\n，。、；：,.;:…-~"


def tidy(text: str) -> str:
    """Simplified characters, no blanks between them, no stops at the ends."""
    return _BETWEEN_CHINESE.sub("", _simplifier().convert(text)).strip(_EDGES)


@cache
def _simplifier():  # type: ignore[no-untyped-def]  # the library is untyped; imported late, it is slow
    from opencc import OpenCC

    return OpenCC("t2s")


def loops(text: str) -> bool:
    """Whether the text goes round in circles, as a decoder does that hears nothing.

    The bound 2.4 on the compression ratio is Whisper's own (Radford et al. 2022, section 4.5).
    """
    raw = text.encode()
    return len(raw) / len(zlib.compress(raw)) > 2.4
