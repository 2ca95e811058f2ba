"""What every recogniser does, and what goes in and out of it."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from voice.activity import Span
from voice.decode import Samples


@dataclass(frozen=True)
class Hints:
    """What the dialogue knows about the utterance before it is heard.

    Attributes:
        terms: words likely to be said, the likeliest first (options just offered, the form's field, local names).
        region: administrative code or ``national``; chooses the dialect profile.
        media_type: of the recording; only needed for headerless telephone audio (``audio/PCMA``, ``audio/PCMU``).
    """

    terms: tuple[str, ...] = ()
    region: str = "national"
    media_type: str | None = None


@dataclass(frozen=True)
class Hypothesis:
    """One thing that may have been said.

    Attributes:
        text: simplified Chinese.
        confidence: in [0, 1]; whisper: geometric mean of the tokens' probabilities.
    """

    text: str
    confidence: float


class Recogniser(Protocol):
    """An engine with its model in memory. Not for several threads."""

    name: str

    def load(self) -> None:
        """Load the model.

        Raises:
            VoiceError: ``model_missing``.
        """

    def transcribe(self, samples: Samples, spans: list[Span], hints: Hints) -> list[Hypothesis]:
        """Recognise the speech in ``spans`` of ``samples`` (16 kHz mono).

        Returns:
            Different hypotheses, best first; empty if no words were found.
        """


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
