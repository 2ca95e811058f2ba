"""G.711 (ITU-T): µ-law and A-law bytes to 16-bit samples and back, by table."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Table = npt.NDArray[np.int16]


def _ulaw_table() -> Table:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    exponent, mantissa = code >> 4 & 7, code & 15
    size = (((mantissa << 3) + 132) << exponent) - 132
    return np.where(code & 128, -size, size).astype("<i2")


def _alaw_table() -> Table:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    exponent, mantissa = code >> 4 & 7, code & 15
    size = np.where(exponent == 0, (mantissa << 4) + 8, ((mantissa << 4) + 264) << np.maximum(exponent - 1, 0))
    return np.where(code & 128, size, -size).astype("<i2")


def _nearest(table: Table) -> npt.NDArray[np.uint8]:
    """For every 16-bit sample, as unsigned, the byte whose sample lies nearest."""
    order = np.argsort(table, kind="stable")
    levels = table[order].astype(np.int32)
    samples = np.arange(-32768, 32768)
    above = np.clip(np.searchsorted(levels, samples), 1, 255)
    nearer_below = samples - levels[above - 1] < levels[above] - samples
    codes = order[np.where(nearer_below, above - 1, above)].astype(np.uint8)
    return np.roll(codes, -32768)


class _Law:
    def __init__(self, table: Table) -> None:
        self._table, self._codes = table, _nearest(table)

    def decode(self, data: bytes) -> bytes:
        pcm: bytes = self._table[np.frombuffer(data, np.uint8)].tobytes()
        return pcm

    def encode(self, pcm: bytes) -> bytes:
        data: bytes = self._codes[np.frombuffer(pcm, "<u2")].tobytes()
        return data


def _same(data: bytes) -> bytes:
    return data[: len(data) // 2 * 2]


_ULAW, _ALAW = _Law(_ulaw_table()), _Law(_alaw_table())


class Format:
    """How a telephone system sends sound.

    Attributes:
        rate: samples a second.
        width: bytes of a sample on the wire.
        decode: from the wire to 16-bit little-endian PCM; ``encode``: back.
    """

    def __init__(self, rate: int, width: int, decode: Callable[[bytes], bytes], encode: Callable[[bytes], bytes]):
        self.rate, self.width, self.decode, self.encode = rate, width, decode, encode


FORMATS = {
    "slin": Format(8000, 2, _same, _same),
    "slin16": Format(16000, 2, _same, _same),
    "ulaw": Format(8000, 1, _ULAW.decode, _ULAW.encode),
    "alaw": Format(8000, 1, _ALAW.decode, _ALAW.encode),
}
"""By Asterisk's names."""
