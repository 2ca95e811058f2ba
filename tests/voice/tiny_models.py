"""Networks small enough to be made in a test, in the formats that sherpa-onnx loads. Their weights are made up.

They say nothing about anybody's model: they let the real engine load, decode and stream through our adapter. Each
hears loudness only: the loudest syllables are one token, the transducers stop after the first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, save_model

TOKENS = ("<blk>", "<sos/eos>", "<unk>", "好", "不", "贷", "款", "种", "植")
_SIZE = len(TOKENS)
_LOUD = TOKENS.index("好")
FLOAT, LONG, INT = TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT32


def _write(path: Path, nodes: list, inputs: list, outputs: list, weights: dict, metadata: dict) -> None:  # type: ignore[type-arg]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info(*item) for item in outputs],
        [
            helper.make_tensor(
                name,
                {"f": FLOAT, "i": LONG}[np.asarray(value).dtype.kind],
                np.asarray(value).shape,
                np.asarray(value).ravel(),
            )
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    for key, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    save_model(model, str(path))


def _tokens(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "tokens.txt").write_text("".join(f"{token} {index}\n" for index, token in enumerate(TOKENS)))


def _loudness_to_tokens(width: int) -> np.ndarray:
    """Weights (width, tokens): the mean of a frame's features pushes the loud token."""
    weights = np.zeros((width, _SIZE), np.float32)
    weights[:, _LOUD] = 1 / width
    return weights


_BIAS = np.array([-1.5, -50, -50, 0, -50, -50, -50, -50, -50], np.float32)
"""Mean log energies of the loudest syllables lie above -1.5, those of silence near -15.9: there blank wins."""


def zipformer_ctc(directory: Path, *, model_type: str = "zipformer2_ctc") -> Path:
    """Also what Dolphin's and WeNet's files look like from outside, apart from their metadata."""
    _tokens(directory)
    nodes = [
        helper.make_node("Slice", ["x", "start", "end", "axis", "step"], ["kept"]),
        helper.make_node("MatMul", ["kept", "w"], ["scored"]),
        helper.make_node("Add", ["scored", "b"], ["logits"]),
        helper.make_node("LogSoftmax", ["logits"], ["log_probs"], axis=-1),
        helper.make_node("Div", ["rounded", "four"], ["log_probs_len"]),
        helper.make_node("Add", ["x_lens", "three"], ["rounded"]),
    ]
    nodes = [*nodes[:4], nodes[5], nodes[4]]
    weights = {
        "start": np.array([0]), "end": np.array([2**31]), "axis": np.array([1]), "step": np.array([4]),
        "w": _loudness_to_tokens(80), "b": _BIAS, "three": np.array([3]), "four": np.array([4]),
    }  # fmt: skip
    _write(
        directory / "model.onnx",
        nodes,
        [("x", FLOAT, ["N", "T", 80]), ("x_lens", LONG, ["N"])],
        [("log_probs", FLOAT, ["N", "U", _SIZE]), ("log_probs_len", LONG, ["N"])],
        weights,
        {"model_type": model_type, "version": 1, "vocab_size": _SIZE, "subsampling_factor": 4},
    )
    return directory


def sense_voice(directory: Path) -> Path:
    _tokens(directory)
    nodes = [
        helper.make_node("MatMul", ["x", "w"], ["scored"]),
        helper.make_node("Add", ["scored", "b"], ["body"]),
        helper.make_node("Slice", ["body", "start", "end", "axis"], ["head_like"]),
        helper.make_node("Mul", ["head_like", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "blank"], ["head"]),
        helper.make_node("Concat", ["head", "head", "head", "head", "body"], ["logits"], axis=1),
        helper.make_node("Identity", ["x_length"], ["unused_length"]),
        helper.make_node("Add", ["language", "text_norm"], ["unused"]),
    ]
    blank = np.full(_SIZE, -50, np.float32)
    blank[0] = 0
    weights = {
        "w": _loudness_to_tokens(560), "b": _BIAS + np.array([17, 0, 0, 0, 0, 0, 0, 0, 0], np.float32),
        "start": np.array([0]), "end": np.array([1]), "axis": np.array([1]), "zero": np.float32(0), "blank": blank,
    }  # fmt: skip
    _write(
        directory / "model.int8.onnx",
        nodes,
        [("x", FLOAT, ["N", "T", 560]), ("x_length", INT, ["N"]), ("language", INT, ["N"]), ("text_norm", INT, ["N"])],
        [("logits", FLOAT, ["N", "U", _SIZE]), ("unused_length", INT, ["N"]), ("unused", INT, ["N"])],
        weights,
        {
            "model_type": "sense_voice_ctc", "vocab_size": _SIZE, "lfr_window_size": 7, "lfr_window_shift": 6,
            "normalize_samples": 0, "with_itn": 14, "without_itn": 15, "lang_auto": 0, "lang_zh": 3, "lang_en": 4,
            "lang_ja": 11, "lang_ko": 12, "lang_yue": 7, "comment": "tiny",
            "neg_mean": ",".join(["0"] * 560), "inv_stddev": ",".join(["1"] * 560),
        },
    )  # fmt: skip
    return directory


