"""Vosk: an operator's own Kaldi model. The directory is tried in a process of its own before it is loaded here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from voice.activity import Span
from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, tidy

_ALTERNATIVES = 5
_CHECK_TIMEOUT_S = 120

# Some broken directories load and end the process only when a recogniser is made or fed.
_CHECK = """
import sys, vosk
vosk.SetLogLevel(-1)
model = vosk.Model(model_path=sys.argv[1])
recogniser = vosk.KaldiRecognizer(model, 16000)
recogniser.AcceptWaveform(bytes(32000))
recogniser.FinalResult()
model.vosk_model_find_word("a")
"""


def validate(directory: Path) -> None:
    """Try a model directory in a subprocess.

    Raises:
        VoiceError: ``model_missing`` if it cannot be used.
    """
    if not directory.is_dir():
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} is not a directory")
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHECK, str(directory)], capture_output=True, timeout=_CHECK_TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory}: does not load in {_CHECK_TIMEOUT_S} s") from None
    if done.returncode:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} is not a usable Vosk model (exit {done.returncode})")


class VoskRecogniser:
    """See :class:`voice.recognisers.base.Recogniser`.

    Args:
        directory: a Vosk model.
    """

    name = "vosk"

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._model: Any = None

    def load(self) -> None:
        """Validate and load the model. Raises VoiceError ``model_missing``."""
        validate(self._directory)
        import vosk

        vosk.SetLogLevel(-1)
        self._model = vosk.Model(model_path=str(self._directory))

    def transcribe(self, samples: Samples, spans: list[Span], hints: Hints) -> list[Hypothesis]:  # noqa: ARG002
        """See :meth:`voice.recognisers.base.Recogniser.transcribe`.

        Vosk's scores are not probabilities: confidence is the softmax over its alternatives, so it says how clearly the
        first one wins, not how well it fits.
        """
        if self._model is None:
            self.load()
        import vosk

        recogniser = vosk.KaldiRecognizer(self._model, SAMPLE_RATE)
        recogniser.SetMaxAlternatives(_ALTERNATIVES)
        speech = np.concatenate([samples[span.start : span.end] for span in spans])
        pcm = (np.clip(speech, -1, 1) * 32767).astype("<i2").tobytes()
        results = []
        for start in range(0, len(pcm), SAMPLE_RATE):
            if recogniser.AcceptWaveform(pcm[start : start + SAMPLE_RATE]):
                results.append(recogniser.Result())
        results.append(recogniser.FinalResult())
        return _ranked([json.loads(result).get("alternatives", []) for result in results])


def _ranked(parts: list[list[dict[str, Any]]]) -> list[Hypothesis]:
    """Alternatives of the whole from those of its parts: the n-th of each part, the last one where it has fewer."""
    parts = [part for part in parts if part and part[0]["text"].strip()]
    found: dict[str, float] = {}
    for rank in range(max((len(part) for part in parts), default=0)):
        chosen = [part[min(rank, len(part) - 1)] for part in parts]
        text = tidy(" ".join(item["text"] for item in chosen))
        found.setdefault(text, sum(float(item["confidence"]) for item in chosen))
    if not found:
        return []
    weights = np.exp(np.array(list(found.values())) - max(found.values()))
    shares = weights / weights.sum()
    return [Hypothesis(text, round(float(share), 4)) for text, share in zip(found, shares, strict=True) if text]
