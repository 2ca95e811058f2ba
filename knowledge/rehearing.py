"""What was probably said when a question was misheard: a second reading of it in the words the knowledge base knows.

A recogniser that mishears writes characters of the same sound that do not belong together (玉米您重 for 玉米螟虫). Each
character may be read as any other of its (dialect-folded) sound; the likeliest sequence under a bigram model of the
index's own characters is found by Viterbi. It is one more hypothesis to search with, never shown as what was said.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

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
BIGRAM_SHARE = 0.9
_SHIFT = 32
Places = npt.NDArray[np.int64]


@lru_cache(maxsize=16384)
def _syllables(char: str) -> frozenset[str]:
    """All toneless syllables a character is read as (行 -> xing, hang)."""
    return frozenset(pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0])


@dataclass(frozen=True)
class Rehearing:
    """The readings and the bigram model of one index."""

    grams: NgramIndex
    readings: dict[str, tuple[str, ...]]
    """Folded syllable -> characters, commonest first."""

    @classmethod
    def of(cls, grams: NgramIndex) -> Rehearing:
        """The model of a character index."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        single = grams.codes < 1 << _SHIFT
        counts = np.diff(grams.starts)[single]
        for code, count in zip(grams.codes[single].tolist(), counts.tolist(), strict=True):
            char = chr(code)
            if "一" <= char <= "鿿" and count >= RARE:
                for sound in {pinyin.fold(syllable) for syllable in _syllables(char)}:
                    found[sound].append((count, char))
        return cls(
            grams,
            {sound: tuple(char for _, char in sorted(chars, reverse=True)[:CHOICES]) for sound, chars in found.items()},
        )

    def __call__(self, text: str) -> str:
        """``text`` as it was probably said; the same text when nothing likelier is found."""
        sounds = pinyin.syllables(text)
        columns = [self._choices(char, sound) for char, sound in zip(text, sounds, strict=True)]
        if len(columns) < 2 or all(len(column) == 1 for column in columns):
            return text
        score = np.array([self._alone(char) - cost for char, cost in columns[0]])
        back: list[npt.NDArray[np.intp]] = []
        for before, after in pairwise(columns):
            step = self._follow([c for c, _ in before], [c for c, _ in after]) - np.array([cost for _, cost in after])
            total = score[:, None] + step
            back.append(total.argmax(axis=0))
            score = total.max(axis=0)
        place = int(score.argmax())
        read = [columns[-1][place][0]]
        for column, pointer in zip(reversed(columns[:-1]), reversed(back), strict=True):
            place = int(pointer[place])
            read.append(column[place][0])
        return "".join(reversed(read))

    def _choices(self, char: str, sound: str) -> list[tuple[str, float]]:
        if not "一" <= char <= "鿿":
            return [(char, 0.0)]
        found = {char: 0.0}
        for other in self.readings.get(pinyin.fold(sound), ()):
            found.setdefault(other, SAME_SOUND if sound in _syllables(other) else NEAR_SOUND)
        return list(found.items())

    def _count(self, codes: Places) -> npt.NDArray[np.float64]:
        place = np.minimum(np.searchsorted(self.grams.codes, codes), self.grams.codes.size - 1)
        found = self.grams.starts[place + 1] - self.grams.starts[place]
        return np.where(self.grams.codes[place] == codes, found, 0).astype(np.float64)

    def _alone(self, char: str) -> float:
        count = float(self._count(np.array([ord(char)], dtype=np.int64))[0])
        return math.log((count + 0.1) / (self.grams.passages + 1))

    def _follow(self, before: list[str], after: list[str]) -> npt.NDArray[np.float64]:
        """Log probability of each ``after`` behind each ``before``: bigram mixed with unigram frequency."""
        first = np.array([ord(char) for char in before], dtype=np.int64)
        second = np.array([ord(char) for char in after], dtype=np.int64)
        pairs = self._count(((first[:, None] << _SHIFT) | second[None, :]).ravel()).reshape(len(first), len(second))
        alone = (self._count(second) + 0.1) / (self.grams.passages + 1)
        behind = pairs / np.maximum(self._count(first), 1.0)[:, None]
        mixed: npt.NDArray[np.float64] = np.log(BIGRAM_SHARE * behind + (1 - BIGRAM_SHARE) * alone[None, :])
        return mixed
