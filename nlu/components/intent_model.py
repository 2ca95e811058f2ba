"""What somebody wants, by softmax regression over ``readings``; numpy alone once it is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlu.components.readings import readings

Array = npt.NDArray[np.float32]
RARE = 2
"""Features of fewer sentences are not learnt."""
EPOCHS, STEP, BATCH, DECAY = 12, 0.1, 256, 1e-6
"""Of the training; chosen on the development sentences."""
SHARPER = 1.6
"""Weights are multiplied by it, as training stops before the probabilities are as sure as they could be: fitted on the
development sentences (as written and misheard) by likelihood."""


@dataclass(frozen=True)
class IntentModel:
    """Trained weights.

    Attributes:
        intents: C names.
        places: place of each of F features.
        rarity: [F] inverse document frequency.
        weights: [F, C].
        bias: [C].
    """

    intents: tuple[str, ...]
    places: dict[str, int]
    rarity: Array
    weights: Array
    bias: Array

    def probabilities(self, text: str) -> Array:
        """[C] probabilities of the intents of ``text``."""
        found = [self.places[f] for f in readings(text) if f in self.places]
        scores = self.bias.copy()
        if found:
            values = self.rarity[found]
            scores += (values / np.linalg.norm(values)) @ self.weights[found]
        return _softmax(scores)

    def save(self, folder: Path) -> None:
        """Write ``intents.json`` and ``intents.npz``."""
        names = {"intents": self.intents, "features": list(self.places)}
        (folder / "intents.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "intents.npz", rarity=self.rarity, weights=self.weights.astype(np.float16), bias=self.bias)

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what ``save`` wrote."""
        names = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        with np.load(folder / "intents.npz") as arrays:
            weights = arrays["weights"].astype(np.float32)
            rarity, bias = arrays["rarity"], arrays["bias"]
        places = {feature: place for place, feature in enumerate(names["features"])}
        return cls(tuple(names["intents"]), places, rarity, weights, bias)


def train(texts: Sequence[str], intents: Sequence[str]) -> IntentModel:
    """Fit a model to labelled sentences; the same sentences give the same model.

    Softmax regression by Adagrad (Duchi, Hazan and Singer, JMLR 12, 2011) over the rows a batch touches: a tenth of the
    time of a general solver, for the same figures.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer=readings, min_df=RARE, binary=True, dtype=np.float32)
    seen = vectors.fit_transform(texts).tocsr()
    names = sorted(set(intents))
    labels = np.array([names.index(intent) for intent in intents])
    # All intents weigh alike, however many sentences they have: the knowledge base alone brings thousands to one.
    each = 1 / np.bincount(labels).astype(np.float32)[labels]
    each /= each.mean()
    weights = np.zeros((seen.shape[1], len(names)), np.float32)
    bias = np.zeros(len(names), np.float32)
    squares, bias_squares = np.full_like(weights, 1e-8), np.full_like(bias, 1e-8)
    chance = np.random.default_rng(1)
    for _ in range(EPOCHS):
        order = chance.permutation(len(labels))
        for rows in (order[at : at + BATCH] for at in range(0, len(order), BATCH)):
            batch = seen[rows]
            slope = _softmax(batch @ weights + bias)
            slope[np.arange(len(rows)), labels[rows]] -= 1
            slope *= (each[rows] / len(rows))[:, None]
            touched = np.unique(batch.indices)
            down = batch[:, touched].T @ slope + DECAY * weights[touched]
            squares[touched] += down**2
            weights[touched] -= STEP * down / np.sqrt(squares[touched])
            bias_squares += slope.sum(0) ** 2
            bias -= STEP * slope.sum(0) / np.sqrt(bias_squares)
    return IntentModel(
        intents=tuple(names),
        places={str(f): int(p) for f, p in sorted(vectors.vocabulary_.items(), key=lambda item: item[1])},
        rarity=vectors.idf_.astype(np.float32),
        weights=weights * np.float32(SHARPER),
        bias=bias * np.float32(SHARPER),
    )


def _softmax(scores: Array) -> Array:
    likely = np.exp(scores - scores.max(-1, keepdims=True))
    result: Array = likely / likely.sum(-1, keepdims=True)
    return result
