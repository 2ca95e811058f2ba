"""Frames of speech in a row: whether they are enough to begin a turn, and to stop our own voice.

That is stricter: a cough, a click or a short "嗯" must not stop it, and the decision falls within 300 ms.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from voice.activity import FRAME, SPEECH
from voice.samples import SAMPLE_RATE

FRAME_S = FRAME / SAMPLE_RATE
STARTS_S = 0.128
"""Speech that begins a turn while we are silent: 4 frames; a short 好 has them."""
_SURE_FRAMES = 3
"""While our voice plays, sound counts from :data:`SILENCE` on (the network is slow to believe a first syllable), but so
many frames of it must be speech."""
INTERRUPTS_S, _BRIGHT_DB = 0.128, -16.0
"""Speech that stops our voice: 4 frames, one of which has so much of its energy above 1200 Hz. Mouths are open when
words are said; a hummed "嗯" has next to nothing there, and a cough has no 3 frames of speech."""
_OPEN_S, _OPEN_FRAMES, _OPEN_DB = 0.224, 2, -18.0
"""Duller speech: 7 frames, of which 2 have so much of their energy above 800 Hz (我, 五)."""
_LASTING_S = 0.32
"""Speech that stops our voice whatever it sounds like: words may begin with a hum (问).

All chosen on the recordings of the development sets, over faint room noise: half of the callers stop us within 165 ms
of their first sound, 95 of 100 within 290 ms (standard accent), 345 ms (others)."""
_FALL_DB = 20.0
_DIP_FRAMES = 3
"""A candidate survives a gap of this length: stops like 不 and 大 have one."""


class Run:
    """Frames of speech in a row, small gaps included."""

    def __init__(self) -> None:
        self.began = self.last = 0.0
        self.voiced_s = 0.0
        self._sure = self._bright = self._open = self._dip = 0
        self._loudest = -200.0

    def add(self, ends: float, probability: float, frame: npt.NDArray[np.float32] | None = None) -> bool:
        """One more frame, unless the sound has died away; ``frame`` is given where it matters what it sounds like."""
        if frame is not None:
            bright, high, all_of_it = _levels(frame)
            self._loudest = max(self._loudest, all_of_it)
            if all_of_it < self._loudest - _FALL_DB:
                return False  # the network goes on for some frames
            self._bright += bright - all_of_it >= _BRIGHT_DB
            self._open += high - all_of_it >= _OPEN_DB
        self._sure += probability >= SPEECH
        if not self.voiced_s:
            self.began = ends - FRAME_S
        self.voiced_s += FRAME_S
        self.last = ends
        self._dip = 0
        return True

    def dips(self) -> bool:
        """A frame that is no speech; whether there were too many of them for one word."""
        self._dip += 1
        return self._dip > _DIP_FRAMES

    def starts(self) -> bool:
        """Whether it is enough to begin a turn in silence."""
        return self._sure > 0 and self._lasts(STARTS_S)

    def interrupts(self) -> bool:
        """Whether it is enough to stop our voice."""
        if self._sure < _SURE_FRAMES:
            return False
        bright = self._bright > 0 and self._lasts(INTERRUPTS_S)
        return bright or (self._open >= _OPEN_FRAMES and self._lasts(_OPEN_S)) or self._lasts(_LASTING_S)

    def _lasts(self, seconds: float) -> bool:
        return self.voiced_s >= seconds - 1e-6


_WINDOW = np.hanning(FRAME).astype(np.float32)
_FREQUENCIES = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
_BANDS = [(low <= _FREQUENCIES) & (_FREQUENCIES < 3800) for low in (1200, 800, 100)]


def _levels(frame: npt.NDArray[np.float32]) -> tuple[float, float, float]:
    """Energy from 1200 Hz, from 800 Hz and from 100 Hz on, up to the telephone's limit, in dB."""
    spectrum = np.abs(np.fft.rfft(frame * _WINDOW)) ** 2
    bright, high, spoken = (10 * float(np.log10(spectrum[band].sum() + 1e-9)) for band in _BANDS)
    return bright, high, spoken
