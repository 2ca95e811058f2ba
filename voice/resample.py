"""The same sound at another rate, by FFmpeg's polyphase filter: nothing above half the new rate comes through."""

from __future__ import annotations

import av
import numpy as np
import numpy.typing as npt

Sound = npt.NDArray[np.float32]


def resampled(samples: Sound, rate: int, wanted: int) -> Sound:
    """Mono ``samples``, shape (n,), at ``wanted`` Hz instead of ``rate``."""
    if rate == wanted or not samples.size:
        return samples
    resampler = av.AudioResampler(format="flt", layout="mono", rate=wanted)
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32)[None, :], format="flt", layout="mono")
    frame.sample_rate, frame.pts = rate, 0
    pieces = [piece.to_ndarray()[0] for piece in (*resampler.resample(frame), *resampler.resample(None))]
    whole: Sound = np.concatenate(pieces) if pieces else np.zeros(0, np.float32)
    return whole
