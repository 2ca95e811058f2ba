"""Words expected just now (options offered, what a form asks for, places nearby), found by their sound."""

from __future__ import annotations

from collections.abc import Sequence

from nlu.dialect import pinyin
from voice.repair.sounds import ALIKE, distance

EXACT = 2
"""Words of so many characters must sound the same: they have too many neighbours."""


def put_in(words: Sequence[str], text: str) -> tuple[str, list[bool]]:
    """``text`` with what sounds like one of ``words`` written like it, and which of its characters belong to one.

    Longer words may differ by sounds that many regions do not keep apart, on the average of their syllables.

    Args:
        words: expected words, longest first; a stretch taken by one is not given to the next.
    """
    heard = pinyin.syllables(text)
    taken = [False] * len(text)
    said = list(text)
    for word in words:
        wanted = pinyin.syllables(word)
        most = 0.0 if len(word) <= EXACT else ALIKE * len(word) / 2
        for start in range(len(text) - len(word) + 1):
            place = slice(start, start + len(word))
            if any(taken[place]):
                continue
            if sum(map(distance, heard[place], wanted)) <= most:
                said[place] = word
                taken[place] = [True] * len(word)
    return "".join(said), taken
