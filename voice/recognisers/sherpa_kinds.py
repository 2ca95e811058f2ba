"""Which model lies in an operator's sherpa-onnx directory: told from its files and the metadata inside them."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from voice.errors import Code, VoiceError


@dataclass(frozen=True)
class Layout:
    """A model directory understood.

    Attributes:
        kind: one of :data:`KINDS`.
        files: argument of the engine's factory -> file or directory.
    """

    kind: str
    files: Mapping[str, str]


_ONE_FILE = {
    "sense_voice": "model",
    "paraformer": "paraformer",
    "dolphin": "model",
    "telespeech": "model",
    "fire_red_asr_ctc": "model",
    "zipformer_ctc": "model",
    "wenet_ctc": "model",
    "streaming_zipformer_ctc": "model",
}
"""Kinds that are one network -> the factory's name for it."""

_SEVERAL_FILES = {
    "qwen3_asr": ("conv_frontend", "encoder", "decoder"),
    "transducer": ("encoder", "decoder", "joiner"),
    "streaming_transducer": ("encoder", "decoder", "joiner"),
    "fire_red_asr": ("encoder", "decoder"),
    "whisper": ("encoder", "decoder"),
    "streaming_paraformer": ("encoder", "decoder"),
}

KINDS: tuple[str, ...] = (*_ONE_FILE, *_SEVERAL_FILES)
"""All kinds that can be named by setting."""

_BY_METADATA = {
    "sense_voice_ctc": "sense_voice",
    "paraformer": "paraformer",
    "dolphin": "dolphin",
    "telespeech_ctc": "telespeech",
    "fire-red-asr-2-ctc": "fire_red_asr_ctc",
    "zipformer2_ctc": "zipformer_ctc",
    "zipformer2": "streaming_zipformer_ctc",
    "wenet_ctc": "wenet_ctc",
}
"""``model_type`` inside a single network -> kind."""

_BY_NAME = {
    "sense-voice": "sense_voice",
    "sensevoice": "sense_voice",
    "paraformer": "paraformer",
    "dolphin": "dolphin",
    "telespeech": "telespeech",
    "fire-red-asr": "fire_red_asr_ctc",
    "wenet": "wenet_ctc",
    "streaming-zipformer": "streaming_zipformer_ctc",
    "zipformer": "zipformer_ctc",
}
"""Part of the directory's name, as its publisher gives it -> kind; only where the metadata is silent."""


def detect(directory: Path, kind: str | None = None) -> Layout:
    """Find out the kind of model (unless ``kind`` names it) and its files.

    Raises:
        VoiceError: ``model_missing``: a file is missing, or the kind cannot be told.
    """
    if kind is not None and kind not in KINDS:
        raise VoiceError(Code.MODEL_MISSING, detail=f"kind {kind!r} is not one of {', '.join(KINDS)}")
    networks = _networks(directory)
    kind = kind or _guessed(directory, networks)
    files: dict[str, str] = {}
    if kind in _ONE_FILE:
        files[_ONE_FILE[kind]] = str(_only(directory, networks))
    else:
        for role in _SEVERAL_FILES[kind]:
            if role not in networks:
                raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} ({kind}) has no {role}*.onnx")
            files[role] = str(networks[role])
    if kind == "qwen3_asr":
        if not (directory / "tokenizer").is_dir():
            raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} ({kind}) has no directory tokenizer")
        return Layout(kind, {**files, "tokenizer": str(directory / "tokenizer")})
    tokens = sorted(directory.glob("*tokens.txt"))
    if not tokens:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} has no tokens.txt")
    return Layout(kind, {**files, "tokens": str(tokens[0])})


def _networks(directory: Path) -> dict[str, Path]:
    """Role of each network in the directory -> its file; where there are two, the int8 one, which is the faster."""
    found: dict[str, Path] = {}
    if not directory.is_dir():
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} is not a directory")
    for path in sorted(directory.glob("*.onnx"), key=lambda path: (".int8." in path.name, path.name)):
        roles = ("conv_frontend", "encoder", "decoder", "joiner")
        found[next((role for role in roles if role in path.name), "model")] = path
    if not found:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} has no *.onnx file")
    return found


def _only(directory: Path, networks: Mapping[str, Path]) -> Path:
    if "model" not in networks:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} has no model*.onnx")
    return networks["model"]


def _guessed(directory: Path, networks: Mapping[str, Path]) -> str:
    if "conv_frontend" in networks:
        return "qwen3_asr"
    if {"encoder", "decoder"} <= networks.keys():
        inside = metadata(networks["encoder"])
        if "joiner" in networks:
            return "streaming_transducer" if "decode_chunk_len" in inside else "transducer"
        model = inside.get("model_type", "")
        if model.startswith("whisper"):
            return "whisper"
        return "streaming_paraformer" if "paraformer" in model else "fire_red_asr"
    model = metadata(_only(directory, networks)).get("model_type", "")
    named = (kind for part, kind in _BY_NAME.items() if part in directory.name.lower())
    kind = _BY_METADATA.get(model) or next(named, None)
    if kind is None:
        told = f"its model_type is {model!r}" if model else "its metadata names none"
        raise VoiceError(
            Code.MODEL_MISSING, detail=f"{directory}: which kind of model is it? {told}; name the kind by setting"
        )
    return kind


_METADATA = 14
"""Field of the metadata in ONNX's ModelProto (onnx.proto3)."""


def metadata(path: Path) -> dict[str, str]:
    """The metadata of an ONNX file, read without its weights; empty if there is none or the file is broken.

    Walks over the fields of the outermost message only, so a network of gigabytes is read as fast as a small one.
    """
    found: dict[str, str] = {}
    try:
        with path.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for field, start, end in _fields(data, 0, len(data)):
                if field == _METADATA:
                    pair = {number: bytes(data[a:b]) for number, a, b in _fields(data, start, end)}
                    found[pair.get(1, b"").decode()] = pair.get(2, b"").decode()
    except (OSError, ValueError, IndexError):
        return found
    return found


def _fields(data: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Length-delimited fields between ``at`` and ``end``: (number, start, end) each; the others are skipped."""
    while at < end:
        tag, at = _varint(data, at)
        wire = tag & 7
        if wire == 2:
            length, at = _varint(data, at)
            yield tag >> 3, at, at + length
            at += length
        elif wire == 0:
            _, at = _varint(data, at)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        else:
            raise ValueError("not a protocol buffer")


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7
        if shift > 63:
            raise ValueError("not a protocol buffer")
