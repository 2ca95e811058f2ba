"""Sparse search: tf-idf over character n-grams and dialect-folded pinyin n-grams, as posting lists in plain arrays.

An n-gram of one or two units is one 64-bit number, so a hundred thousand passages need no Python dictionary. Weights
are (1 + ln tf) * idf with idf = ln((1 + n) / (1 + df)) + 1, rows of unit length (the form scikit-learn uses). N-grams
the index has never seen count in the length of the query, so a question full of foreign words cannot score high.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from nlu.dialect import pinyin

Codes = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
_SHIFT = 32


def _ngrams(units: npt.NDArray[np.int64]) -> Codes:
    """Unigrams and bigrams of a sequence of units (each below 2^31, above 0)."""
    if units.size < 2:
        return units
    return np.concatenate([units, (units[:-1] << _SHIFT) | units[1:]])


def _letters(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).lower()
    return "".join(char for char in folded if char.isalnum())


def char_codes(text: str) -> Codes:
    """Character 1- and 2-grams of letters and digits; width and case folded, everything else left out."""
    points = np.frombuffer(_letters(text).encode("utf-32-le"), dtype="<u4").astype(np.int64)
    return _ngrams(points)


@lru_cache(maxsize=4096)
def _unit(syllable: str) -> int:
    return zlib.crc32(syllable.encode()) >> 1 | 1


def pinyin_codes(text: str) -> Codes:
    """Folded-syllable 1- and 2-grams: what is left of a word when tones and dialect mergers are taken away."""
    units = [_unit(syllable) for syllable in pinyin.folded(_letters(text)) if syllable]
    return _ngrams(np.asarray(units, dtype=np.int64))


@dataclass(frozen=True)
class NgramIndex:
    """Posting lists: passages ``rows[starts[i]:starts[i + 1]]`` hold n-gram ``codes[i]`` with ``weights``."""

    codes: Codes
    idf: Scores
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    weights: Scores
    passages: int

    def scores(self, query: Codes) -> Scores:
        """Cosine of the query with every passage, ``[passages]``."""
        result = np.zeros(self.passages, dtype=np.float32)
        if query.size == 0 or self.codes.size == 0:
            return result
        seen, counts = np.unique(query, return_counts=True)
        place = np.minimum(np.searchsorted(self.codes, seen), self.codes.size - 1)
        known = self.codes[place] == seen
        unseen_idf = np.float32(np.log(1 + self.passages) + 1)
        weight = (1 + np.log(counts)) * np.where(known, self.idf[place], unseen_idf)
        weight /= np.linalg.norm(weight)
        for at, value in zip(place[known], weight[known], strict=True):
            start, stop = self.starts[at], self.starts[at + 1]
            result[self.rows[start:stop]] += np.float32(value) * self.weights[start:stop]
        return result

    def coverage(self, query: Codes, rows: npt.NDArray[np.int64]) -> Scores:
        """How much of the query each of ``rows`` (ascending) holds: idf-weighted share of its 1-grams and 2-grams.

        Returns:
            ``[2, len(rows)]`` 0..1.
        """
        result = np.zeros((2, rows.size), dtype=np.float32)
        if query.size == 0 or self.codes.size == 0 or rows.size == 0:
            return result
        seen = np.unique(query)
        place = np.minimum(np.searchsorted(self.codes, seen), self.codes.size - 1)
        known = self.codes[place] == seen
        weight = np.where(known, self.idf[place], np.float32(np.log(1 + self.passages) + 1))
        kind = (seen >= 1 << _SHIFT).astype(np.int64)
        total = np.maximum(np.bincount(kind, weights=weight, minlength=2), 1e-9)
        for at, value, pair in zip(place[known], weight[known], kind[known], strict=True):
            holders = self.rows[self.starts[at] : self.starts[at + 1]]
            near = np.minimum(np.searchsorted(holders, rows), holders.size - 1)
            result[pair] += np.float32(value / total[pair]) * (holders[near] == rows)
        return result

    def arrays(self) -> dict[str, npt.NDArray[np.generic]]:
        """What ``numpy.savez`` stores; ``from_arrays`` reads it back."""
        return {
            "codes": self.codes,
            "idf": self.idf,
            "starts": self.starts,
            "rows": self.rows,
            "weights": self.weights,
            "passages": np.asarray(self.passages),
        }

    @classmethod
    def from_arrays(cls, stored: dict[str, npt.NDArray[np.generic]]) -> NgramIndex:
        """The index ``arrays`` stored."""
        return cls(
            codes=stored["codes"].astype(np.int64),
            idf=stored["idf"].astype(np.float32),
            starts=stored["starts"].astype(np.int64),
            rows=stored["rows"].astype(np.int32),
            weights=stored["weights"].astype(np.float32),
            passages=int(stored["passages"]),
        )


def build(texts: Sequence[str], codes_of: Callable[[str], Codes]) -> NgramIndex:
    """The posting lists of ``texts``; passage numbers are their places."""
    total = len(texts)
    rows: list[npt.NDArray[np.int32]] = []
    grams: list[Codes] = []
    weights: list[Scores] = []
    for row, codes in enumerate(_each(texts, codes_of)):
        seen, counts = np.unique(codes, return_counts=True)
        grams.append(seen)
        rows.append(np.full(seen.size, row, dtype=np.int32))
        weights.append((1 + np.log(counts)).astype(np.float32))
    if not grams:
        empty = np.zeros(0, dtype=np.int64)
        return NgramIndex(
            empty, empty.astype(np.float32), np.zeros(1, np.int64), empty.astype(np.int32), empty.astype(np.float32), 0
        )
    all_grams, all_rows, all_weights = np.concatenate(grams), np.concatenate(rows), np.concatenate(weights)
    order = np.argsort(all_grams, kind="stable")
    all_grams, all_rows, all_weights = all_grams[order], all_rows[order], all_weights[order]
    vocabulary, starts, frequency = np.unique(all_grams, return_index=True, return_counts=True)
    idf = (np.log((1 + total) / (1 + frequency)) + 1).astype(np.float32)
    all_weights *= np.repeat(idf, frequency)
    norms = np.sqrt(np.bincount(all_rows, weights=all_weights.astype(np.float64) ** 2, minlength=total))
    all_weights /= np.maximum(norms, 1e-9).astype(np.float32)[all_rows]
    return NgramIndex(vocabulary, idf, np.append(starts, all_grams.size), all_rows, all_weights, total)


def _each(texts: Iterable[str], codes_of: Callable[[str], Codes]) -> Iterable[Codes]:
    return map(codes_of, texts)
