"""What the speaking worker does with one job: synthesise the sentences, join them, encode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voice.config import VoiceConfig
from voice.encode import to_ogg_opus
from voice.errors import Code, VoiceError
from voice.synthesis.base import Synthesiser
from voice.synthesis.espeak import EspeakSynthesiser
from voice.synthesis.kokoro import KokoroSynthesiser

_OPUS_RATES = (8000, 12000, 16000, 24000, 48000)
_PAUSE_S = 0.15


@dataclass(frozen=True)
class SpeakJob:
    """Sentences of speakable text, said one after the other into one file."""

    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Spoken:
    """An OGG/Opus file and the engine that made it."""

    audio: bytes
    engine: str


class Speaking:
    """A synthesiser in one process: the embedded voice, or espeak-ng where that is not prepared."""

    def __init__(self, config: VoiceConfig) -> None:
        self._synthesiser: Synthesiser = KokoroSynthesiser(config.speaking_dir, config.voice_name, config.speak_threads)
        try:
            self._synthesiser.load()
        except VoiceError as missing:
            self._synthesiser = EspeakSynthesiser()
            try:
                self._synthesiser.load()
            except VoiceError:
                raise missing from None

    def __call__(self, job: SpeakJob) -> Spoken:
        """Speak. Raises VoiceError ``nothing_to_say`` or ``synthesis_failed``."""
        pieces = []
        rate = 0
        for sentence in job.sentences:
            speech = self._synthesiser.say(sentence)
            rate = speech.sample_rate
            pieces += [speech.samples, np.zeros(int(_PAUSE_S * rate), np.float32)]
        if not pieces:
            raise VoiceError(Code.NOTHING_TO_SAY)
        samples = np.concatenate(pieces)
        if rate not in _OPUS_RATES:  # espeak-ng speaks at 22,050 Hz
            samples, rate = _resampled(samples, rate, 24000), 24000
        return Spoken(to_ogg_opus(samples, rate), self._synthesiser.name)


def _resampled(samples: npt.NDArray[np.float32], rate: int, wanted: int) -> npt.NDArray[np.float32]:
    times = np.arange(int(samples.size * wanted / rate)) * (rate / wanted)
    resampled: npt.NDArray[np.float32] = np.interp(times, np.arange(samples.size), samples).astype(np.float32)
    return resampled
