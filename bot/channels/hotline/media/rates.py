"""A caller's sound at the line's rate, piece by piece, where the telephone system sends another one."""

from __future__ import annotations

from typing import Any

import numpy as np


class Converter:
    """From ``given`` to ``wanted`` samples a second; the same instance for all pieces of one stream."""

    def __init__(self, given: int, wanted: int) -> None:
        self.given, self.wanted = given, wanted
        self._resampler: Any = None
        if given != wanted:
            # Only the unusual rates need FFmpeg, which takes 17 MB.
            import av

            self._frame = av.AudioFrame.from_ndarray
            self._resampler = av.AudioResampler(format="s16", layout="mono", rate=wanted)

    def __call__(self, pcm: bytes) -> bytes:
        """16-bit PCM at the new rate; a few milliseconds stay behind until the next piece."""
        if self._resampler is None:
            return pcm
        frame = self._frame(np.frombuffer(pcm, "<i2")[None, :], format="s16", layout="mono")
        frame.sample_rate = self.given
        pieces = [piece.to_ndarray().reshape(-1) for piece in self._resampler.resample(frame)]
        return b"".join(piece.astype("<i2").tobytes() for piece in pieces)
