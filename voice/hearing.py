"""What the hearing worker does with one recording: decode, find speech, recognise."""

from __future__ import annotations

from dataclasses import dataclass

from voice.activity import SpeechDetector, find_speech
from voice.config import VoiceConfig
from voice.decode import SAMPLE_RATE, Limits, decode
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, Recogniser
from voice.repair.repairer import Repairer


@dataclass(frozen=True)
class HearJob:
    """A recording to be heard."""

    data: bytes
    hints: Hints


@dataclass(frozen=True)
class Heard:
    """What was heard, as it was probably said. ``seconds`` is the recording's length."""

    hypotheses: tuple[Hypothesis, ...]
    raw: str
    """The recogniser's first hypothesis before any repair."""
    engine: str
    seconds: float


def make_recogniser(config: VoiceConfig) -> Recogniser:
    """The recogniser that the settings name, not loaded yet."""
    if config.recogniser == "vosk":
        from voice.recognisers.vosk import VoskRecogniser

        if config.recogniser_dir is None:
            raise VoiceError(Code.MODEL_MISSING, detail="recogniser vosk needs XIANGYIN_RECOGNISER_DIR")
        return VoskRecogniser(config.recogniser_dir)
    from voice.recognisers.whisper import WhisperRecogniser

    return WhisperRecogniser(config.hearing_dir, config.hear_threads)


class Hearing:
    """Decoder, speech detector and recogniser in one process."""

    def __init__(self, config: VoiceConfig) -> None:
        self._limits = Limits(config.max_audio_bytes, config.max_audio_seconds, config.decode_timeout_s)
        self._detector = SpeechDetector()
        self._recogniser = make_recogniser(config)
        self._recogniser.load()
        self._repairer = Repairer.open(config.repair_model) if config.repair else None

    def __call__(self, job: HearJob) -> Heard:
        """Hear one recording.

        Raises:
            VoiceError: see :func:`voice.decode.decode`; ``heard_nothing`` if nobody speaks.
        """
        samples = decode(job.data, self._limits, job.hints.media_type)
        spans = find_speech(self._detector, samples)
        hypotheses = tuple(self._recogniser.transcribe(samples, spans, job.hints))
        if not hypotheses:
            raise VoiceError(Code.HEARD_NOTHING, detail="no words in the recording")
        raw = hypotheses[0].text
        if self._repairer is not None:
            hypotheses = tuple(self._repairer.repair(hypotheses, job.hints.terms, job.hints.region))
        return Heard(hypotheses, raw, self._recogniser.name, round(samples.size / SAMPLE_RATE, 3))
