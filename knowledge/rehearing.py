"""What was probably said when a question was misheard: a second reading of it in the words the knowledge base knows.

A recogniser that mishears writes characters of the same sound that do not belong together (玉米您重 for 玉米螟虫). Each
character may be read as any other of its (dialect-folded) sound; the likeliest sequence under a bigram model of the
index's own characters is found by Viterbi. It is one more hypothesis to search with, never shown as what was said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
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
class Column:
    """The readings of one character: each with its cost, code, passages that hold it, and log probability."""

    chars: tuple[str, ...]
    costs: npt.NDArray[np.float64]
    codes: Places
    counts: npt.NDArray[np.float64]
    alone: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Rehearing:
    """The readings and the bigram model of one index."""

    grams: NgramIndex
    readings: dict[str, tuple[str, ...]]
    """Folded syllable -> characters, commonest first."""
    columns: dict[tuple[str, str], Column] = field(default_factory=dict)
    """Those made so far; no more than there are characters."""

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
        columns = [self._column(char, sound) for char, sound in zip(text, sounds, strict=True)]
        if len(columns) < 2 or all(len(column.chars) == 1 for column in columns):
            return text
        score = columns[0].alone - columns[0].costs
        back: list[npt.NDArray[np.intp]] = []
        for before, after in pairwise(columns):
            total = score[:, None] + (self._follow(before, after) - after.costs)
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
            codes = np.array([ord(other) for other in choices], dtype=np.int64)
            counts = self._count(codes)
            alone = np.log((counts + 0.1) / (self.grams.passages + 1))
            found = Column(tuple(choices), np.array(list(choices.values())), codes, counts, alone)
            if "一" <= char <= "鿿":
                self.columns[char, sound] = found
        return found

    def _choices(self, char: str, sound: str) -> dict[str, float]:
        if not "一" <= char <= "鿿":
            return {char: 0.0}
        found = {char: 0.0}
        for other in self.readings.get(pinyin.fold(sound), ()):
            found.setdefault(other, SAME_SOUND if sound in _syllables(other) else NEAR_SOUND)
        return found

    def _count(self, codes: Places) -> npt.NDArray[np.float64]:
        place = np.minimum(np.searchsorted(self.grams.codes, codes), self.grams.codes.size - 1)
        found = self.grams.starts[place + 1] - self.grams.starts[place]
        return np.where(self.grams.codes[place] == codes, found, 0).astype(np.float64)

    def _follow(self, before: Column, after: Column) -> npt.NDArray[np.float64]:
        """Log probability of each of ``after`` behind each of ``before``: bigram mixed with unigram frequency."""
        pairs = self._count(((before.codes[:, None] << _SHIFT) | after.codes).ravel())
        behind = pairs.reshape(len(before.chars), -1) / np.maximum(before.counts, 1.0)[:, None]
        alone = (after.counts + 0.1) / (self.grams.passages + 1)
        mixed: npt.NDArray[np.float64] = np.log(BIGRAM_SHARE * behind + (1 - BIGRAM_SHARE) * alone)
        return mixed
