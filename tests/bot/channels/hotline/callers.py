"""Recorded callers as a telephone sends them: 8 or 16 kHz, 20 ms a frame, some silence around."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.shared_material import shared
from voice.decode import SAMPLE_RATE, Limits, decode
from voice.resample import resampled
from voice.samples import Samples

LEAD_S, TAIL_S = 1.0, 2.0


def recordings(every: int = 1) -> list[Path]:
    """The callers of the development set, or a part of them; skips the test when they are not here."""
    return sorted(shared("speech/dev").glob("*.ogg"))[::every]


def telephone(path: Path, rate: int) -> Samples:
    """A recording at the telephone's rate, in [-1, 1], without the silence around."""
    return resampled(decode(path.read_bytes(), Limits(10**7, 60, 60)), SAMPLE_RATE, rate)


def as_pcm(sound: Samples) -> bytes:
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()


def frames(sound: Samples, rate: int) -> Iterator[tuple[float, bytes]]:
    """Frames of 20 ms with the second at which each has been said, silence before and behind included."""
    around = [np.zeros(int(seconds * rate), np.float32) for seconds in (LEAD_S, TAIL_S)]
    pcm = as_pcm(np.concatenate([around[0], sound, around[1]]))
    size = rate // 50 * 2
    for index in range(len(pcm) // size):
        yield (index + 1) / 50, pcm[index * size : (index + 1) * size]


def sounds_at(sound: Samples, rate: int) -> tuple[float, float]:
    """Where the recording begins and ends to sound, in seconds: 20 ms at a twentieth of its loudest and more."""
    size = rate // 50
    loud = np.sqrt(np.square(sound[: sound.size // size * size].reshape(-1, size)).mean(axis=1))
    sounding = np.flatnonzero(loud > max(0.003, loud.max() / 20))
    return float(sounding[0]) / 50, float(sounding[-1] + 1) / 50
