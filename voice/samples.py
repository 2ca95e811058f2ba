"""What a signal is everywhere behind the decoder. Apart from it, so that who needs no FFmpeg does not load it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SAMPLE_RATE = 16_000
"""Hz of every decoded signal."""

Samples = npt.NDArray[np.float32]
"""Mono samples in [-1, 1], shape (n,), at :data:`SAMPLE_RATE`."""
