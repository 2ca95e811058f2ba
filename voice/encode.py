"""Speech to OGG/Opus, what chats play, and to bare PCM, what telephones carry."""

from __future__ import annotations

import io

import av
import numpy as np
import numpy.typing as npt

from voice.resample import resampled

_BIT_RATE = 24_000
_BLOCK_SECONDS = 1
_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)


def to_ogg_opus(samples: npt.NDArray[np.float32], sample_rate: int) -> bytes:
    """Encode mono samples in [-1, 1], shape (n,), as an OGG/Opus file.

    Args:
        sample_rate: Hz.
    """
    if sample_rate not in _OPUS_RATES:  # espeak-ng speaks at 22,050 Hz
        samples, sample_rate = resampled(samples, sample_rate, 24000), 24000
    pcm = (np.clip(samples, -1.0, 1.0) * 32767).astype(np.int16)
    target = io.BytesIO()
    with av.open(target, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=sample_rate, layout="mono", options={"application": "voip"})
        stream.bit_rate = _BIT_RATE
        step = sample_rate * _BLOCK_SECONDS
        for start in range(0, pcm.size, step):
            frame = av.AudioFrame.from_ndarray(pcm[None, start : start + step], format="s16", layout="mono")
            frame.sample_rate = sample_rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def to_pcm(samples: npt.NDArray[np.float32], sample_rate: int, wanted: int) -> bytes:
    """Mono samples in [-1, 1] as signed 16-bit little-endian PCM at ``wanted`` Hz, without any header."""
    return (np.clip(resampled(samples, sample_rate, wanted), -1.0, 1.0) * 32767).astype("<i2").tobytes()
