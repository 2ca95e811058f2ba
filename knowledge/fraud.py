"""Is this message or call a trick? Named signs plus a calibrated classifier; ``unsure`` is an answer too.

A sure sign (asking for a code, a "safe account", a shared screen ...) always means fraud: a missed one costs savings.
Everything else is decided by probability.
"""

from __future__ import annotations

import math
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Embedder, open_embedder
from knowledge.errors import FraudModelError
from knowledge.fraud_signs import Signs, load_signs, plain_text

MODEL_FILE = "fraud.npz"
FEATURE_FORMAT = 1
BUCKETS = 4096
VECTOR_SCALE = 6.0
"""e5 vectors lie in a narrow cone; centred and scaled they weigh about as much as the n-grams."""
SIGN_SCALE = 0.5
FRAUD_AT, UNSURE_AT = 0.60, 0.40
"""Probability at which a text is called fraud; between the two it is unsure."""
SURE = 0.95
GRAVE = 2.5
MAX_CHARS = 1000
CURE = "run: xiangyin kb build"
_ADDRESS = re.compile(r"(?:https?://|www\.)[\x21-\x7e]+|[a-z0-9-]+\.(?:com|cn|cc|top|net|vip|pw|xyz|apk)[\x21-\x7e]*")
_NUMBER = re.compile(r"\d[\d.,-]*")
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FraudVerdict:
    """``score`` is the probability of fraud; ``signs`` are phrases for the user, the gravest first."""

    label: Literal["fraud", "normal", "unsure"]
    score: float
    signs: tuple[str, ...]
    advice: str


def hashed_counts(text: str) -> Array:
    """Character 1- to 3-gram counts, hashed into ``[BUCKETS]``; addresses and numbers become one word each."""
    worded = _NUMBER.sub("数字", _ADDRESS.sub("网址", plain_text(text)))
    plain = "".join(char for char in worded if char.isalnum())
    counts = np.zeros(BUCKETS, dtype=np.float32)
    for size in (1, 2, 3):
        for start in range(len(plain) - size + 1):
            counts[zlib.crc32(plain[start : start + size].encode()) % BUCKETS] += 1
    return counts


def features(text: str, vector: Array, center: Array, idf: Array, signs: Signs) -> Array:
    """``[dimension + BUCKETS + signs]`` of one text."""
    counts = hashed_counts(text)
    weights = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0.0) * idf
    norm = float(np.linalg.norm(weights)) or 1.0
    found = set(signs.found(text))
    bits = [sign.weight * SIGN_SCALE if sign in found else 0.0 for sign in signs.signs]
    parts = [(vector - center) * VECTOR_SCALE, weights / norm, np.asarray(bits)]
    return np.concatenate(parts).astype(np.float32)


@dataclass(frozen=True)
class FraudModel:
    """The stored classifier: probability = sigmoid(slope * (weights . features + bias) + offset)."""

    identity: str
    weights: Array
    bias: float
    slope: float
    offset: float
    idf: Array
    center: Array

    @staticmethod
    def stored_inputs(path: Path) -> str | None:
        """The hash of what the file was trained on, or None when it cannot be read."""
        try:
            with np.load(path) as stored:
                return str(stored["inputs"])
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error):
            return None

    @classmethod
    def load(cls, path: Path) -> FraudModel:
        """Reads what ``knowledge.fraud_training`` wrote.

        Raises:
            FraudModelError: missing or damaged.
        """
        try:
            with np.load(path) as stored:
                return cls(
                    identity=str(stored["identity"]),
                    weights=stored["weights"],
                    bias=float(stored["bias"]),
                    slope=float(stored["slope"]),
                    offset=float(stored["offset"]),
                    idf=stored["idf"],
                    center=stored["center"],
                )
        except FileNotFoundError as error:
            raise FraudModelError(f"{path}: no fraud classifier yet; {CURE}") from error
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise FraudModelError(f"{path}: damaged; delete it and {CURE}") from error


def _stamp(path: Path) -> tuple[int, int]:
    """Changes whenever the file is replaced."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


class FraudChecker:
    """The opened classifier; safe to use from several threads."""

    def __init__(self, model: FraudModel, embedder: Embedder, path: Path | None = None) -> None:
        self._embedder = embedder
        self._model = self._fitting(model)
        self._signs = load_signs()
        self._path = path
        self._stamp = _stamp(path) if path else None

    def _fitting(self, model: FraudModel) -> FraudModel:
        if model.identity != self._embedder.identity:
            raise FraudModelError(f"fraud classifier made with {model.identity}, not {self._embedder.identity}; {CURE}")
        return model

    @classmethod
    def open(cls, index_dir: Path, embedding_dir: Path, embedder: Embedder | None = None) -> FraudChecker:
        """Opens the classifier stored beside the index (``embedder`` shares an open model).

        Raises:
            FraudModelError: missing, damaged or made with another model.
            ModelError: the embedding model is missing or damaged.
        """
        path = index_dir / MODEL_FILE
        return cls(FraudModel.load(path), embedder or open_embedder(embedding_dir), path)

    def refresh(self) -> bool:
        """Takes over a newly trained classifier; True when there was one.

        Raises:
            FraudModelError: it is damaged or made with another model; the old one goes on serving.
        """
        if self._path is None or (stamp := _stamp(self._path)) == self._stamp:
            return False
        self._model = self._fitting(FraudModel.load(self._path))
        self._stamp = stamp
        return True

    def check(self, text: str) -> FraudVerdict:
        """Judges one message, call or story. Empty text is ``unsure``: nothing is known of it."""
        advice = self._signs.advice
        text = text.strip()[:MAX_CHARS]
        if not any(char.isalnum() for char in text):
            return FraudVerdict("unsure", 0.5, (), advice["unsure"])
        vector = self._embedder.queries([text])[0]
        model = self._model
        row = features(text, vector, model.center, model.idf, self._signs)
        margin = float(row @ model.weights) + model.bias
        probability = 1 / (1 + math.exp(-max(-30.0, min(30.0, model.slope * margin + model.offset))))
        found = self._signs.found(text)
        if any(sign.sure for sign in found):
            probability = max(probability, SURE)
        elif any(sign.weight >= GRAVE for sign in found):
            probability = max(probability, UNSURE_AT)  # never "normal" in the face of a grave sign
        label: Literal["fraud", "normal", "unsure"] = "normal"
        if probability >= FRAUD_AT:
            label = "fraud"
        elif probability >= UNSURE_AT:
            label = "unsure"
        said = tuple(sign.say for sign in found) if label != "normal" else ()
        return FraudVerdict(label, round(probability, 4), said, advice[label])
