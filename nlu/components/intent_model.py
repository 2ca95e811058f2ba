"""What somebody wants, by logistic regression over ``readings``; numpy alone once it is trained."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlu.components.readings import readings

Array = npt.NDArray[np.float32]
RARE = 3
"""Features of fewer sentences are not learnt."""
STRENGTH = 20.0
"""Inverse regularisation, chosen on the development sentences."""


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
        scores -= scores.max()
        likely = np.exp(scores)
        result: Array = likely / likely.sum()
        return result

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
    """Fit a model to labelled sentences."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(analyzer=readings, min_df=RARE, binary=True, dtype=np.float32)
    seen = vectors.fit_transform(texts)
    counts = {intent: intents.count(intent) for intent in set(intents)}
    # An intent of many sentences does not become likelier by the square of their number.
    weights = np.array([counts[i] ** -0.5 for i in intents])
    fitted = LogisticRegression(C=STRENGTH, max_iter=60, tol=1e-3)
    fitted.fit(seen, intents, sample_weight=weights / weights.mean())
    return IntentModel(
        intents=tuple(fitted.classes_),
        places={str(f): int(p) for f, p in sorted(vectors.vocabulary_.items(), key=lambda item: item[1])},
        rarity=vectors.idf_.astype(np.float32),
        weights=np.ascontiguousarray(fitted.coef_.T, dtype=np.float32),
        bias=fitted.intercept_.astype(np.float32),
    )
