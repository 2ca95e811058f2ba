"""sherpa-onnx: an operator's own SenseVoice, Paraformer, Dolphin, TeleSpeech, FireRedASR, Qwen3-ASR or zipformer.

The library gives one hypothesis an utterance. Transducers and Qwen3-ASR take hot words; a transducer is asked a second
time without them where they change what is heard, so that both readings are known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from voice.check import validate
from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hints, Hypothesis, RecognitionStream, loops, tidy
from voice.recognisers.buffered import BufferedStream
from voice.recognisers.sherpa_kinds import Layout, detect
from voice.recognisers.terms import YES_NO, expected

UNSCORED = 0.5
"""Confidence where the model tells none: neither sure nor unsure."""
_MAX_HOTWORDS = 60
_SHORTEST_S = 0.5
_TAIL_S = 0.4
"""Silence after the last sample, so that a streaming encoder gives out its last frames."""

_FACTORIES: dict[str, tuple[str, dict[str, object]]] = {
    "sense_voice": ("from_sense_voice", {"language": "auto", "use_itn": False}),
    "paraformer": ("from_paraformer", {}),
    "dolphin": ("from_dolphin_ctc", {}),
    "telespeech": ("from_telespeech_ctc", {}),
    "fire_red_asr_ctc": ("from_fire_red_asr_ctc", {}),
    "fire_red_asr": ("from_fire_red_asr", {}),
    "zipformer_ctc": ("from_zipformer_ctc", {}),
    "wenet_ctc": ("from_wenet_ctc", {}),
    "qwen3_asr": ("from_qwen3_asr", {}),
    "whisper": ("from_whisper", {"language": "zh"}),
    "transducer": ("from_transducer", {"decoding_method": "modified_beam_search"}),
    "streaming_transducer": ("from_transducer", {"decoding_method": "modified_beam_search"}),
    "streaming_zipformer_ctc": ("from_zipformer2_ctc", {}),
    "streaming_paraformer": ("from_paraformer", {}),
}


class SherpaRecogniser:
    """See :class:`voice.recognisers.base.Recogniser`.

    Args:
        directory: of the model, as its publisher packed it.
        kind: one of :data:`voice.recognisers.sherpa_kinds.KINDS`; None means found out from the files.
        threads: of the networks.
    """

    name = "sherpa"
    tells_silence = False

    def __init__(self, directory: Path, kind: str | None, threads: int) -> None:
        self._directory, self._kind, self._threads = directory, kind, threads
        self._recogniser: Any = None
        self._layout = Layout("", {})

    @property
    def kind(self) -> str:
        """Kind of the loaded model; empty before."""
        return self._layout.kind

    def load(self) -> None:
        """Validate and load the model. Raises VoiceError ``model_missing``."""
        detect(self._directory, self._kind)  # says more than a failed process does
        validate("sherpa", self._directory, self._kind)
        self.open()

    def open(self) -> None:
        """Load the model unchecked: a broken directory may end the process."""
        import sherpa_onnx

        self._layout = detect(self._directory, self._kind)
        kind = self._layout.kind
        self._streaming = kind.startswith("streaming_")
        self._hot_words = kind in {"transducer", "streaming_transducer"}
        factory, options = _FACTORIES[kind]
        options = dict(options)
        if self._hot_words and (self._directory / "bpe.vocab").is_file():
            options |= {"modeling_unit": "cjkchar+bpe", "bpe_vocab": str(self._directory / "bpe.vocab")}
        owner = sherpa_onnx.OnlineRecognizer if self._streaming else sherpa_onnx.OfflineRecognizer
        make: Callable[..., Any] = getattr(owner, factory)
        try:
            self._recogniser = make(**self._layout.files, num_threads=self._threads, **options)
            self._vocabulary = _vocabulary(self._layout.files.get("tokens"))
        except Exception as error:  # noqa: BLE001 - the library raises unrelated types
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} ({kind}): {error}") from None

    def transcribe(self, samples: Samples, hints: Hints) -> list[Hypothesis]:
        """See :meth:`voice.recognisers.base.Recogniser.transcribe`."""
        if self._recogniser is None:
            self.load()
        # A clip without a whole frame of features ends the process in some of the networks.
        samples = np.pad(samples, (0, max(0, int(_SHORTEST_S * SAMPLE_RATE) - samples.size)))
        if self._streaming:
            stream = self.stream(hints)
            stream.feed(samples)
            return stream.finish()
        hot = self._phrases(hints)
        found = [self._whole(samples, hot, hints)]
        if hot:
            found.append(self._whole(samples, "", hints))
        return list({item.text: item for item in reversed(found) if item.text and not loops(item.text)}.values())[::-1]

    def stream(self, hints: Hints, sample_rate: int = SAMPLE_RATE) -> RecognitionStream:
        """See :meth:`voice.recognisers.base.Recogniser.stream`; kinds that do not stream hear the whole at its end."""
        if self._recogniser is None:
            self.load()
        if not self._streaming:
            return BufferedStream(self, hints, sample_rate)
        return _OnlineStream(self._recogniser, self._phrases(hints), sample_rate)

    def _whole(self, samples: Samples, hot: str, hints: Hints) -> Hypothesis:
        stream = self._recogniser.create_stream(hot) if hot else self._recogniser.create_stream()
        if self._layout.kind == "qwen3_asr" and hints.terms:
            stream.set_option("hotwords", ",".join(hints.terms[:_MAX_HOTWORDS]))
        stream.accept_waveform(SAMPLE_RATE, samples)
        self._recogniser.decode_stream(stream)
        result = stream.result
        return Hypothesis(tidy(result.text), _confidence(result.ys_log_probs))

    def _phrases(self, hints: Hints) -> str:
        """Hot words the model can spell, as the library wants them: phrases separated by strokes."""
        if not self._hot_words:
            return ""
        terms = dict.fromkeys((*hints.terms, *expected(hints), *YES_NO))
        spelt = [term for term in terms if term and all(char in self._vocabulary for char in term)]
        return "/".join(spelt[:_MAX_HOTWORDS])


class _OnlineStream:
    """Real partial results of a streaming network."""

    def __init__(self, recogniser: Any, hot: str, sample_rate: int) -> None:
        self._recogniser = recogniser
        self._rate = sample_rate
        self._stream = recogniser.create_stream(hot) if hot else recogniser.create_stream()

    def feed(self, samples: Samples) -> str:
        if samples.size:
            self._stream.accept_waveform(self._rate, samples)
            self._run()
        return tidy(self._recogniser.get_result(self._stream))

    def finish(self) -> list[Hypothesis]:
        self._stream.accept_waveform(self._rate, np.zeros(int(_TAIL_S * self._rate), np.float32))
        self._stream.input_finished()
        self._run()
        text = tidy(self._recogniser.get_result(self._stream))
        scores = self._recogniser.ys_probs(self._stream)
        return [Hypothesis(text, _confidence(scores))] if text and not loops(text) else []

    def _run(self) -> None:
        while self._recogniser.is_ready(self._stream):
            self._recogniser.decode_stream(self._stream)


def _confidence(log_probabilities: Any) -> float:
    """Geometric mean of the tokens' probabilities, where the model tells them."""
    scores = [float(score) for score in log_probabilities]
    return round(math.exp(min(0.0, sum(scores) / len(scores))), 4) if scores else UNSCORED


def _vocabulary(tokens: str | None) -> frozenset[str]:
    if tokens is None:
        return frozenset()
    lines = Path(tokens).read_text("utf-8").splitlines()
    return frozenset(line.split()[0].removeprefix("▁") for line in lines if line.split())
