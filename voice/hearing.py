"""What a hearing worker does with decoded samples: find speech, recognise it, doubt what is hardly speech,
and repair what was misheard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import overload

import numpy as np

from voice.activity import Span, SpeechDetector, beyond_doubt, find_speech
from voice.decode import SAMPLE_RATE, Samples
from voice.engines import Engine
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, Recogniser, RecognitionStream
from voice.recognisers.windows import joined, windowed
from voice.repair.repairer import Repairer
from voice.resample import resampled

MOST_STREAMS = 64
"""Utterances that are being said at once; the oldest is given up for one more."""


@dataclass(frozen=True)
class HearJob:
    """Samples to be heard, at ``rate`` Hz (a decoder gives 16000, a telephone 8000)."""

    samples: Samples
    hints: Hints
    rate: int = SAMPLE_RATE


@dataclass(frozen=True)
class StreamJob:
    """The next piece of an utterance that is heard while it is said. With ``ended`` it is heard to its end.

    ``offset`` is the number of samples that came before: a stream of another process is not gone on with.
    """

    key: str
    offset: int
    samples: Samples
    hints: Hints
    rate: int
    ended: bool = False


@dataclass(frozen=True)
class DropJob:
    """The utterance is not wanted any more."""

    key: str


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


class _Utterance:
    """Of a stream: what was fed so far, kept to be looked at for speech at its end."""

    def __init__(self, stream: RecognitionStream) -> None:
        self.stream = stream
        self.pieces: list[Samples] = []
        self.length = 0

    def take(self, samples: Samples) -> None:
        self.stream.feed(samples)
        self.pieces.append(samples)
        self.length += samples.size


class Hearing:
    """Speech detector and recogniser in one process."""

    def __init__(self, config: HearingConfig) -> None:
        self._detector = SpeechDetector()
        self._recogniser = make_recogniser(config.engine, config.threads)
        self._recogniser.load()
        self._repairer = Repairer.open(config.repair_model) if config.repair_model else None
        self._open: dict[str, _Utterance] = {}

    @overload
    def __call__(self, job: HearJob) -> Heard: ...

    @overload
    def __call__(self, job: HearJob | StreamJob | DropJob) -> Heard | None: ...

    def __call__(self, job: HearJob | StreamJob | DropJob) -> Heard | None:
        """Hear one recording, or a piece of what is being said (None before its end).

        Raises:
            VoiceError: ``heard_nothing`` if nobody speaks; ``worker_lost`` if the beginning of a stream is not here.
        """
        if isinstance(job, DropJob):
            self._open.pop(job.key, None)
            return None
        if isinstance(job, StreamJob):
            return self._stream(job)
        samples = resampled(job.samples, job.rate, SAMPLE_RATE)
        spans = self._spoken(samples)
        windows = [self._recogniser.transcribe(window, job.hints) for window in windowed(samples, spans)]
        return self._heard(tuple(joined([window for window in windows if window])), job.hints, samples)

    def _stream(self, job: StreamJob) -> Heard | None:
        if job.offset == 0:
            while len(self._open) >= MOST_STREAMS:  # whose owner is gone without a word
                self._open.pop(next(iter(self._open)))
            self._open[job.key] = _Utterance(self._recogniser.stream(job.hints, job.rate))
        utterance = self._open.get(job.key)
        if utterance is None or utterance.length != job.offset:
            raise VoiceError(Code.WORKER_LOST, detail="the beginning of this utterance is not here")
        utterance.take(job.samples)
        if not job.ended:
            return None
        del self._open[job.key]
        samples = resampled(np.concatenate(utterance.pieces), job.rate, SAMPLE_RATE)
        self._spoken(samples)
        return self._heard(tuple(utterance.stream.finish()), job.hints, samples)

    def _spoken(self, samples: Samples) -> list[Span]:
        spans = find_speech(self._detector, samples)
        if not (self._recogniser.tells_silence or beyond_doubt(spans)):
            raise VoiceError(Code.HEARD_NOTHING, detail="something like speech, too doubtful for this recogniser")
        return spans

    def _heard(self, hypotheses: tuple[Hypothesis, ...], hints: Hints, samples: Samples) -> Heard:
        if not hypotheses:
            raise VoiceError(Code.HEARD_NOTHING, detail="no words in the recording")
        raw = hypotheses[0].text
        if self._repairer is not None:
            hypotheses = tuple(self._repairer.repair(hypotheses, hints.terms, hints.dialect or hints.region))
        return Heard(hypotheses, raw, self._recogniser.name, round(samples.size / SAMPLE_RATE, 3))
