"""Posting lists for tf-idf over character n-grams and dialect-folded pinyin n-grams, in plain arrays.

An n-gram of one or two units is one 64-bit number, so a hundred thousand passages need no Python dictionary. Weights
are (1 + ln tf) * idf with idf = ln((1 + n) / (1 + df)) + 1, rows of unit length (the form scikit-learn uses). N-grams
the index has never seen count in the length of the query, so a question full of foreign words cannot score high.

Postings hold counts, not weights: passages can be added and removed without touching the others, and the result is the
same as building anew. The arrays may be memory maps; a search (``knowledge.matching``) reads only its own lists.
"""

from __future__ import annotations

import itertools
import unicodedata
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlu.dialect import pinyin

Codes = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.integer]
_SHIFT = 32
PAIRS_FROM = 1 << _SHIFT
"""2-grams are numbers from here on."""
_CHUNK = 4096
"""Passages turned into postings at once; bounds the memory of a build."""
_SLICE = 4_000_000
WEIGHT_OF_COUNT = np.concatenate([[0.0], 1 + np.log(np.arange(1, 256))]).astype(np.float32)


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
    """Posting lists: passages ``rows[starts[i]:starts[i + 1]]``, ascending, hold n-gram ``codes[i]`` ``counts`` times
    (at most 255); ``inverse_norms[passages]`` makes passages unit length."""

    codes: Codes
    starts: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    counts: npt.NDArray[np.uint8]
    inverse_norms: Scores

    @property
    def passages(self) -> int:
        """How many passages are indexed."""
        return int(self.inverse_norms.size)

    @cached_property
    def idf(self) -> Scores:
        """``[codes]`` inverse document frequency."""
        return _idf(self.starts, self.passages)

    @cached_property
    def lengths(self) -> Scores:
        """``[passages]`` how long each is, by its tf-idf norm squared; their mean is one."""
        squares = 1 / np.square(np.maximum(self.inverse_norms, 1e-9), dtype=np.float64)
        lengths: Scores = (squares / squares.mean()).astype(np.float32)
        return lengths

    def keep(self, kept: npt.NDArray[np.bool_]) -> NgramIndex:
        """The postings of the passages ``kept`` marks, renumbered; norms are left to ``merge``."""
        number = np.cumsum(kept, dtype=np.int32) - np.int32(1)
        stays = kept[self.rows]
        bounds = np.concatenate([[0], np.cumsum(stays)])[self.starts]
        used = np.diff(bounds) > 0
        return NgramIndex(
            self.codes[used],
            np.append(bounds[:-1][used], bounds[-1]),
            number[self.rows[stays]],
            self.counts[stays],
            np.ones(int(kept.sum()), np.float32),
        )

    def save(self, folder: Path) -> None:
        """Writes one file an array into ``folder``; ``load`` maps them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("codes", "starts", "rows", "counts", "inverse_norms"):
            np.save(folder / f"{name}.npy", getattr(self, name), allow_pickle=False)

    @classmethod
    def load(cls, folder: Path) -> NgramIndex:
        """The index ``save`` wrote; posting lists stay on disk until they are read.

        Raises:
            ValueError: the files do not belong together.
        """

        def array(name: str, mapped: bool) -> npt.NDArray[np.generic]:
            stored: npt.NDArray[np.generic] = np.load(folder / f"{name}.npy", mmap_mode="r" if mapped else None)
            return stored.view(np.ndarray)  # a plain view: slices of numpy.memmap are slow

        codes, starts = array("codes", True), array("starts", False)
        rows, counts = array("rows", True), array("counts", True)
        if starts.size != codes.size + 1 or not starts[-1] == rows.size == counts.size:
            raise ValueError(f"{folder}: posting lists of different length")
        return cls(codes, starts, rows, counts, array("inverse_norms", False))  # type: ignore[arg-type]


def _idf(starts: npt.NDArray[np.int64], passages: int) -> Scores:
    frequency = np.diff(starts)
    idf: Scores = (np.log((1 + passages) / (1 + frequency)) + 1).astype(np.float32)
    return idf


def build(texts: Sequence[str], codes_of: Callable[[str], Codes]) -> NgramIndex:
    """The posting lists of ``texts``; passage numbers are their places."""
    return extend(None, texts, codes_of)


def extend(base: NgramIndex | None, texts: Sequence[str], codes_of: Callable[[str], Codes]) -> NgramIndex:
    """``base`` with ``texts`` as further passages."""
    parts = [_postings(texts[start : start + _CHUNK], codes_of) for start in range(0, len(texts), _CHUNK)]
    return merge([base, *parts] if base is not None else parts)


def _postings(texts: Sequence[str], codes_of: Callable[[str], Codes]) -> NgramIndex:
    """Posting lists without norms of a few thousand texts."""
    each = [np.unique(codes_of(text), return_counts=True) for text in texts]
    codes = np.concatenate([seen for seen, _ in each]).astype(np.int64)
    rows = np.repeat(np.arange(len(texts), dtype=np.int32), [seen.size for seen, _ in each])
    counts = np.minimum(np.concatenate([counts for _, counts in each]), 255).astype(np.uint8)
    order = np.argsort(codes, kind="stable")
    vocabulary, starts = np.unique(codes[order], return_index=True)
    return NgramIndex(
        vocabulary, np.append(starts, codes.size), rows[order], counts[order], np.ones(len(texts), np.float32)
    )


def merge(parts: Sequence[NgramIndex]) -> NgramIndex:
    """One index of all passages of ``parts``, in order; norms are made anew."""
    passages = sum(part.passages for part in parts)
    codes = np.unique(np.concatenate([np.zeros(0, np.int64), *(part.codes for part in parts)]))
    places = [np.searchsorted(codes, part.codes) for part in parts]
    frequency = np.zeros(codes.size, np.int64)
    for part, place in zip(parts, places, strict=True):
        frequency[place] += np.diff(part.starts)
    starts = np.concatenate([[0], np.cumsum(frequency)])
    rows = np.empty(starts[-1], np.int32)
    counts = np.empty(starts[-1], np.uint8)
    filled, first = starts[:-1].copy(), 0
    for part, place in zip(parts, places, strict=True):
        lengths = np.diff(part.starts)
        for low, high in _slices(part.starts):
            shift = np.repeat((filled[place[low:high]] - part.starts[low:high]), lengths[low:high])
            source = slice(part.starts[low], part.starts[high])
            target = shift + np.arange(source.start, source.stop)
            rows[target] = part.rows[source] + np.int32(first)
            counts[target] = part.counts[source]
        filled[place] += lengths
        first += part.passages
    return NgramIndex(codes, starts, rows, counts, _inverse_norms(starts, rows, counts, passages))


def _slices(starts: npt.NDArray[np.int64]) -> list[tuple[int, int]]:
    """Ranges of whole posting lists of about ``_SLICE`` postings each."""
    cuts = np.searchsorted(starts, np.arange(_SLICE, int(starts[-1]), _SLICE))
    bounds = np.unique(np.concatenate([[0], cuts, [starts.size - 1]])).tolist()
    return list(itertools.pairwise(bounds))


def _inverse_norms(
    starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int32], counts: npt.NDArray[np.uint8], passages: int
) -> Scores:
    idf, lengths = _idf(starts, passages), np.diff(starts)
    squares = np.zeros(passages)
    for low, high in _slices(starts):
        part = slice(starts[low], starts[high])
        weight = np.repeat(idf[low:high], lengths[low:high]) * WEIGHT_OF_COUNT[counts[part]]
        squares += np.bincount(rows[part], weights=np.square(weight, dtype=np.float64), minlength=passages)
    inverse: Scores = (1 / np.sqrt(np.maximum(squares, 1e-18))).astype(np.float32)
    return inverse