def transducer(directory: Path, *, streaming: bool) -> Path:
    """A stateless transducer: zipformer's names without streaming, an LSTM's with it."""
    _tokens(directory)
    width = _SIZE
    chunk = 8
    nodes = [
        helper.make_node("Slice", ["x", "start", "end", "axis", "step"], ["kept"]),
        helper.make_node("MatMul", ["kept", "w"], ["scored"]),
        helper.make_node("Add", ["scored", "b"], ["encoder_out"]),
    ]
    weights = {
        "start": np.array([0]), "end": np.array([2**31]), "axis": np.array([1]), "step": np.array([4]),
        "w": _loudness_to_tokens(80), "b": _BIAS,
    }  # fmt: skip
    outputs = [("encoder_out", FLOAT, ["N", "U", width])]
    if streaming:
        nodes += [helper.make_node("Identity", [a], [f"new_{a}"]) for a in ("h", "c")]
        state = [1, "N", 4]
        inputs = [("x", FLOAT, ["N", chunk, 80]), ("h", FLOAT, state), ("c", FLOAT, state)]
        outputs += [("new_h", FLOAT, state), ("new_c", FLOAT, state)]
        metadata = {
            "model_type": "lstm", "num_encoder_layers": 1, "T": chunk, "decode_chunk_len": chunk,
            "rnn_hidden_size": 4, "d_model": 4,
        }  # fmt: skip
    else:
        nodes += [
            helper.make_node("Add", ["x_lens", "three"], ["rounded"]),
            helper.make_node("Div", ["rounded", "four"], ["encoder_out_lens"]),
        ]
        weights |= {"three": np.array([3]), "four": np.array([4])}
        inputs = [("x", FLOAT, ["N", "T", 80]), ("x_lens", LONG, ["N"])]
        outputs += [("encoder_out_lens", LONG, ["N"])]
        metadata = {"model_type": "zipformer2", "comment": "non-streaming zipformer2"}
    _write(directory / "encoder-tiny.onnx", nodes, inputs, outputs, weights, metadata)
    _write(
        directory / "decoder-tiny.onnx",
        [
            helper.make_node("Greater", ["y", "blank"], ["said"]),
            helper.make_node("Cast", ["said"], ["floats"], to=FLOAT),
            helper.make_node("MatMul", ["floats", "w"], ["decoder_out"]),
        ],
        [("y", LONG, ["N", 2])],
        [("decoder_out", FLOAT, ["N", width])],
        {"blank": np.array([0]), "w": np.tile(np.array([0, *[-50] * (width - 1)], np.float32), (2, 1))},
        {"vocab_size": _SIZE, "context_size": 2},
    )
    _write(
        directory / "joiner-tiny.onnx",
        [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])],
        [("encoder_out", FLOAT, ["N", width]), ("decoder_out", FLOAT, ["N", width])],
        [("logit", FLOAT, ["N", width])],
        {},
        {"joiner_dim": width},
    )
    return directory


def voice(directory: Path) -> Path:
    """A VITS voice that hums a tenth of a second a phoneme, each at its own pitch; it can read 您好 and 再见."""
    directory.mkdir(parents=True, exist_ok=True)
    phonemes = ("_", "，", "。", "n", "in2", "h", "ao3", "z", "ai4", "j", "ian4")
    (directory / "tokens.txt").write_text("".join(f"{phoneme} {index}\n" for index, phoneme in enumerate(phonemes)))
    (directory / "lexicon.txt").write_text("您 n in2\n好 h ao3\n再 z ai4\n见 j ian4\n")
    nodes = [
        helper.make_node("Cast", ["x"], ["pitches"], to=FLOAT),
        helper.make_node("Unsqueeze", ["pitches", "last"], ["columns"]),
        helper.make_node("Mul", ["columns", "ramp"], ["phases"]),
        helper.make_node("Sin", ["phases"], ["waves"]),
        helper.make_node("Reshape", ["waves", "shape"], ["y"]),
    ]
    weights = {
        "last": np.array([2]),
        "ramp": (2 * np.pi * 50 / 16000 * np.arange(1600)).astype(np.float32),
        "shape": np.array([1, 1, -1]),
    }
    scales = [(name, FLOAT, [1]) for name in ("noise_scale", "length_scale", "noise_scale_w")]
    _write(
        directory / "model.onnx",
        nodes,
        [("x", LONG, [1, "L"]), ("x_length", LONG, [1]), *scales],
        [("y", FLOAT, [1, 1, "T"])],
        weights,
        {
            "model_type": "vits", "comment": "tiny", "language": "Chinese", "sample_rate": 16000, "n_speakers": 1,
            "add_blank": 0, "punctuation": "， 。",
        },
    )  # fmt: skip
    return directory
