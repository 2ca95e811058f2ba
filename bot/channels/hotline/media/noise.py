"""Comfort noise: what a line sounds like while nobody speaks. Dead silence makes callers ask whether it was cut."""

from __future__ import annotations

import numpy as np

LEVEL_DBFS = -62.0
"""About what remains of a quiet room at the far end; well below speech (-20 to -35)."""
_SECONDS = 2


def _made(rate: int) -> bytes:
    random = np.random.default_rng(rate)
    # Falling by 3 dB an octave, as rooms do; white noise hisses.
    spectrum = np.fft.rfft(random.normal(size=rate * _SECONDS))
    frequencies = np.fft.rfftfreq(rate * _SECONDS, 1 / rate)
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequencies, 100.0)))
    pink *= 32768 * 10 ** (LEVEL_DBFS / 20) / np.sqrt(np.mean(pink**2))
    return pink.astype("<i2").tobytes()


class Noise:
    """Endless noise for one line; the sound itself is shared."""

    _sounds: dict[int, bytes] = {}  # noqa: RUF012 - filled once for each rate

    def __init__(self, rate: int) -> None:
        if rate not in self._sounds:
            self._sounds[rate] = _made(rate)
        self._sound, self._at = self._sounds[rate], 0

    def take(self, size: int) -> bytes:
        """The next ``size`` bytes of PCM, at most two seconds."""
        piece = self._sound[self._at : self._at + size]
        self._at += size
        if len(piece) < size:
            self._at = size - len(piece)
            piece += self._sound[: self._at]
        return piece
