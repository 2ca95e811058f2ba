"""What a hearing worker does with decoded samples: find speech, recognise it, doubt what is hardly speech,
and repair what was misheard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from voice.activity import SpeechDetector, beyond_doubt, find_speech
from voice.decode import SAMPLE_RATE, Samples
from voice.engines import Engine
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, Recogniser
from voice.recognisers.windows import joined, windowed
from voice.repair.repairer import Repairer


@dataclass(frozen=True)
class HearJob:
    """Decoded samples to be heard."""

    samples: Samples
    hints: Hints


@dataclass(frozen=True)
class HearingConfig:
    """A recogniser to load, how many threads it may use, and the repair's language model (None: no repair)."""

    engine: Engine
    threads: int
    repair_model: Path | None = None


@dataclass(frozen=True)
class Heard:
    """What was heard, as it was probably said. ``seconds`` is the recording's length."""

    hypotheses: tuple[Hypothesis, ...]
    raw: str
    """The recogniser's first hypothesis before any repair."""
    engine: str
    seconds: float


def make_recogniser(engine: Engine, threads: int) -> Recogniser:
    """The recogniser that the settings name, not loaded yet."""
    if engine.name == "vosk":
        from voice.recognisers.vosk import VoskRecogniser

        return VoskRecogniser(engine.directory)
    if engine.name == "sherpa":
        from voice.recognisers.sherpa import SherpaRecogniser

        return SherpaRecogniser(engine.directory, engine.kind, threads)
    from voice.recognisers.whisper import WhisperRecogniser

    return WhisperRecogniser(engine.directory, threads)


class Hearing:
    """Speech detector and recogniser in one process."""

    def __init__(self, config: HearingConfig) -> None:
        self._detector = SpeechDetector()
        self._recogniser = make_recogniser(config.engine, config.threads)
        self._recogniser.load()
        self._repairer = Repairer.open(config.repair_model) if config.repair_model else None

    def __call__(self, job: HearJob) -> Heard:
        """Hear one recording.

        Raises:
            VoiceError: ``heard_nothing`` if nobody speaks.
        """
        spans = find_speech(self._detector, job.samples)
        if not (self._recogniser.tells_silence or beyond_doubt(spans)):
            raise VoiceError(Code.HEARD_NOTHING, detail="something like speech, too doubtful for this recogniser")
        windows = [self._recogniser.transcribe(window, job.hints) for window in windowed(job.samples, spans)]
        hypotheses = tuple(joined([window for window in windows if window]))
        if not hypotheses:
            raise VoiceError(Code.HEARD_NOTHING, detail="no words in the recording")
        raw = hypotheses[0].text
        if self._repairer is not None:
            hypotheses = tuple(
                self._repairer.repair(hypotheses, job.hints.terms, job.hints.dialect or job.hints.region)
            )
        return Heard(hypotheses, raw, self._recogniser.name, round(job.samples.size / SAMPLE_RATE, 3))
