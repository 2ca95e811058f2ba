"""What was probably said when a question was misheard: a second reading of it in the words the knowledge base knows.

A recogniser that mishears writes characters of the same sound that do not belong together (玉米您重 for 玉米螟虫). Each
character may be read as any other of its (dialect-folded) sound; the likeliest sequence under a bigram model of the
index's own characters is found by Viterbi. It is one more hypothesis to search with, never shown as what was said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pypinyin

from knowledge.ngrams import NgramIndex
from nlu.dialect import pinyin

SAME_SOUND = 4.0
"""Cost (in nats) of reading a character as another of the same syllable."""
NEAR_SOUND = 5.0
"""Cost of reading it as one of a syllable that folds to the same."""
RARE = 1
"""Characters in fewer passages than this are not proposed."""
CHOICES = 24
"""Most readings of one character, the commonest kept."""
WIDTH = CHOICES + 1
"""The character itself may not be among them."""
BIGRAM_SHARE = 0.9
_SHIFT = 32
Places = npt.NDArray[np.int64]


@lru_cache(maxsize=16384)
def syllables_of(char: str) -> frozenset[str]:
    """All toneless syllables a character is read as (行 -> xing, hang)."""
    return frozenset(pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0])


@dataclass(frozen=True)
class Column:
    """The readings of one character. The arrays are all ``WIDTH`` long, so that those of a sentence fit together: each
    reading's code, passages that hold it, and cost, infinite behind the last reading."""

    chars: tuple[str, ...]
    codes: Places
    counts: npt.NDArray[np.float64]
    costs: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rehearing:
    """The readings and the bigram model of one index."""

    grams: NgramIndex
    readings: dict[str, tuple[str, ...]]
    """Folded syllable -> characters, commonest first."""
    counts: dict[str, int]
    """Passages that hold each character."""
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    """Those made so far; no more than there are characters."""

    @classmethod
    def of(cls, grams: NgramIndex) -> Rehearing:
        """The model of a character index."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        single = grams.codes < 1 << _SHIFT
        numbers = zip(grams.codes[single].tolist(), np.diff(grams.starts)[single].tolist(), strict=True)
        counts = {chr(code): count for code, count in numbers}
        for char, count in counts.items():
            if "一" <= char <= "鿿" and count >= RARE:
                for sound in {pinyin.fold(syllable) for syllable in syllables_of(char)}:
                    found[sound].append((count, char))
        readings = {sound: tuple(c for _, c in sorted(chars, reverse=True)[:CHOICES]) for sound, chars in found.items()}
        return cls(grams, readings, counts)

    def __call__(self, text: str) -> str:
        """``text`` as it was probably said; the same text when nothing likelier is found."""
        sounds = pinyin.syllables(text)
        columns = [self._column(char, sound) for char, sound in zip(text, sounds, strict=True)]
        if len(columns) < 2 or all(len(column.chars) == 1 for column in columns):
            return text
        costs = np.stack([column.costs for column in columns])
        alone, behind = self._likely(columns, np.isfinite(costs))
        score = np.log(alone[0]) - costs[0]
        back: list[npt.NDArray[np.intp]] = []
        for step in behind - costs[1:, None]:
            total = score[:, None] + step
            back.append(total.argmax(axis=0))
            score = total.max(axis=0)
        place = int(score.argmax())
        read = [columns[-1].chars[place]]
        for column, pointer in zip(reversed(columns[:-1]), reversed(back), strict=True):
            place = int(pointer[place])
            read.append(column.chars[place])
        return "".join(reversed(read))

    def _column(self, char: str, sound: str) -> Column:
        """What a character may be read as; made once for each character of a sound."""
        if (found := self.columns.get((char, sound))) is None:
            choices = self._choices(char, sound)
            codes, counts, costs = np.zeros(WIDTH, dtype=np.int64), np.zeros(WIDTH), np.full(WIDTH, np.inf)
            codes[: len(choices)] = list(map(ord, choices))
            counts[: len(choices)] = [self.counts.get(other, 0) for other in choices]
            costs[: len(choices)] = list(choices.values())
            found = Column(tuple(choices), codes, counts, costs)
            if "一" <= char <= "鿿":
                self.columns[char, sound] = found
        return found

    def _choices(self, char: str, sound: str) -> dict[str, float]:
        if not "一" <= char <= "鿿":
            return {char: 0.0}
        found = {char: 0.0}
        for other in self.readings.get(pinyin.fold(sound), ()):
            found.setdefault(other, SAME_SOUND if sound in syllables_of(other) else NEAR_SOUND)
        return found

    def _count(self, codes: Places) -> npt.NDArray[np.float64]:
        """How many passages hold each n-gram; most pairs none does."""
        place = np.minimum(np.searchsorted(self.grams.codes, codes), self.grams.codes.size - 1)
        known = np.flatnonzero(self.grams.codes[place] == codes)
        found = np.zeros(codes.size)
        found[known] = self.grams.starts[place[known] + 1] - self.grams.starts[place[known]]
        return found

    def _likely(
        self, columns: Sequence[Column], real: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """The frequency ``[columns, WIDTH]`` of each reading, and ``[columns - 1, WIDTH, WIDTH]`` the log probability
        of each behind each of the column before: bigram mixed with unigram frequency. ``real`` marks the readings."""
        codes, counts = np.stack([c.codes for c in columns]), np.stack([c.counts for c in columns])
        alone = (counts + 0.1) / (self.grams.passages + 1)
        both = real[:-1, :, None] & real[1:, None]
        pairs = np.zeros(both.shape)
        pairs[both] = self._count(((codes[:-1, :, None] << _SHIFT) | codes[1:, None])[both])
        behind = pairs / np.maximum(counts[:-1], 1.0)[:, :, None]
        return alone, np.log(BIGRAM_SHARE * behind + (1 - BIGRAM_SHARE) * alone[1:, None])
