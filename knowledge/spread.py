"""How near a question is to documents that are all alike: cosines once the directions they share count for less.

Sentence vectors of one collection lie in a narrow cone with few long axes, so plain cosines tell its documents apart
badly. Here vectors are centred on the collection and each axis divided by the root of its deviation: whitening (Su et
al. 2021, "Whitening sentence representations") at a quarter of its strength, for at full strength rare directions are
mostly noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
STRENGTH = 0.25
"""Of 0, .25, .35 and .5, chosen on half of the public questions (docs/decisions/0025)."""
FEWEST = 2
"""Vectors for each of the dimensions below which the axes are too uncertain to be used."""
SAMPLE = 4_000
"""Vectors the axes are taken from; more change nothing and cost time when an index is opened."""
DRAWN = 0.25
"""Made-up vectors for each dimension that draw the covariance towards a round one."""
LOW, WIDTH = -0.11, 0.69
"""The evened cosine that counts as much as a calibrated 0 of plain ones, which the weights of documents were fitted to,
and how much more counts as much as 1; chosen on half of the public questions and 429 that nothing answers."""


@dataclass(frozen=True)
class Spread:
    """The centre ``[dimension]`` of a collection and ``[dimension, dimension]`` the turn onto its evened axes."""

    centre: Vectors
    turn: Vectors

    @classmethod
    def of(cls, vectors: Vectors) -> Spread | None:
        """The spread of ``[n, dimension]`` vectors; None when there are too few to tell."""
        count, dimension = vectors.shape
        if count < FEWEST * dimension:
            return None
        centre = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - centre
        covariance = centred.T @ centred / count
        even = np.trace(covariance) / dimension * np.eye(dimension)
        drawn = DRAWN * dimension
        variances, axes = np.linalg.eigh((count * covariance + drawn * even) / (count + drawn))
        turn = axes * np.maximum(variances, 1e-9) ** (-STRENGTH / 2)
        return cls(centre.astype(np.float32), turn.astype(np.float32))

    def lengths(self, vectors: Vectors) -> Vectors:
        """``[n]`` how long each vector is on the evened axes: the same for every question, and most of the work."""
        lengths: Vectors = np.linalg.norm((vectors - self.centre) @ self.turn, axis=1)
        return lengths

    def nearness(self, queries: Vectors, vectors: Vectors, lengths: Vectors) -> Vectors:
        """``[len(queries), len(vectors)]``, about 0.2 for strangers, 1 and more for what says the same.

        ``lengths`` are those of ``vectors``.
        """
        turned = (queries - self.centre) @ self.turn
        turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
        cosines = (turned @ self.turn.T) @ (vectors - self.centre).T / np.maximum(lengths, 1e-9)
        near: Vectors = np.maximum((cosines - LOW) / WIDTH, 0).astype(np.float32)
        return near
