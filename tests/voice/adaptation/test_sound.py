"""Roughening does what it says: a telephone's band, noise as loud as meant, features as the product makes them."""

from __future__ import annotations

import numpy as np
import pytest
from faster_whisper.feature_extractor import FeatureExtractor

from voice.adaptation import sound

pytestmark = pytest.mark.unit
RATE = sound.RATE


def _tone(hertz: float) -> sound.Sound:
    return (0.3 * np.sin(2 * np.pi * hertz * np.arange(RATE) / RATE)).astype(np.float32)


def _power(samples: sound.Sound) -> float:
    return float(np.mean(samples[RATE // 4 : -RATE // 4] ** 2))


def test_a_telephone_passes_its_band_only() -> None:
    assert _power(sound.by_telephone(_tone(1000))) > 0.8 * _power(_tone(1000))
    assert _power(sound.by_telephone(_tone(100))) < 0.05 * _power(_tone(100))
    assert _power(sound.by_telephone(_tone(5500))) < 0.01 * _power(_tone(5500))


def test_noise_stays_between_5_and_30_db_below() -> None:
    clean = _tone(440)
    for seed in range(30):
        noisy = sound.in_noise(clean, np.random.default_rng(seed), _tone(300))
        below = 10 * np.log10(np.mean(clean**2) / np.mean((noisy - clean) ** 2))
        assert 4.9 < below < 30.1


def test_a_room_adds_a_tail_after_the_sound() -> None:
    click = np.zeros(RATE, np.float32)
    click[100] = 0.9
    heard = sound.in_room(click, np.random.default_rng(1))
    assert heard[100] == pytest.approx(0.9, rel=1e-3)
    assert np.abs(heard[101:2000]).max() > 0.001
    assert np.abs(heard[:100]).max() < 1e-4


def test_roughening_is_the_same_from_the_same_seed_and_never_clips_over() -> None:
    loud = np.clip(_tone(440) * 5, -1, 1)
    for seed in range(20):
        once, again = (sound.roughened(loud, np.random.default_rng(seed), loud) for _ in range(2))
        np.testing.assert_array_equal(once, again)
        assert once.dtype == np.float32
        assert np.abs(once).max() <= 1


def test_features_fit_the_window_and_masks_take_little_away() -> None:
    features = sound.features(FeatureExtractor(), np.tile(_tone(440), 40))
    assert features.shape == (80, sound.FRAMES)
    masked = sound.masked(features, np.random.default_rng(3))
    assert masked.shape == features.shape
    assert float(np.mean(masked != features)) < 0.2
