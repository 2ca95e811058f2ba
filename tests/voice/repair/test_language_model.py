from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.repair.language_model import EDGE, LanguageModel, stretches

pytestmark = pytest.mark.unit
TEXTS = [("玉米怎么打药", 1.0), ("玉米怎么追肥", 2.0), ("小麦打药。天气好", 1.0)]


def chance(model: LanguageModel, before: int, last: int, after: str) -> float:
    found = model.log_probability(np.array([before]), np.array([last]), np.array([ord(after)]))
    return math.exp(float(found[0]))


def test_what_often_follows_is_likelier() -> None:
    model = LanguageModel.train(TEXTS)
    assert chance(model, ord("怎"), ord("么"), "追") > chance(model, ord("怎"), ord("么"), "打")
    assert chance(model, EDGE, EDGE, "玉") > chance(model, EDGE, EDGE, "小") > chance(model, EDGE, EDGE, "龘")


def test_probabilities_after_a_context_sum_to_at_most_one() -> None:
    model = LanguageModel.train(TEXTS)
    everything = model.tables[0].codes
    total = np.exp(model.log_probability(np.array(ord("怎")), np.array(ord("么")), everything)).sum()
    assert 0.9 < total <= 1.0


def test_saved_and_loaded_it_says_the_same(tmp_path: Path) -> None:
    model = LanguageModel.train(TEXTS)
    path = tmp_path / "model.npz"
    path.write_bytes(model.save())
    again = LanguageModel.load(path)
    codes = np.array([ord(c) for c in "玉米怎么打药追肥"])
    assert np.allclose(
        model.log_probability(codes, codes, codes), again.log_probability(codes, codes, codes), atol=1e-5
    )


@given(st.text())
def test_stretches_hold_chinese_alone(text: str) -> None:
    assert all("一" <= char <= "鿿" for stretch in stretches(text) for char in stretch)
