"""An adapter is merged exactly, and only into weights that it fits."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt
import pytest

from voice.adaptation.weights import WeightsError, merged, variables

pytestmark = pytest.mark.unit
QKV, OUT = "encoder/layer_0/self_attention/linear_0/weight", "encoder/layer_0/self_attention/linear_1/weight"


def _model(**arrays: npt.NDArray[np.float16]) -> bytes:
    """A file in CTranslate2's format with the arrays named, ``__`` for a slash."""
    out = struct.pack("<I", 6) + struct.pack("<H", 8) + b"Whisper\0" + struct.pack("<II", 3, len(arrays))
    for name, array in arrays.items():
        raw = name.replace("__", "/").encode() + b"\0"
        out += struct.pack("<H", len(raw)) + raw + struct.pack(f"<B{array.ndim}I", array.ndim, *array.shape)
        out += struct.pack("<BI", 4, array.nbytes) + array.tobytes()
    return out + struct.pack("<I", 0)


@pytest.fixture
def arrays() -> dict[str, npt.NDArray[np.float16]]:
    rng = np.random.default_rng(3)
    return {
        QKV: rng.standard_normal((12, 4)).astype(np.float16),
        OUT: rng.standard_normal((4, 4)).astype(np.float16),
        "decoder/embeddings/weight": rng.standard_normal((9, 4)).astype(np.float16),
    }


@pytest.fixture
def model(arrays: dict[str, npt.NDArray[np.float16]]) -> bytes:
    return _model(**{name.replace("/", "__"): array for name, array in arrays.items()})


@pytest.fixture
def small() -> dict[str, npt.NDArray[np.float16]]:
    rng = np.random.default_rng(4)
    return {
        "0.k.down": rng.standard_normal((2, 4)).astype(np.float16),
        "0.k.up": rng.standard_normal((4, 2)).astype(np.float16),
        "0.out.down": rng.standard_normal((2, 4)).astype(np.float16),
        "0.out.up": rng.standard_normal((4, 2)).astype(np.float16),
    }


def test_only_the_adapted_rows_change_and_by_the_product(
    model: bytes, arrays: dict[str, npt.NDArray[np.float16]], small: dict[str, npt.NDArray[np.float16]]
) -> None:
    whole = merged(model, small, 0.5)
    table = variables(whole)
    assert len(whole) == len(model)
    for name in arrays:
        expected = arrays[name].astype(np.float64)
        if name == QKV:
            expected[4:8] += 0.5 * small["0.k.up"].astype(np.float64) @ small["0.k.down"].astype(np.float64)
        if name == OUT:
            expected += 0.5 * small["0.out.up"].astype(np.float64) @ small["0.out.down"].astype(np.float64)
        np.testing.assert_allclose(table[name].of(whole), expected, rtol=2**-10, atol=1e-3)
    np.testing.assert_array_equal(table[QKV].of(whole)[:4], arrays[QKV][:4])
    np.testing.assert_array_equal(table[QKV].of(whole)[8:], arrays[QKV][8:])


def test_strength_nothing_changes_nothing(model: bytes, small: dict[str, npt.NDArray[np.float16]]) -> None:
    assert merged(model, small, 0.0) == model


def test_an_adapter_of_another_shape_is_refused(model: bytes, small: dict[str, npt.NDArray[np.float16]]) -> None:
    with pytest.raises(WeightsError, match=r"0\.out\.up"):
        merged(model, {**small, "0.out.up": np.zeros((5, 2), np.float16)}, 1.0)
    with pytest.raises(WeightsError, match=r"7\.out\.up"):
        merged(model, {"7.out.up": small["0.out.up"], "7.out.down": small["0.out.down"]}, 1.0)


@pytest.mark.parametrize("data", [b"", b"\x06\0\0\0", b"not a model at all, only words" * 3])
def test_what_is_no_model_is_told(data: bytes) -> None:
    with pytest.raises(WeightsError):
        variables(data)
