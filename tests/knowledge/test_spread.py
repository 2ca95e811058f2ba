"""Nearness among documents that are all alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from knowledge import building, index
from knowledge.embedding import Embedder
from knowledge.entry import Entry
from knowledge.spread import FEWEST, LOW, WIDTH, Spread

pytestmark = pytest.mark.unit
DIMENSION = 32


def _cone(count: int, seed: int) -> np.ndarray:
    """Unit vectors near one direction, spread far along two axes and little along the others."""
    dice = np.random.default_rng(seed)
    scale = np.full(DIMENSION, 0.1)
    scale[:2] = 1.0
    vectors = dice.normal(size=(count, DIMENSION)) * scale
    vectors[:, -1] += 4.0
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def test_few_vectors_tell_nothing() -> None:
    assert Spread.of(_cone(FEWEST * DIMENSION - 1, 1)) is None
    assert Spread.of(_cone(FEWEST * DIMENSION, 1)) is not None


def test_strangers_are_far_and_the_same_is_nearest() -> None:
    vectors = _cone(600, 2)
    spread = Spread.of(vectors)
    assert spread
    near = spread.nearness(vectors[:50], vectors, spread.lengths(vectors))
    plain = vectors[:50] @ vectors.T
    assert np.array_equal(near.argmax(axis=1), np.arange(50))
    assert np.median(plain) > 0.85, "in a cone strangers look alike"
    assert np.median(near) < 0.35
    assert near.min() >= 0.0


def test_nearness_is_the_cosine_on_the_evened_axes() -> None:
    vectors = _cone(200, 5)
    spread = Spread.of(vectors)
    assert spread
    turned = (vectors - spread.centre) @ spread.turn
    turned /= np.linalg.norm(turned, axis=1, keepdims=True)
    wanted = np.maximum((turned[:20] @ turned.T - LOW) / WIDTH, 0)
    np.testing.assert_allclose(spread.nearness(vectors[:20], vectors, spread.lengths(vectors)), wanted, atol=1e-5)


def test_what_lies_off_the_long_axes_counts_for_more() -> None:
    vectors = _cone(600, 3)
    spread = Spread.of(vectors)
    assert spread
    noise = np.random.default_rng(4).normal(size=(600, DIMENSION)).astype(np.float32) * 0.12
    noise[:, 2:] *= 0.15
    asked = vectors + noise  # moved mostly along the axes on which all of them differ
    asked /= np.linalg.norm(asked, axis=1, keepdims=True)
    right = np.arange(600)
    plain = float(np.mean((asked @ vectors.T).argmax(axis=1) == right))
    evened = float(np.mean(spread.nearness(asked, vectors, spread.lengths(vectors)).argmax(axis=1) == right))
    assert evened > plain + 0.05, (evened, plain)


def test_only_entries_without_wordings_are_bare(tmp_path: Path, embedder: Embedder) -> None:
    worded = Entry("a", "银行卡丢了怎么挂失", "finance", "打电话挂失。", ("卡丢了咋办",), "打电话挂失。")
    document = Entry("b", "公告", "", "本村道路施工，请绕行。", status="imported")
    building.build([worded, document], tmp_path, embedder)
    opened = index.open_current(tmp_path)
    marked = {opened.ids[place].decode(): bool(bare) for place, bare in enumerate(opened.bare)}
    assert marked == {"a": False, "b": True}
    assert opened.spread is None, "one document shows no spread"
