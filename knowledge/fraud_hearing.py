"""What a misheard message probably said, in the words of our own training texts.

A recogniser that mishears writes characters of the same sound that do not belong together (动结 for 冻结).
Where neither neighbour was ever seen beside a character, it may be read as any other of its sound; the likeliest
sequence under a bigram model of the training texts is found by Viterbi. Of a text as it was written few characters
change, of one with a fifth of its characters misheard every sixth: below ``MISHEARD`` the text is left as it is.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from knowledge.rehearing import BIGRAM_SHARE, syllables_of
from nlu.dialect import pinyin

SAME_SOUND, NEAR_SOUND = 7.0, 8.0
"""Cost (in nats) of reading a character as another of the same syllable, or of one that folds to the same."""
CHOICES = 12
"""Most readings of one character, the commonest kept."""
MISHEARD = 0.11
"""Share of the characters that must be read anew before a text counts as misheard."""
FEWEST = 3
"""And how many at least: short texts hold two rare characters easily."""
EDGE = "^"


def _is_han(char: str) -> bool:
    return "一" <= char <= "鿿"


def _padded(text: str) -> str:
    """``text`` between edges, with an edge for everything that is not a Chinese character."""
    return EDGE + "".join(char if _is_han(char) else EDGE for char in text) + EDGE


@dataclass(frozen=True)
class Hearing:
    """A bigram model: ``pairs`` of characters and how often each was seen."""

    pairs: npt.NDArray[np.str_]
    counts: npt.NDArray[np.int32]
    _pairs: dict[str, int] = field(init=False, repr=False, compare=False)
    _alone: Counter[str] = field(init=False, repr=False, compare=False)
    _total: int = field(init=False, repr=False, compare=False)
    _readings: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = dict(zip(self.pairs.tolist(), self.counts.tolist(), strict=True))
        alone: Counter[str] = Counter()
        for pair, count in pairs.items():
            alone[pair[0]] += count
        readings: dict[str, list[str]] = defaultdict(list)
        for char, _ in alone.most_common():
            if char != EDGE:
                for sound in {pinyin.fold(syllable) for syllable in syllables_of(char)}:
                    readings[sound].append(char)
        object.__setattr__(self, "_pairs", pairs)
        object.__setattr__(self, "_alone", alone)
        object.__setattr__(self, "_total", alone.total() + 1)
        object.__setattr__(self, "_readings", {sound: tuple(chars[:CHOICES]) for sound, chars in readings.items()})

    @classmethod
    def of(cls, texts: Sequence[str]) -> Hearing:
        """The model of ``texts``."""
        seen: Counter[str] = Counter()
        for text in texts:
            padded = _padded(text)
            seen.update(padded[place : place + 2] for place in range(len(padded) - 1))
        pairs = sorted(seen)
        return cls(np.array(pairs, dtype="U2"), np.array([seen[pair] for pair in pairs], dtype=np.int32))

    def __call__(self, text: str) -> str:
        """``text`` as it was probably said when it looks misheard, else ``text`` itself."""
        letters = [*text]
        sounds = pinyin.syllables(text)
        for start, end in self._odd(_padded(text)):
            before = letters[start - 1] if start else EDGE
            after = letters[end] if end < len(letters) else EDGE
            letters[start:end] = self._read(before, text[start:end], sounds[start:end], after)
        changed = sum(old != new for old, new in zip(text, letters, strict=True))
        bound = max(MISHEARD * sum(map(_is_han, text)), FEWEST)
        return "".join(letters) if changed >= bound else text

    def _odd(self, padded: str) -> Iterator[tuple[int, int]]:
        """Stretches of the text (without edges) whose characters were never seen beside their neighbours."""
        known = self._pairs
        start = -1
        for place in range(1, len(padded)):
            odd = (
                padded[place] != EDGE
                and padded[place - 1 : place + 1] not in known
                and padded[place : place + 2] not in known
            )
            if odd and start < 0:
                start = place - 1
            elif not odd and start >= 0:
                yield start, place - 1
                start = -1

    def _read(self, before: str, stretch: str, sounds: Sequence[str], after: str) -> list[str]:
        """The likeliest reading of ``stretch`` between two characters that stay."""
        best = {before if _is_han(before) else EDGE: (0.0, "")}
        for char, sound in zip(stretch, sounds, strict=True):
            choices = self._choices(char, sound)
            best = {
                other: min(
                    (cost + self._cost(last, other) + extra, read + other) for last, (cost, read) in best.items()
                )
                for other, extra in choices.items()
            }
        last_char = after if _is_han(after) else EDGE
        return [*min((cost + self._cost(last, last_char), read) for last, (cost, read) in best.items())[1]]

    def _choices(self, char: str, sound: str) -> dict[str, float]:
        found = {char: 0.0}
        for other in self._readings.get(pinyin.fold(sound), ()):
            found.setdefault(other, SAME_SOUND if sound in syllables_of(other) else NEAR_SOUND)
        return found

    def _cost(self, before: str, after: str) -> float:
        """Of reading ``after`` behind ``before``: bigram mixed with unigram frequency, in nats."""
        behind = self._pairs.get(before + after, 0) / max(self._alone[before], 1)
        alone = (self._alone[after] + 0.1) / self._total
        return -math.log(BIGRAM_SHARE * behind + (1 - BIGRAM_SHARE) * alone)
