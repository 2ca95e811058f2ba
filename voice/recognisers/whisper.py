"""Whisper on CTranslate2: the embedded recogniser. Beam search with hot words, n-best."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.recognisers.base import Expects, Hints, Hypothesis, RecognitionStream, loops, tidy
from voice.recognisers.buffered import BufferedStream
from voice.recognisers.terms import DEFAULT_TERMS, YES_NO

_FILES = ("model.bin", "config.json", "tokenizer.json")
_BEAM = 5
_MAX_HOTWORD_TOKENS = 220
_WINDOW_S = 30.0
"""What the encoder was trained on."""
_LIVE_WINDOW_S, _LIVE_BEHIND_S = 10.0, 3.0
"""On the line it hears at least so many seconds, and so many of silence after the sound: a third of the time. It costs
2 of 100 meanings, so recordings are heard in full: decision 23."""
_SECOND_WINDOW_S = 15.0
"""What it doubts then it hears once more in this window (what was longer, in the full one), and takes all that it heard
both times: as good as the full window, in half of its time."""
_DOUBT = 0.67
"""Less confident than this (a mean log probability of -0.4) is doubtful: measured on synthetic speech."""
_MAX_TOKENS = 200
"""New tokens a window; fast speech reaches about 170 in 28 s."""
_NO_SPEECH, _LOW_LOGPROB = 0.3, -1.0
"""Both beyond these: the model itself says that nobody spoke. Stricter than the 0.6 of Radford et al. (2022, section
4.5): clear speech stays below 0.16, music and humming taken for speech lie above 0.55; between, the score decides."""


class WhisperRecogniser:
    """See :class:`voice.recognisers.base.Recogniser`.

    Args:
        directory: a Whisper model converted for CTranslate2, with ``tokenizer.json``.
        threads: of the decoder.
    """

    name = "whisper"
    tells_silence = True

    def __init__(self, directory: Path, threads: int) -> None:
        self._directory = directory
        self._threads = threads
        self._model: Any = None

    def load(self) -> None:
        """Load the model. Raises VoiceError ``model_missing``."""
        missing = [name for name in _FILES if not (self._directory / name).is_file()]
        if missing:
            # Without its tokenizer the library would go and download one.
            raise VoiceError(
                Code.MODEL_MISSING,
                detail=f"{self._directory} lacks {', '.join(missing)}; run python -m voice.models prepare",
            )
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer
        from faster_whisper.transcribe import get_suppressed_tokens

        try:
            self._model = WhisperModel(
                str(self._directory),
                device="cpu",
                compute_type="int8",
                cpu_threads=self._threads,
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} cannot be loaded: {error}") from None
        self._tokenizer = Tokenizer(
            self._model.hf_tokenizer, self._model.model.is_multilingual, task="transcribe", language="zh"
        )
        # Numbers are said in words: without Arabic figures the decoder keeps every syllable (13800 13800 loses
        # digits, 一三八零零一三八零零零 does not).
        figures = [
            number
            for token, number in self._model.hf_tokenizer.get_vocab().items()
            if number < self._tokenizer.eot and any(char in "0123456789" for char in token)
        ]
        self._suppressed = sorted({*get_suppressed_tokens(self._tokenizer, [-1]), *figures})

    def transcribe(self, samples: Samples, hints: Hints) -> list[Hypothesis]:
        """See :meth:`voice.recognisers.base.Recogniser.transcribe`."""
        if self._model is None:
            self.load()
        features = self._model.feature_extractor(samples)
        hotwords = " ".join(dict.fromkeys(hot_words(hints)))
        seconds = features.shape[1] * self._model.feature_extractor.time_per_frame + _LIVE_BEHIND_S
        if not hints.live or seconds >= _WINDOW_S:
            return self._listen(features, hotwords, _WINDOW_S)
        found = self._listen(features, hotwords, max(_LIVE_WINDOW_S, seconds))
        if found and found[0].confidence >= _DOUBT:
            return found
        if seconds > _LIVE_WINDOW_S:
            return self._listen(features, hotwords, _WINDOW_S)
        again = self._listen(features, hotwords, _SECOND_WINDOW_S)
        return both(found, again) if again else []

    def _listen(self, features: npt.NDArray[np.float32], hotwords: str, seconds: float) -> list[Hypothesis]:
        """Hypotheses, best first, heard in a window of ``seconds``; none where nobody speaks."""
        encoded = self._model.encode(self._window(features, seconds))
        found, no_speech = self._decode(encoded, hotwords)
        if no_speech > _NO_SPEECH or not found or loops(found[0].text) or _echoes(found[0].text, hotwords):
            # Hot words now and then send the decoder astray, most of all when there is nothing to hear: they are
            # likely words then. Without them it hears what is there, and its scores can be trusted.
            found, _ = self._decode(encoded, "")
            if no_speech > _NO_SPEECH:
                found = [item for item in found if item.confidence > math.exp(_LOW_LOGPROB)]
        return [item for item in found if not loops(item.text)]

    def stream(self, hints: Hints, sample_rate: int = SAMPLE_RATE) -> RecognitionStream:
        """See :meth:`voice.recognisers.base.Recogniser.stream`; Whisper hears the whole utterance at its end."""
        return BufferedStream(self, hints, sample_rate)

    def _window(self, features: npt.NDArray[np.float32], seconds: float) -> npt.NDArray[np.float32]:
        """``features`` ``[mels, frames]`` with silence behind them up to ``seconds``, 30 s at most."""
        extractor = self._model.feature_extractor
        frames = min(extractor.nb_max_frames, round(seconds / extractor.time_per_frame))
        window = np.zeros((features.shape[0], frames), np.float32)
        heard = features[:, :frames]
        window[:, : heard.shape[1]] = heard
        return window

    def _decode(self, encoded: Any, hotwords: str) -> tuple[list[Hypothesis], float]:
        """Hypotheses, best first, and the probability that nobody speaks."""
        tokenizer = self._tokenizer
        prompt: list[int] = []
        if hotwords:
            prompt = [tokenizer.sot_prev, *tokenizer.encode(" " + hotwords)[:_MAX_HOTWORD_TOKENS]]
        prompt += [*tokenizer.sot_sequence, tokenizer.no_timestamps]
        result = self._model.model.generate(
            encoded,
            [prompt],
            beam_size=_BEAM,
            num_hypotheses=_BEAM,
            length_penalty=1,
            max_length=len(prompt) + _MAX_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_blank=True,
            suppress_tokens=self._suppressed,
        )[0]
        found: dict[str, float] = {}
        for tokens, score in zip(result.sequences_ids, result.scores, strict=True):
            # CTranslate2 divides by the length without the end token; Whisper's average counts it.
            logprob = score * len(tokens) / (len(tokens) + 1)
            text = tidy(tokenizer.decode(tokens))
            if text:
                found[text] = max(found.get(text, 0.0), math.exp(min(0.0, logprob)))
        ranked = sorted(found.items(), key=lambda item: -item[1])
        return [Hypothesis(text, round(confidence, 4)) for text, confidence in ranked], float(result.no_speech_prob)


def both(first: list[Hypothesis], second: list[Hypothesis]) -> list[Hypothesis]:
    """All of them, best first; of one heard twice the better score."""
    best: dict[str, Hypothesis] = {}
    for one in (*first, *second):
        if one.text not in best or best[one.text].confidence < one.confidence:
            best[one.text] = one
    return sorted(best.values(), key=lambda one: -one.confidence)


def hot_words(hints: Hints) -> tuple[str, ...]:
    """What was just asked for first, then what villagers come for."""
    if hints.expects is Expects.YES_NO:
        return (*hints.terms, *YES_NO, *DEFAULT_TERMS)
    return (*hints.terms, *DEFAULT_TERMS)


_RECITED = 3
"""Different hot words, with nothing between them, that nobody says in one breath."""


def _echoes(text: str, hotwords: str) -> bool:
    """Whether the text only recites the hot words, which happens when there is nothing to hear."""
    bare = re.sub(r"[\W_]+", "", text)
    words = hotwords.split()
    if len(bare) >= 6 and bare in "".join(words):
        return True
    recited = re.findall("|".join(map(re.escape, sorted(words, key=len, reverse=True))), bare) if words else []
    return len(set(recited)) >= _RECITED and sum(map(len, recited)) == len(bare)
