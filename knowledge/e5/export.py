"""Builds the sentence-transformers directory and its two ONNX graphs (documents fp32, queries int8)."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from knowledge.e5 import DOCUMENT_GRAPH, MAX_TOKENS, ONNX_FOLDER, QUERY_GRAPH
from knowledge.e5.vocabulary import build_tokenizer, kept_tokens
from knowledge.e5.weights import Weights


def _bert(weights: Weights, kept: list[int]) -> Any:
    import torch
    from transformers import BertConfig, BertModel

    shape, width = weights.shape, weights.shape.hidden
    config = BertConfig(
        vocab_size=len(kept),
        hidden_size=width,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_forward,
        max_position_embeddings=shape.positions,
        type_vocab_size=shape.token_types,
        layer_norm_eps=shape.epsilon,
        pad_token_id=kept.index(weights.vocabulary.pad),
    )

    def tensor(name: str, *dims: int) -> Any:
        return torch.from_numpy(weights.tensor(name, *dims))

    types = tensor("emb.type", -1, width)
    state = {
        "embeddings.word_embeddings.weight": tensor("emb.word", shape.vocabulary, width)[torch.tensor(kept)],
        "embeddings.position_embeddings.weight": tensor("emb.pos", -1, width),
        "embeddings.token_type_embeddings.weight": types.expand(shape.token_types, width).clone(),
        "embeddings.LayerNorm.weight": tensor("emb.ln.w"),
        "embeddings.LayerNorm.bias": tensor("emb.ln.b"),
    }
    parts = (
        ("attention.self.query", "q", width, width),
        ("attention.self.key", "k", width, width),
        ("attention.self.value", "v", width, width),
        ("attention.output.dense", "ao", width, width),
        ("intermediate.dense", "fi", shape.feed_forward, width),
        ("output.dense", "fo", width, shape.feed_forward),
    )
    for layer in range(shape.layers):
        there, here = f"encoder.layer.{layer}.", f"l{layer}."
        for name, short, rows, columns in parts:
            state[f"{there}{name}.weight"] = tensor(f"{here}{short}.w", rows, columns)
            state[f"{there}{name}.bias"] = tensor(f"{here}{short}.b")
        for name, short in (("attention.output", "aln"), ("output", "oln")):
            state[f"{there}{name}.LayerNorm.weight"] = tensor(f"{here}{short}.w")
            state[f"{there}{name}.LayerNorm.bias"] = tensor(f"{here}{short}.b")
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(state, strict=True)
    model.train(False)
    return model


def _save_library_form(model: Any, tokenizer: Any, folder: Path) -> None:
    """Writes ``folder`` so that ``SentenceTransformer(folder)`` loads it."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules
    from transformers import PreTrainedTokenizerFast

    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",  # noqa: S106 - a token of the vocabulary
        eos_token="</s>",  # noqa: S106
        sep_token="</s>",  # noqa: S106
        cls_token="<s>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
        pad_token="<pad>",  # noqa: S106
        model_max_length=MAX_TOKENS,
    )
    plain = folder / "plain"
    model.save_pretrained(plain)
    fast.save_pretrained(plain)
    prompts = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
    stages = [
        modules.Transformer(str(plain), max_seq_length=MAX_TOKENS),
        modules.Pooling(model.config.hidden_size, pooling_mode="mean"),
        modules.Normalize(),
    ]
    SentenceTransformer(modules=stages, prompts=prompts).save(str(folder))
    for file in plain.iterdir():
        file.unlink()
    plain.rmdir()


def _save_graphs(model: Any, folder: Path) -> None:
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.bert = model

        def forward(self, input_ids: Any, attention_mask: Any) -> Any:
            hidden = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
            mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, dim=-1)

    (folder / ONNX_FOLDER).mkdir()
    ids = torch.tensor([[0, 5, 6, 2], [0, 5, 2, 1]])
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 1, 0]])
    model.config._attn_implementation = "eager"
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pooled(),
            (ids, mask),
            str(folder / DOCUMENT_GRAPH),
            dynamo=False,
            opset_version=17,
            input_names=["input_ids", "attention_mask"],
            output_names=["embedding"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "length"},
                "attention_mask": {0: "batch", 1: "length"},
                "embedding": {0: "batch"},
            },
        )
    quantize_dynamic(
        str(folder / DOCUMENT_GRAPH), str(folder / QUERY_GRAPH), weight_type=QuantType.QInt8, per_channel=True
    )


def build(weight_file: Path, folder: Path) -> None:
    """Fills ``folder`` (must exist, empty) from the checked weight file. About a minute on one core."""
    weights = Weights(weight_file)
    kept = kept_tokens(weights.vocabulary)
    tokenizer = build_tokenizer(weights.vocabulary, kept)
    model = _bert(weights, kept)
    _save_library_form(model, tokenizer, folder)
    _save_graphs(model, folder)
