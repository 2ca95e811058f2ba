"""Silence around a spoken sentence: a voice model puts some before and much behind it, and callers wait through it."""

from __future__ import annotations

import numpy as np

QUIET_DB = -46.0
"""Below the loudest sample: breath and the model's own noise; the soft begin of 十 or 手 is louder."""
BEFORE_S, BEHIND_S = 0.03, 0.2
"""What stays: so much that a soft begin is whole, and as much behind as lies between two sentences of a reader."""


def trimmed(pcm: bytes, rate: int) -> bytes:
    """A sentence (16 bit, mono) without the silence around it; as it is when there is nothing loud in it."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], "<i2")
    levels = np.abs(samples.astype(np.int32))
    if samples.size == 0 or not levels.max():
        return pcm
    loud = np.flatnonzero(levels > levels.max() * 10 ** (QUIET_DB / 20))
    first = max(0, int(loud[0]) - int(BEFORE_S * rate))
    last = int(loud[-1]) + 1 + int(BEHIND_S * rate)
    return samples[first:last].tobytes()
