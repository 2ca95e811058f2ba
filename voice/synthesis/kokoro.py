"""Kokoro-82M on onnxruntime: the embedded voice. 24 kHz, Mandarin."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime

from voice.errors import Code, VoiceError
from voice.synthesis.base import Speech
from voice.synthesis.readings import READINGS, pinyin_with_tones

SAMPLE_RATE = 24_000
MAX_PHONEMES = 509
"""A call; the style table has 510 rows, one for each length from 0."""
_CHINESE = re.compile(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+")
_STOPS = str.maketrans(
    {"，": ", ", "、": ", ", "。": ". ", "！": "! ", "？": "? ", "：": ": ", "；": "; ", "（": " (", "）": ") ",
     "《": " “", "》": "” ", "【": " “", "】": "” ", "\n": ". "}
)  # fmt: skip


class Phonemes:
    """Chinese text to Kokoro's phonemes: words by jieba, readings by pypinyin and our list, sounds by misaki."""

    def __init__(self, cache_dir: Path) -> None:
        import jieba
        from misaki.zh import ZHG2P

        logging.getLogger("jieba").setLevel(logging.WARNING)
        self._words: Any = jieba.Tokenizer()
        # jieba unpickles its cache: not from a directory that everybody may write to.
        self._words.tmp_dir = str(cache_dir)
        for phrase in READINGS:
            self._words.add_word(phrase)
        self._to_ipa: Callable[[str], str] = ZHG2P.py2ipa

    def pinyin(self, text: str) -> list[str]:
        """Syllables with tone digits of the Chinese words in ``text``."""
        return [syllable for word in self.words(text) for syllable in word]

    def words(self, text: str) -> list[list[str]]:
        """Syllables with tone digits of the Chinese words in ``text``, word by word."""
        return [pinyin_with_tones(word, sandhi=False) for word in self._words.lcut(text, HMM=True)]

    def __call__(self, text: str) -> str:
        """Phonemes of one sentence; words are separated by blanks, as the model was trained."""
        pieces = []
        for piece in _CHINESE.findall(text.translate(_STOPS).strip()):
            if _CHINESE.match(piece) and piece[0] >= "\u3400":
                piece = " ".join(self._spoken(word) for word in self._words.lcut(piece, HMM=True))
            pieces.append(piece)
        return "".join(pieces).replace("\u032f", "")

    def _spoken(self, word: str) -> str:
        return "".join(self._sound(syllable) for syllable in pinyin_with_tones(word, sandhi=False))

    def _sound(self, syllable: str) -> str:
        try:
            return str(self._to_ipa(syllable))
        except (ValueError, KeyError, IndexError, AssertionError):
            return ""  # a character without a reading: left out rather than the whole sentence lost


class KokoroSynthesiser:
    """See :class:`voice.synthesis.base.Synthesiser`.

    Args:
        directory: holds ``kokoro.onnx``, ``vocab.json`` and ``<voice>.bin`` (float32, 510 x 1 x 256).
        voice: name of the voice.
        threads: of the network.
    """

    name = "kokoro"

    def __init__(self, directory: Path, voice: str, threads: int) -> None:
        self._directory = directory
        self._voice = voice
        self._threads = threads
        self._session: Any = None

    def load(self) -> None:
        """Load model, voice and dictionaries. Raises VoiceError ``model_missing``."""
        model, table, voice = (self._directory / n for n in ("kokoro.onnx", "vocab.json", f"{self._voice}.bin"))
        there = sorted(path.stem for path in self._directory.glob("z[fm]_*.bin"))
        if there and self._voice not in there:
            raise VoiceError(
                Code.MODEL_MISSING, detail=f"there is no voice {self._voice!r}; there are {', '.join(there)}"
            )
        for path in (model, table, voice):
            if not path.is_file():
                raise VoiceError(Code.MODEL_MISSING, detail=f"{path} is missing; run python -m voice.models prepare")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Threads that wait busily take the processor from the recogniser beside them, and gain nothing here.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._ids: dict[str, int] = json.loads(table.read_text("utf-8"))["vocab"]
            self._style: npt.NDArray[np.float32] = np.fromfile(voice, np.float32).reshape(-1, 1, 256)
            session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # noqa: BLE001 - onnxruntime raises a dozen unrelated types
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} cannot be loaded: {error}") from None
        self._inputs = {item.name: item.type for item in session.get_inputs()}
        self._phonemes = Phonemes(self._directory)
        # Without the arena every tensor is mapped anew and a call takes twice the time; with it and without shrinking
        # the longest sentence ever said stays in memory.
        self._run_options = onnxruntime.RunOptions()
        self._run_options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        self._session = session

    def say(self, sentence: str) -> Speech:
        """See :meth:`voice.synthesis.base.Synthesiser.say`; cut in two while it has too many phonemes."""
        if self._session is None:
            self.load()
        ids = [self._ids[char] for char in self._phonemes(sentence) if char in self._ids]
        if not any(char >= "\u3400" for char in sentence) or not ids:
            raise VoiceError(Code.NOTHING_TO_SAY)
        if len(ids) > MAX_PHONEMES:
            middle = len(sentence) // 2
            halves = [self.say(half).samples for half in (sentence[:middle], sentence[middle:])]
            return Speech(np.concatenate(halves), SAMPLE_RATE)
        return Speech(self._run(ids), SAMPLE_RATE)

    def _run(self, ids: list[int]) -> npt.NDArray[np.float32]:
        feed: dict[str, Any] = {}
        for name, kind in self._inputs.items():
            if name == "speed":
                feed[name] = np.array([1], np.float32 if "float" in kind else np.int32)
            elif name == "style":
                feed[name] = self._style[len(ids)]
            else:
                feed[name] = np.array([[0, *ids, 0]], np.int64)
        samples = np.asarray(self._session.run(None, feed, self._run_options)[0], np.float32).reshape(-1)
        if not samples.size or not np.isfinite(samples).all():
            raise VoiceError(Code.SYNTHESIS_FAILED, detail="the network returned no usable samples")
        return samples
