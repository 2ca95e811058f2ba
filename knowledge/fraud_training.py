"""Trains the fraud classifier when an index is built: logistic regression over sentence vectors and character
n-grams, calibrated.

The training texts (``fraud_data/messages.tsv``) are our own. Log-odds are made by Platt's method on out-of-fold scores,
so that they mean what they say. The named signs take no part: their weights are judged, not learnt.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import numpy as np

from knowledge.embedding import Embedder
from knowledge.errors import FraudModelError
from knowledge.fraud import FEATURE_FORMAT, GRAM_SCALE, MODEL_FILE, VECTOR_SCALE, FraudModel, embedded_text, features
from knowledge.fraud_grams import CharGrams
from knowledge.fraud_hearing import Hearing
from knowledge.fraud_text import caller_words, plain_text

_DATA = Path(__file__).with_name("fraud_data")
FOLDS = 5
STRENGTH = 1.0
"""Inverse of the L2 penalty."""


def training_texts() -> tuple[list[str], list[int], list[str]]:
    """Texts, labels (1 = fraud) and kinds.

    Raises:
        FraudModelError: a line of the data has not three fields or an unknown label.
    """
    texts, labels, kinds = [], [], []
    for number, line in enumerate((_DATA / "messages.tsv").read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#") or not line.strip():
            continue
        fields = line.split("\t")
        if len(fields) != 3 or fields[0] not in ("fraud", "normal"):
            raise FraudModelError(f"messages.tsv:{number}: want fraud|normal, kind and text between tabs")
        labels.append(int(fields[0] == "fraud"))
        kinds.append(fields[1])
        texts.append(fields[2])
    return texts, labels, kinds


def inputs_hash(embedder: Embedder) -> str:
    """Changes when data, features or the model change."""
    digest = hashlib.sha256(f"{embedder.identity}|{FEATURE_FORMAT}|{STRENGTH}|{VECTOR_SCALE}|{GRAM_SCALE}".encode())
    for name in ("messages.tsv", "words.txt"):
        digest.update((_DATA / name).read_bytes())
    return digest.hexdigest()


def train(embedder: Embedder, index_dir: Path) -> bool:
    """Trains and stores the classifier beside the index; False when the stored one is already of these inputs.

    Takes about ten seconds on one core.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold

    wanted = inputs_hash(embedder)
    target = index_dir / MODEL_FILE
    if target.is_file() and FraudModel.stored_inputs(target) == wanted:
        return False
    texts, labels, kinds = training_texts()
    truth = np.array(labels)
    read = [plain_text(caller_words(text)) for text in texts]
    plain, hearing = [embedded_text(text) for text in read], Hearing.of(read)
    vectors, grams = embedder.queries(plain), CharGrams.of(plain)
    center = vectors.mean(axis=0)
    rows = features(vectors, plain, center, grams)

    def fitted(places: np.ndarray) -> LogisticRegression:
        return LogisticRegression(C=STRENGTH, max_iter=2000).fit(rows[places], truth[places])

    held_out = np.zeros(len(texts))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    for train_rows, test_rows in folds.split(rows, [f"{a}{b}" for a, b in zip(labels, kinds, strict=True)]):
        held_out[test_rows] = fitted(train_rows).decision_function(rows[test_rows])
    platt = LogisticRegression(C=1e6).fit(held_out[:, None], truth)
    final = fitted(np.arange(len(texts)))
    slope = platt.coef_[0, 0]
    index_dir.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.npz")
    np.savez(
        part,
        inputs=np.array(wanted),
        identity=np.array(embedder.identity),
        format=np.array(FEATURE_FORMAT),
        weights=(slope * final.coef_[0]).astype(np.float32),
        bias=np.float32(slope * final.intercept_[0] + platt.intercept_[0]),
        center=center,
        grams=grams.grams,
        idf=grams.idf,
        pairs=hearing.pairs,
        pair_counts=hearing.counts,
        report=np.array(json.dumps(_report(platt.predict_proba(held_out[:, None])[:, 1], truth))),
    )
    part.replace(target)
    return True


def _report(probability: np.ndarray, truth: np.ndarray) -> dict[str, float]:
    """Out-of-fold accuracy and Brier score, kept with the model."""
    return {
        "texts": len(truth),
        "accuracy": round(float(np.mean((probability >= 0.5) == truth)), 4),
        "brier": round(float(np.mean((probability - truth) ** 2)), 4),
    }
