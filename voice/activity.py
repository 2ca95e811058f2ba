"""Where somebody speaks: the silero v6 network that faster-whisper carries, fed 32 ms at a time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
import onnxruntime

from voice.errors import Code, VoiceError
from voice.samples import SAMPLE_RATE, Samples

FRAME = 512
"""Samples a decision: 32 ms."""
_CONTEXT = 64
_AT_ONCE = 32

SPEECH, SILENCE = 0.5, 0.35
"""Probability at which speech begins, and below which it ends (silero's own defaults)."""
MIN_SPEECH_S = 0.16
"""Shorter sounds are clicks; the shortest answer (好, 对) lasts longer."""
CLEAR, CLEAR_FRAMES = 0.9, 3
"""Speech beyond doubt has frames of this probability, a tenth of a second of them. Music, humming and engines that
pass for speech have none. Speech 10 dB over noise may have none either: a recogniser that tells silence is asked."""
_MAX_GAP_S = 0.4
_PAD_S = 0.2


@dataclass(frozen=True)
class Span:
    """A stretch of speech, in samples: ``samples[start:end]``; ``clear`` of its frames are beyond doubt."""

    start: int
    end: int
    clear: int = 0


def load_network() -> onnxruntime.InferenceSession:
    """The network itself, 12 MB: it keeps nothing of a stream, so any number of detectors may share one."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    # Found without importing the package, which would load a recogniser of 70 MB.
    package = find_spec("faster_whisper")
    if package is None or package.origin is None:
        raise VoiceError(Code.MODEL_MISSING, detail="faster-whisper is not installed; run `make setup`")
    path = Path(package.origin).parent / "assets" / "silero_vad_v6.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class SpeechDetector:
    """Probability of speech, frame by frame. One instance a stream; not for several threads."""

    _rested: ClassVar[tuple[Samples, Samples, Samples] | None] = None

    def __init__(self, network: onnxruntime.InferenceSession | None = None) -> None:
        self._session = network or load_network()
        self.reset()

    def reset(self) -> None:
        """Forget the stream so far."""
        self._hidden = np.zeros((1, 1, 128), np.float32)
        self._cell = np.zeros((1, 1, 128), np.float32)
        self._context = np.zeros(_CONTEXT, np.float32)
        self._rest = np.zeros(0, np.float32)

    def rest(self) -> None:
        """Be as after a second of a quiet room, where silence is not fed: from nothing, or from long ago, the network
        takes some 100 ms more to hear that speech begins."""
        rested = SpeechDetector._rested
        if rested is None:
            noise = np.random.default_rng(0).normal(0, 0.0006, FRAME * 32).astype(np.float32)
            self.reset()
            self.feed(noise)
            rested = SpeechDetector._rested = (self._hidden, self._cell, self._context)
        self._hidden, self._cell, self._context = rested

    def feed(self, samples: Samples) -> list[float]:
        """Probabilities of the frames completed by ``samples`` (any length); what is left over waits for more."""
        pending = np.concatenate([self._rest, samples])
        whole = pending.size // FRAME * FRAME
        self._rest = pending[whole:]
        frames = pending[:whole].reshape(-1, FRAME)
        pieces = [frames[start : start + _AT_ONCE] for start in range(0, len(frames), _AT_ONCE)]
        return [probability for piece in pieces for probability in self._run(piece)]

    def _run(self, frames: Samples) -> list[float]:
        """Probabilities of frames behind one another, shape (n, FRAME). Several at once cost a third less each."""
        before = np.concatenate([self._context[None, :], frames[:-1, -_CONTEXT:]])
        self._context = frames[-1, -_CONTEXT:]
        output, self._hidden, self._cell = self._session.run(
            None, {"input": np.concatenate([before, frames], axis=1), "h": self._hidden, "c": self._cell}
        )
        return [float(probability) for probability in np.ravel(output)]


def find_speech(detector: SpeechDetector, samples: Samples) -> list[Span]:
    """Stretches of speech in a whole recording, padded, never overlapping.

    Raises:
        VoiceError: ``heard_nothing`` for silence, noise and clicks.
    """
    detector.reset()
    padding = np.zeros(-samples.size % FRAME, np.float32)
    probabilities = detector.feed(np.concatenate([samples, padding]))
    spans: list[Span] = []
    start: int | None = None
    for index, probability in enumerate(probabilities):
        if start is None and probability >= SPEECH:
            start = index * FRAME
        elif start is not None and probability < SILENCE:
            spans.append(Span(start, index * FRAME, _clear(probabilities[start // FRAME : index])))
            start = None
    if start is not None:
        spans.append(Span(start, samples.size, _clear(probabilities[start // FRAME :])))
    joined = _joined(spans, samples.size)
    if not joined:
        raise VoiceError(Code.HEARD_NOTHING, detail="no speech in the recording")
    return joined


def beyond_doubt(spans: list[Span]) -> bool:
    """Whether the recording holds speech for certain, see :data:`CLEAR`."""
    return sum(span.clear for span in spans) >= CLEAR_FRAMES


def _clear(probabilities: list[float]) -> int:
    return sum(probability >= CLEAR for probability in probabilities)


def _joined(spans: list[Span], size: int) -> list[Span]:
    merged: list[Span] = []
    for span in spans:
        if merged and span.start - merged[-1].end <= _MAX_GAP_S * SAMPLE_RATE:
            merged[-1] = Span(merged[-1].start, span.end, merged[-1].clear + span.clear)
        else:
            merged.append(span)
    pad = int(_PAD_S * SAMPLE_RATE)  # half the gap, so that padded neighbours cannot overlap
    return [
        Span(max(0, span.start - pad), min(size, span.end + pad), span.clear)
        for span in merged
        if span.end - span.start >= MIN_SPEECH_S * SAMPLE_RATE
    ]
