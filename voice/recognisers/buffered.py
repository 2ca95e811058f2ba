"""A stream for engines that recognise whole utterances only: it keeps the samples and recognises at the end."""

from __future__ import annotations

import numpy as np

from voice.decode import SAMPLE_RATE, Samples
from voice.recognisers.base import MAX_SECONDS, Hints, Hypothesis, Recogniser
from voice.resample import resampled


class BufferedStream:
    """See :class:`voice.recognisers.base.RecognitionStream`; what goes beyond 28 s is not heard."""

    def __init__(self, recogniser: Recogniser, hints: Hints, sample_rate: int) -> None:
        self._recogniser, self._hints, self._rate = recogniser, hints, sample_rate
        self._pieces: list[Samples] = []
        self._room = MAX_SECONDS * sample_rate

    def feed(self, samples: Samples) -> str:
        """Keep the samples; nothing is understood before the end."""
        taken = samples[: self._room]
        self._pieces.append(np.array(taken, np.float32))
        self._room -= taken.size
        return ""

    def finish(self) -> list[Hypothesis]:
        """Recognise what was kept."""
        whole = np.concatenate([*self._pieces, np.zeros(0, np.float32)])
        return self._recogniser.transcribe(resampled(whole, self._rate, SAMPLE_RATE), self._hints) if whole.size else []
