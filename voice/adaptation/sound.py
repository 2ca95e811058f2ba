"""What a clip goes through before it is heard: loudness, room, noise, telephone; and its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, fftconvolve, lfilter, resample_poly, sosfilt

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor

Sound = npt.NDArray[np.float32]
RATE = 16_000
FRAMES = 3000
"""Of Whisper's window, 30 s."""
_TELEPHONE, _ROOM, _NOISE = 0.3, 0.25, 0.5


def roughened(samples: Sound, rng: np.random.Generator, others: Sound | None = None) -> Sound:
    """A clip as it may arrive: each of the faults with its own chance.

    Args:
        samples: 16 kHz mono.
        others: speech of other people, for a babble behind the speaker.
    """
    out = samples * np.float32(10 ** (rng.uniform(-15, 3) / 20))
    if rng.random() < _ROOM:
        out = in_room(out, rng)
    if rng.random() < _NOISE:
        out = in_noise(out, rng, others)
    if rng.random() < _TELEPHONE:
        out = by_telephone(out)
    return np.asarray(np.clip(out, -1, 1), np.float32)


def in_room(samples: Sound, rng: np.random.Generator) -> Sound:
    """With an exponentially decaying tail: reverberation of 0.15-0.6 s, the direct sound 6-14 dB above it."""
    seconds = rng.uniform(0.15, 0.6)
    tail = rng.standard_normal(int(seconds * RATE)) * np.exp(-6.9 * np.arange(int(seconds * RATE)) / (seconds * RATE))
    tail *= 10 ** (-rng.uniform(6, 14) / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1.0
    return np.asarray(fftconvolve(samples, tail)[: samples.size], np.float32)


def in_noise(samples: Sound, rng: np.random.Generator, others: Sound | None = None) -> Sound:
    """With hiss, rumble or other people's talk, 5-30 dB below."""
    kind = rng.integers(3)
    noise = rng.standard_normal(samples.size)
    if kind == 1:
        noise = np.asarray(lfilter([1.0], [1.0, -0.95], noise))
    elif kind == 2 and others is not None and others.size:
        noise = np.asarray(np.resize(others, samples.size) + np.resize(others[::-1], samples.size), np.float64)
    wanted = np.sqrt(np.mean(samples**2)) * 10 ** (-rng.uniform(5, 30) / 20)
    return np.asarray(samples + noise * wanted / (np.sqrt(np.mean(noise**2)) + 1e-9), np.float32)


def by_telephone(samples: Sound) -> Sound:
    """300-3400 Hz, 8 kHz, mu-law (ITU-T G.711)."""
    narrow = sosfilt(butter(3, [300, 3400], "bandpass", fs=RATE, output="sos"), samples)
    narrow = np.clip(resample_poly(narrow, 1, 2), -1, 1)
    coded = np.round(127 * np.sign(narrow) * np.log1p(255 * np.abs(narrow)) / np.log(256)) / 127
    back = np.sign(coded) * (256 ** np.abs(coded) - 1) / 255
    return np.asarray(resample_poly(back, 2, 1)[: samples.size], np.float32)


def masked(features: Sound, rng: np.random.Generator) -> Sound:
    """With a few bands and moments taken out (Park et al. 2019), so that nothing small is relied on."""
    out = features.copy()
    mean = float(out.mean())
    if rng.random() < 0.5:
        low = int(rng.integers(0, 70))
        out[low : low + int(rng.integers(1, 10))] = mean
    if rng.random() < 0.5:
        start = int(rng.integers(0, max(1, out.shape[1] - 30)))
        out[:, start : start + int(rng.integers(1, 30))] = mean
    return out


def features(extractor: FeatureExtractor, samples: Sound) -> Sound:
    """Log-mel features, shape (80, frames), exactly as the product's recogniser makes them."""
    return cast(Sound, extractor(samples)[:, :FRAMES].astype(np.float32))
