"""What a running process takes over of a new build, and what it refuses."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from knowledge import building, index
from knowledge.embedding import Embedder
from knowledge.entry import Entry
from knowledge.errors import FraudModelError, IndexError_
from knowledge.fraud import BOUND, FEATURE_FORMAT, MODEL_FILE, FraudChecker
from knowledge.retriever import Retriever

pytestmark = pytest.mark.unit
ASKED = "今天天气不错"


def _classifier(folder: Path, embedder: Embedder, bias: float, identity: str | None = None) -> None:
    """A classifier that says the same of everything, written as training writes it."""
    part = folder / ".new.npz"
    np.savez(
        part,
        identity=np.array(identity or embedder.identity),
        format=np.array(FEATURE_FORMAT),
        weights=np.zeros(embedder.dimension + 1, np.float32),
        bias=np.float32(bias),
        center=np.zeros(embedder.dimension, np.float32),
        grams=np.array(["呀"]),
        idf=np.ones(1, np.float32),
        pairs=np.array(["^呀"]),
        pair_counts=np.ones(1, np.int32),
    )
    part.replace(folder / MODEL_FILE)


def test_a_new_fraud_classifier_is_taken_over(tmp_path: Path, embedder: Embedder) -> None:
    _classifier(tmp_path, embedder, bias=-BOUND)
    checker = FraudChecker.open(tmp_path, tmp_path, embedder)
    assert checker.refresh() is False
    assert checker.check(ASKED).label == "normal"
    _classifier(tmp_path, embedder, bias=BOUND)
    assert checker.refresh() is True
    assert checker.check(ASKED).label == "fraud"
    assert checker.refresh() is False


def test_a_classifier_that_does_not_fit_leaves_the_old_one(tmp_path: Path, embedder: Embedder) -> None:
    _classifier(tmp_path, embedder, bias=-BOUND)
    checker = FraudChecker.open(tmp_path, tmp_path, embedder)
    _classifier(tmp_path, embedder, bias=BOUND, identity="another:model")
    for _ in range(2):
        with pytest.raises(FraudModelError, match="another:model"):
            checker.refresh()
    (tmp_path / MODEL_FILE).write_bytes(b"cut short")
    with pytest.raises(FraudModelError, match="damaged"):
        checker.refresh()
    assert checker.check(ASKED).label == "normal"


def test_an_index_that_cannot_serve_leaves_the_old_one(
    tmp_path: Path, embedder: Embedder, entries: list[Entry]
) -> None:
    building.build(entries[:4], tmp_path, embedder)
    retriever = Retriever(index.open_current(tmp_path), embedder, tmp_path)
    building.build(entries, tmp_path, embedder)
    folder = index.current_folder(tmp_path)
    assert folder is not None
    shutil.copytree(folder, tmp_path / "kept")
    manifest = retriever.index.manifest
    (folder / "manifest.json").write_text(json.dumps(asdict(replace(manifest, model="another:model"))))
    with pytest.raises(IndexError_):
        retriever.refresh()
    (folder / "vectors.faiss").write_bytes(b"cut short")
    with pytest.raises(IndexError_, match="kb build"):
        retriever.refresh()
    assert retriever.index.manifest.entries == 4
    assert retriever.search(["小麦条锈病怎么防治"]).hits[0].id == "farm-rust"
    shutil.rmtree(folder)
    (tmp_path / "kept").rename(folder)
    assert retriever.refresh() is True
    assert retriever.index.manifest.entries == len(entries)
