"""Vosk: an operator's own Kaldi model. Streaming, n-best, and grammars for what was just asked.

The directory is tried in a process of its own before it is loaded here (``check.py``).
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from voice.check import validate
from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, RecognitionStream, tidy
from voice.recognisers.terms import expected

_ALTERNATIVES = 5
_UNKNOWN = "[unk]"
_LONGEST_WORD = 8
_MORE = 2
"""Characters by which a free reading may be longer than the grammar's: a particle or two."""
_PIECE_S = 0.5


class VoskRecogniser:
    """See :class:`voice.recognisers.base.Recogniser`.

    Args:
        directory: a Vosk model.
    """

    name = "vosk"
    tells_silence = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._model: Any = None
        self._grammar = lru_cache(maxsize=256)(self._make_grammar)

    def load(self) -> None:
        """Validate and load the model. Raises VoiceError ``model_missing``."""
        validate("vosk", self._directory)
        self.open()

    def open(self) -> None:
        """Load the model unchecked: a broken directory may end the process."""
        import vosk

        vosk.SetLogLevel(-1)
        try:
            # Never by language or name: the library would go and download a model.
            self._model = vosk.Model(model_path=str(self._directory))
        except Exception as error:  # noqa: BLE001 - the library raises the base class
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory}: {error}") from None

    def knows(self, word: str) -> bool:
        """Whether the model's vocabulary has ``word``."""
        return bool(self._model.vosk_model_find_word(word) >= 0)

    def transcribe(self, samples: Samples, hints: Hints) -> list[Hypothesis]:
        """See :meth:`voice.recognisers.base.Recogniser.transcribe`.

        Vosk's scores are not probabilities: confidence is the softmax over its alternatives, so it says how clearly the
        first one wins, not how well it fits.
        """
        stream = self.stream(hints)
        step = int(_PIECE_S * SAMPLE_RATE)
        for start in range(0, samples.size, step):
            stream.feed(samples[start : start + step])
        return stream.finish()

    def stream(self, hints: Hints, sample_rate: int = SAMPLE_RATE) -> RecognitionStream:
        """See :meth:`voice.recognisers.base.Recogniser.stream`."""
        if self._model is None:
            self.load()
        import vosk

        free = vosk.KaldiRecognizer(self._model, sample_rate)
        free.SetMaxAlternatives(_ALTERNATIVES)
        bound = None
        phrases = self._grammar(expected(hints))
        if phrases:  # an empty or malformed grammar is a segmentation fault
            bound = vosk.KaldiRecognizer(self._model, sample_rate, json.dumps([*phrases, _UNKNOWN], ensure_ascii=False))
            bound.SetMaxAlternatives(_ALTERNATIVES)
        return _VoskStream(free, bound)

    def _make_grammar(self, terms: tuple[str, ...]) -> tuple[str, ...]:
        """The terms that can be put together from words of the vocabulary, words separated by blanks."""
        split = (self._split(term) for term in dict.fromkeys(terms))
        return tuple(dict.fromkeys(" ".join(words) for words in split if words))

    def _split(self, term: str) -> list[str]:
        words: list[str] = []
        for part in term.split():
            start = 0
            while start < len(part):
                ends = range(min(len(part), start + _LONGEST_WORD), start, -1)
                end = next((end for end in ends if self.knows(part[start:end])), None)
                if end is None:
                    return []
                words.append(part[start:end])
                start = end
        return words


class _VoskStream:
    """Decodes freely and, where a grammar fits, within it: what was asked for is heard better, what was not, too."""

    def __init__(self, free: Any, bound: Any | None) -> None:
        self._free = _Decoder(free)
        self._bound = _Decoder(bound) if bound is not None else None

    def feed(self, samples: Samples) -> str:
        pcm = (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
        if not pcm:
            return self._free.partial()
        self._free.feed(pcm)
        if self._bound is not None:
            self._bound.feed(pcm)
        return self._free.partial()

    def finish(self) -> list[Hypothesis]:
        free = self._free.finish()
        within = [
            item for item in (self._bound.finish() if self._bound else []) if "unk" not in item.text and item.text
        ]
        if not within:
            return free
        asked, others = within[0], [item for item in free if item.text != within[0].text]
        # Much more was said than the grammar has words for: it was no answer to the question.
        if others and len(others[0].text) > len(asked.text) + _MORE:
            return [others[0], asked, *others[1:]][:_ALTERNATIVES]
        return [asked, *others][:_ALTERNATIVES]


class _Decoder:
    def __init__(self, recogniser: Any) -> None:
        self._recogniser = recogniser
        self._done: list[list[dict[str, Any]]] = []

    def feed(self, pcm: bytes) -> None:
        if self._recogniser.AcceptWaveform(pcm):
            self._done.append(json.loads(self._recogniser.Result()).get("alternatives", []))

    def partial(self) -> str:
        said = [part[0]["text"] for part in self._done if part]
        return tidy(" ".join([*said, json.loads(self._recogniser.PartialResult()).get("partial", "")]))

    def finish(self) -> list[Hypothesis]:
        self._done.append(json.loads(self._recogniser.FinalResult()).get("alternatives", []))
        return _ranked(self._done)


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
    ranked = sorted(zip(found, shares, strict=True), key=lambda item: -item[1])
    return [Hypothesis(text, round(float(share), 4)) for text, share in ranked if text]
