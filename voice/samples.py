"""What a signal is everywhere behind the decoder. Apart from it, so that who needs no FFmpeg does not load it."""

from __future__ import annotations

import io
import wave

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz of every decoded signal."""

Samples = npt.NDArray[np.float32]
"""Mono samples in [-1, 1], shape (n,), at :data:`SAMPLE_RATE`."""


def wav(pcm: bytes, rate: int) -> bytes:
    """A WAV file of 16 bit mono ``pcm`` at ``rate`` Hz."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", "NONE"))
        out.writeframes(pcm)
    return buffer.getvalue()
