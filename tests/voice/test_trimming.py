"""Callers do not wait through a voice model's silence, and lose nothing of its words."""

from __future__ import annotations

import numpy as np
import pytest

from voice.synthesis.trimming import BEFORE_S, BEHIND_S, trimmed

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("rate", [8000, 16000])
def test_silence_goes_and_the_words_stay(rate: int) -> None:
    words = (8000 * np.sin(np.arange(rate) / 5)).astype("<i2")
    soft = (words[: rate // 10] / 100).astype("<i2")  # 40 dB down: the begin of a 手
    noise = np.random.default_rng(3).integers(-8, 9, rate).astype("<i2")
    sentence = np.concatenate([noise[: int(0.4 * rate)], soft, words, noise[: int(0.9 * rate)]])
    kept = trimmed(sentence.tobytes(), rate)
    assert (soft.tobytes() + words.tobytes()) in kept
    spared = (len(sentence) * 2 - len(kept)) / 2 / rate
    assert spared == pytest.approx(0.4 - BEFORE_S + 0.9 - BEHIND_S, abs=0.01)


@pytest.mark.parametrize("pcm", [b"", b"\0", bytes(3200)])
def test_nothing_to_trim(pcm: bytes) -> None:
    assert trimmed(pcm, 8000) == pcm
