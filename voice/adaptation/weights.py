"""An adapter: small matrices that are added to the encoder of whisper-base in CTranslate2's form.

Its safetensors file holds, for each adapted matrix of the encoder, ``<layer>.<part>.down`` (rank x in) and ``.up``
(out x rank), float16. Low-rank adaptation after Hu et al. (2021).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PARTS: Mapping[str, tuple[str, int]] = {
    "q": ("self_attention/linear_0", 0),
    "k": ("self_attention/linear_0", 1),
    "v": ("self_attention/linear_0", 2),
    "out": ("self_attention/linear_1", 0),
    "wide": ("ffn/linear_0", 0),
    "narrow": ("ffn/linear_1", 0),
}
"""Adapted matrices of a layer: CTranslate2's name and which block of its rows (query, key and value lie in one)."""
_KEY = re.compile(r"(\d+)\.(\w+)\.up")
_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's numbers of the types, those a Whisper file may hold."""


class WeightsError(ValueError):
    """A file of weights is not what it should be; the message says which and why."""

    code = "weights"


@dataclass(frozen=True)
class Variable:
    """Where one array of a model lies in its file."""

    shape: tuple[int, ...]
    kind: npt.DTypeLike
    start: int
    size: int

    def of(self, data: bytes | bytearray) -> npt.NDArray[np.float32]:
        """The array itself, as float32."""
        flat = np.frombuffer(data, self.kind, count=self.size // np.dtype(self.kind).itemsize, offset=self.start)
        return flat.reshape(self.shape).astype(np.float32)


def variables(data: bytes | bytearray) -> dict[str, Variable]:
    """Table of the arrays in CTranslate2's ``model.bin`` (format 6: version, specification, arrays, aliases).

    Raises:
        WeightsError: the bytes are not such a file.
    """
    try:
        return dict(_read(data))
    except (struct.error, UnicodeDecodeError, KeyError) as error:
        raise WeightsError(f"model.bin is not a CTranslate2 model: {error!r}") from None


def merged(model: bytes, adapter: Mapping[str, npt.NDArray[np.float16]], strength: float) -> bytes:
    """``model`` with ``strength`` times the adapter added to its encoder.

    Sums are taken one rank after the other in float32, so that every machine gets the same bytes.

    Raises:
        WeightsError: the adapter does not fit the model.
    """
    table, data = variables(model), bytearray(model)
    for key, up in adapter.items():
        match = _KEY.fullmatch(key)
        if match is None:
            continue
        part, block = PARTS[match[2]]
        name = f"encoder/layer_{match[1]}/{part}/weight"
        down = adapter.get(key.removesuffix("up") + "down")
        if name not in table or down is None or up.shape[1] != down.shape[0]:
            raise WeightsError(f"the adapter's {key} does not fit {name}")
        variable = table[name]
        whole = variable.of(data)
        rows = whole[block * up.shape[0] : (block + 1) * up.shape[0]]
        if rows.shape != (up.shape[0], down.shape[1]):
            raise WeightsError(f"the adapter's {key} does not fit {name}: {rows.shape}")
        change = np.zeros_like(rows)
        for rank in range(up.shape[1]):
            change += up[:, rank : rank + 1].astype(np.float32) * down[rank : rank + 1].astype(np.float32)
        rows += np.float32(strength) * change
        data[variable.start : variable.start + variable.size] = whole.astype(variable.kind).tobytes()
    return bytes(data)


def _read(data: bytes | bytearray) -> Iterator[tuple[str, Variable]]:
    at = 4  # version
    _, at = _string(data, at)
    at += 4  # revision
    count, at = _number(data, at)
    for _ in range(count):
        name, at = _string(data, at)
        rank, at = data[at], at + 1
        shape = struct.unpack_from(f"<{rank}I", data, at)
        at += 4 * rank
        kind, at = _TYPES[data[at]], at + 1
        size, at = _number(data, at)
        yield name, Variable(shape, kind, at, size)
        at += size


def _number(data: bytes | bytearray, at: int) -> tuple[int, int]:
    (number,) = struct.unpack_from("<I", data, at)
    return int(number), at + 4


def _string(data: bytes | bytearray, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", data, at)
    return bytes(data[at + 2 : at + 1 + length]).decode(), at + 2 + length
