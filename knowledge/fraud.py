"""Is this message or call a trick? Named signs plus a classifier of what the text says; ``unsure`` is an answer too.

log-odds of fraud = weights of the signs found + ``TRUST`` * (classifier, within ``BOUND``) - ``DOUBT``. The signs weigh
most: their weights are judged, so they hold for messages nobody here has seen. The classifier, a logistic regression
over the embedding and the character n-grams, learnt from our own texts, tips what the signs leave open. A sure sign
(asking for a code, a "safe account", a shared screen ...) always means fraud: a missed one costs savings.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from knowledge.embedding import Embedder, open_embedder
from knowledge.errors import FraudModelError
from knowledge.fraud_grams import CharGrams
from knowledge.fraud_hearing import Hearing
from knowledge.fraud_signs import Sign, load_signs
from knowledge.fraud_text import caller_words, plain_text

MODEL_FILE = "fraud.npz"
FEATURE_FORMAT = 4
VECTOR_SCALE = 6.0
"""e5 vectors lie in a narrow cone; centred and scaled they suit a penalty of one."""
GRAM_SCALE = 4.0
"""Of 0 to 4, tried on held-out training texts; beyond, little changes."""
TRUST, BOUND, DOUBT = 0.45, 4.0, 1.0
"""How far the classifier is believed, its most extreme log-odds, and how rare fraud is among what people ask about."""
GUESSED = 0.8
"""Log-odds a text loses when its misheard words had to be guessed: guesses lean to the words of fraud."""
FRAUD_AT, UNSURE_AT = 0.57, 0.40
"""Probability at which a text is called fraud; between the two it is unsure."""
SURE = 0.95
GRAVE = 2.5
WARNING = "is_a_warning"
WINDOW, STEP = 600, 400
"""A long text is judged in overlapping pieces of so many characters; the worst piece decides."""
PIECES_EMBEDDED = 4
"""Of more pieces than this only those with the gravest signs are embedded as well."""
PIECES_HEARD = 4
"""Only the first of these are read anew when they look misheard: a voice message is not longer."""
MAX_CHARS = 20_000
"""What comes after is not read: no message is longer, and reading it would take seconds."""
CURE = "run: xiangyin kb build"
_NUMBER = re.compile(r"\d[\d.,-]*")
Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class FraudVerdict:
    """``score`` is the probability of fraud; ``signs`` are phrases for the user, the gravest first."""

    label: Literal["fraud", "normal", "unsure"]
    score: float
    signs: tuple[str, ...]
    advice: str


def embedded_text(plain: str) -> str:
    """What is embedded of a plain text: no punctuation, and every number the same; messages often come without."""
    return "".join(char for char in _NUMBER.sub("数", plain) if char.isalnum())


def features(vectors: Array, texts: Sequence[str], center: Array, grams: CharGrams) -> Array:
    """What the classifier sees, ``[n, dimension + grams]``, of texts with their vectors."""
    found: Array = np.hstack([(vectors - center) * VECTOR_SCALE, GRAM_SCALE * grams(texts)])
    return found


@dataclass(frozen=True)
class FraudModel:
    """The stored classifier: log-odds = weights . features + bias, calibrated."""

    identity: str
    weights: Array
    bias: float
    center: Array
    grams: CharGrams
    hearing: Hearing

    def log_odds(self, vectors: Array, texts: Sequence[str]) -> Array:
        """Calibrated log-odds ``[n]`` of ``embedded_text`` texts with their ``[n, dimension]`` vectors, within
        ``BOUND``."""
        odds: Array = features(vectors, texts, self.center, self.grams) @ self.weights + self.bias
        bounded: Array = np.clip(odds, -BOUND, BOUND).astype(np.float32)
        return bounded

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
            FraudModelError: missing, damaged or of an older kind.
        """
        try:
            with np.load(path) as stored:
                if int(stored["format"]) != FEATURE_FORMAT:
                    raise KeyError("format")
                grams = CharGrams(stored["grams"], stored["idf"])
                hearing = Hearing(stored["pairs"], stored["pair_counts"])
                weights, bias, center = stored["weights"], float(stored["bias"]), stored["center"]
                return cls(str(stored["identity"]), weights, bias, center, grams, hearing)
        except FileNotFoundError as error:
            raise FraudModelError(f"{path}: no fraud classifier yet; {CURE}") from error
        except (OSError, ValueError, KeyError, EOFError, BadZipFile, zlib.error) as error:
            raise FraudModelError(f"{path}: damaged or of an older version; {CURE}") from error


def pieces(plain: str) -> list[str]:
    """``plain`` in overlapping windows; a short text is one."""
    last = max(len(plain) - WINDOW, 0)
    return [plain[start : start + WINDOW] for start in (*range(0, last, STEP), last)]


def signs_alone(found: tuple[Sign, ...]) -> float:
    """The log-odds the signs add up to."""
    return sum(sign.weight for sign in found)


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
        plain_text("您好")  # loads the tables of characters and sounds now, not with the first message
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
        plain = plain_text(caller_words(text[:MAX_CHARS]))
        if not any(char.isalnum() for char in plain):
            return FraudVerdict("unsure", 0.5, (), advice["empty"])
        parts = pieces(plain)
        readings = [(part, False) for part in parts]
        readings += [(heard, True) for part in parts[:PIECES_HEARD] if (heard := self._model.hearing(part)) != part]
        judged = [(reading, heard, self._signs.found(reading)) for reading, heard in readings]
        judged.sort(key=lambda item: -signs_alone(item[2]))
        scored = [(self._probability(*item), item[2]) for item in judged[:PIECES_EMBEDDED]]
        probability, found = max(scored, key=lambda item: item[0])
        label: Literal["fraud", "normal", "unsure"] = "normal"
        if probability >= FRAUD_AT:
            label = "fraud"
        elif probability >= UNSURE_AT:
            label = "unsure"
        said = tuple(sign.say for sign in found if sign.weight > 0) if label != "normal" else ()
        return FraudVerdict(label, round(probability, 4), said, advice[label])

    def _probability(self, piece: str, heard: bool, found: tuple[Sign, ...]) -> float:
        texts = [embedded_text(piece) or piece]
        learnt = float(self._model.log_odds(self._embedder.queries(texts), texts)[0])
        odds = signs_alone(found) + TRUST * learnt - DOUBT - (GUESSED if heard else 0)
        probability = 1 / (1 + math.exp(-odds))
        if any(sign.name == WARNING for sign in found):
            return probability  # warnings name the very things they warn of
        if heard:
            return probability  # a guess makes nothing sure
        if any(sign.sure for sign in found):
            return max(probability, SURE)
        if any(sign.weight >= GRAVE for sign in found):
            return max(probability, UNSURE_AT)  # never "normal" in the face of a grave sign
        return probability
