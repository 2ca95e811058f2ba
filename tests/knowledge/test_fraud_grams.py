"""Character n-grams of the fraud check: weights as written down, nothing for what was never seen."""

from __future__ import annotations

import numpy as np
import pytest

from knowledge.fraud_grams import CharGrams

pytestmark = pytest.mark.unit
TEXTS = ("转账到安全账户", "转账给儿子", "今天下雨")


def test_only_n_grams_of_two_texts_count() -> None:
    assert CharGrams.of(TEXTS).grams.tolist() == ["账", "转", "转账"]


def test_rows_are_of_unit_length_and_weigh_counts() -> None:
    grams = CharGrams.of(TEXTS)
    rows = grams(["转账", "账账"])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(rows[0], np.full(3, 3**-0.5), rtol=1e-6)  # all as common
    np.testing.assert_allclose(rows[1], [1.0, 0.0, 0.0], rtol=1e-6)


def test_what_was_never_seen_is_nothing() -> None:
    assert not CharGrams.of(TEXTS)(["abc"]).any()
