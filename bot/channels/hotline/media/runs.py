"""Frames of speech in a row: whether they are enough to begin a turn, and to stop our own voice.

That is stricter: a cough, a click or a short "嗯" must not stop it, and the decision falls within 300 ms.
"""

from __future__ import annotations

from typing import NamedTuple

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
_FALL_DB, _ECHO_S, _NOTHING_DB = 20.0, 0.5, -200.0
"""So far below its loudest frame a run has died away. The network may believe in speech a little longer: what follows
within this time must be as loud too."""
_DIP_FRAMES = 3
"""A candidate survives a gap of this length: stops like 不 and 大 have one."""


class _Levels(NamedTuple):
    """Energy of a frame from 1200 Hz, from 800 Hz and from 100 Hz on, up to the telephone's limit, in dB."""

    bright: float
    open: float
    whole: float


class Run:
    """Frames of speech in a row, small gaps included. ``before``: the run that ended last."""

    def __init__(self, before: Run | None = None) -> None:
        self.began = self.last = 0.0
        self._echo_until, self._echo = (before.last + _ECHO_S, before.loudest) if before else (0.0, _NOTHING_DB)
        self.voiced_s = 0.0
        self._sure = self._dip = 0
        self._shapes: list[_Levels] = []

    @property
    def loudest(self) -> float:
        """Energy of the loudest frame, in dB."""
        return max((one.whole for one in self._shapes), default=_NOTHING_DB)

    def add(self, ends: float, probability: float, frame: npt.NDArray[np.float32] | None = None) -> bool:
        """One more frame, unless the sound has died away; ``frame`` is given where it matters what it sounds like."""
        if frame is not None:
            levels = _levels(frame)
            loudest = max(self.loudest, self._echo if ends < self._echo_until else _NOTHING_DB)
            if levels.whole < loudest - _FALL_DB:
                return False  # the network goes on for some frames
            self._shapes.append(levels)
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
        # The room before a hum is bright too, but faint.
        sounds = [one for one in self._shapes if one.whole >= self.loudest - _FALL_DB]
        bright = any(one.bright - one.whole >= _BRIGHT_DB for one in sounds) and self._lasts(INTERRUPTS_S)
        opened = sum(one.open - one.whole >= _OPEN_DB for one in sounds) >= _OPEN_FRAMES and self._lasts(_OPEN_S)
        return bright or opened or self._lasts(_LASTING_S)

    def _lasts(self, seconds: float) -> bool:
        return self.voiced_s >= seconds - 1e-6


_WINDOW = np.hanning(FRAME).astype(np.float32)
_FREQUENCIES = np.fft.rfftfreq(FRAME, 1 / SAMPLE_RATE)
_BANDS = [(low <= _FREQUENCIES) & (_FREQUENCIES < 3800) for low in (1200, 800, 100)]


def _levels(frame: npt.NDArray[np.float32]) -> _Levels:
    spectrum = np.abs(np.fft.rfft(frame * _WINDOW)) ** 2
    return _Levels(*(10 * float(np.log10(spectrum[band].sum() + 1e-9)) for band in _BANDS))
