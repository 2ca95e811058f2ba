"""Searching posting lists for one question in several readings; each list is read once for all of them.

Candidates are found with the question's rarest n-grams, as many as bring ``READ`` postings; up to some ten thousand
passages those are all of them. What makes the decision is exact at every size: the signals of candidates count all
n-grams of the question.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from knowledge.ngrams import PAIRS_FROM, WEIGHT_OF_COUNT, Codes, NgramIndex, Scores

READ = 400_000
"""Postings read to find candidates. The words left out are those that a good part of all passages hold."""
SATURATION, LENGTH = 1.5, 0.75
"""k1 and b of Okapi BM25 (Robertson and Zaragoza 2009): its usual values."""
BLOCK = 64
"""Scores looked at together when the highest are sought."""
Mask = npt.NDArray[np.bool_]


class Question:
    """The n-grams of some readings that an index knows, rarest first, and the lists that find candidates."""

    def __init__(self, index: NgramIndex, readings: Sequence[Codes], read: int = READ) -> None:
        self._index = index
        places, self._weights, self._shares = _weights(index, readings)
        self._starts, self._stops = index.starts[places], index.starts[places + 1]
        lengths = self._stops - self._starts
        self._read = min(int(np.searchsorted(np.cumsum(lengths), read)) + 1, lengths.size)
        self._lengths = lengths[: self._read]
        spans = list(zip(self._starts[: self._read].tolist(), self._stops[: self._read].tolist(), strict=True))
        none = np.zeros(0, np.int32), np.zeros(0, np.uint8)
        self._rows = np.concatenate([none[0], *(index.rows[start:stop] for start, stop in spans)])
        self._counts = np.concatenate([none[1], *(index.counts[start:stop] for start, stop in spans)])

    def scores(self, allowed: Mask | None = None) -> Scores:
        """Cosine of each reading with every passage ``[readings, passages]``, of the n-grams read; 0 where not
        ``allowed``."""
        bounds = np.concatenate([[0], np.cumsum(self._lengths)]).astype(np.int32)
        lists = csc_array(
            (WEIGHT_OF_COUNT.take(self._counts), self._rows, bounds), shape=(self._index.passages, self._lengths.size)
        )
        found = lists @ np.ascontiguousarray(self._weights[:, : self._lengths.size].T)
        norms = self._index.inverse_norms if allowed is None else np.where(allowed, self._index.inverse_norms, 0.0)
        scores: Scores = np.ascontiguousarray(found.T)  # in long rows: short ones are many times slower to multiply
        scores *= norms
        return scores

    def best(self, k: int, allowed: Mask) -> npt.NDArray[np.int64]:
        """The ``k`` allowed passages with the highest scores of each reading, together; none that score nothing."""
        return np.unique(np.concatenate([_highest(each, k) for each in self.scores(allowed)]))

    def signals(self, rows: npt.NDArray[np.int64], starts: npt.NDArray[np.int64]) -> tuple[Scores, Scores, Scores]:
        """What each of ``rows`` (ascending) has of each reading, all its n-grams counted; and what entries have.

        Args:
            rows: passages, each entry's side by side.
            starts: ``[entries]`` place in ``rows`` of each entry's first.

        Returns:
            ``[readings, 3, len(rows)]`` 0..1: the cosine, and the idf-weighted shares of the reading's 1-grams and
            2-grams the passage holds. ``[readings, 2, entries]``: the shares all passages of an entry hold together.
            ``[readings, 2, len(rows)]``: the shares of the passage once more as BM25 counts them, what it holds often
            for more (up to 2.5), and all for less in a long passage.
        """
        held = self._held(rows)
        cosines = (self._weights @ WEIGHT_OF_COUNT[held]) * self._index.inverse_norms[rows]
        shares = self._shares @ (held > 0).astype(np.float32)
        whole = self._shares @ (np.maximum.reduceat(held, starts, axis=1) > 0).astype(np.float32)
        long: Scores = SATURATION * (1 - LENGTH + LENGTH * self._index.lengths[rows])
        saturated: Scores = held.astype(np.float32) * (SATURATION + 1) / (held + long)
        counted: Scores = self._shares @ saturated
        return np.concatenate([cosines[:, None], shares], axis=1), whole, counted

    def _held(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """How often each of ``rows`` holds each n-gram, ``[n-grams, len(rows)]``."""
        held = np.zeros((self._starts.size, rows.size), np.uint8)
        if not rows.size:
            return held
        number = np.full(self._index.passages, -1, np.int32)
        number[rows] = np.arange(rows.size)
        columns = number.take(self._rows)
        wanted = np.flatnonzero(columns >= 0)
        grams = np.repeat(np.arange(self._read), self._lengths)
        held[grams[wanted], columns[wanted]] = self._counts[wanted]
        sought = rows.astype(np.int32)  # of the lists' type: any other would copy every list
        for gram in range(self._read, self._starts.size):
            span = slice(self._starts[gram], self._stops[gram])
            holders = self._index.rows[span]
            near = np.minimum(np.searchsorted(holders, sought), holders.size - 1)
            held[gram] = np.where(holders[near] == sought, self._index.counts[span][near], 0)
        return held


def _highest(scores: Scores, k: int) -> npt.NDArray[np.int64]:
    """Places of the ``k`` highest scores; none of 0.

    Most places are left out unsorted: the best of a block is at least as high as the block, so none that scores less
    than the k-th best of the blocks is among the k highest."""
    blocks = scores[: scores.size // BLOCK * BLOCK].reshape(-1, BLOCK).max(axis=1)
    least = np.partition(blocks, -k)[-k] if blocks.size > k else 0.0
    places = np.flatnonzero(scores >= least) if least > 0 else np.flatnonzero(scores)
    if places.size <= k:
        return places
    return places[np.argpartition(-scores[places], k)[:k]]


def _weights(index: NgramIndex, readings: Sequence[Codes]) -> tuple[npt.NDArray[np.int64], Scores, Scores]:
    """Places of the n-grams ``index`` knows, rarest first; their tf-idf weights ``[readings, n]``, and the share each
    has of its reading's 1-grams or 2-grams ``[readings, 2, n]``."""
    every, at = np.unique(np.concatenate([np.zeros(0, np.int64), *readings]), return_inverse=True)
    if not every.size or not index.codes.size:
        none = np.zeros((len(readings), 2, 0), np.float32)
        return np.zeros(0, np.int64), none[:, 0], none
    places = np.minimum(np.searchsorted(index.codes, every), index.codes.size - 1)
    known = index.codes[places] == every
    idf = np.where(known, index.idf[places], np.float32(np.log(1 + index.passages) + 1))
    cell = at + every.size * np.repeat(np.arange(len(readings)), [codes.size for codes in readings])
    counts = np.bincount(cell, minlength=len(readings) * every.size).reshape(len(readings), -1)
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0) * idf
    weights *= idf / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-9)
    pair = every >= PAIRS_FROM
    shares = np.where((counts > 0)[:, None] & np.stack([~pair, pair]), idf, 0.0)
    shares /= np.maximum(shares.sum(axis=2, keepdims=True, dtype=np.float64), 1e-9)
    weights, shares = weights.astype(np.float32), shares.astype(np.float32)
    frequency = index.starts[places + 1] - index.starts[places]
    order = np.flatnonzero(known)[np.argsort(frequency[known], kind="stable")]
    return places[order], weights[:, order], shares[:, :, order]
