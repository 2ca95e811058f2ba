"""whisper-base as a torch network, made from the product's own weights, and low-rank layers on its encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from transformers import WhisperConfig, WhisperForConditionalGeneration

from voice.adaptation.weights import PARTS, variables

WIDTH, LAYERS, HEADS = 512, 6, 8
_MODULES = {
    "q": "self_attn.q_proj",
    "k": "self_attn.k_proj",
    "v": "self_attn.v_proj",
    "out": "self_attn.out_proj",
    "wide": "fc1",
    "narrow": "fc2",
}


class LowRank(nn.Module):
    """A linear layer that stays as it is, plus ``scale`` times a product of two thin matrices that is trained."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.base, self.scale = base, scale
        self.down = nn.Parameter(torch.empty(rank, base.in_features))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))
        self.dropout = nn.Dropout(dropout)
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) -> (..., out)."""
        added = nn.functional.linear(nn.functional.linear(self.dropout(x), self.down), self.up)
        out: torch.Tensor = self.base(x) + self.scale * added
        return out


def load(model_bin: Path) -> WhisperForConditionalGeneration:
    """The network with the weights of CTranslate2's ``model.bin``, float32, nothing to be trained."""
    data = model_bin.read_bytes()
    arrays = {name: torch.from_numpy(place.of(data)) for name, place in variables(data).items() if len(place.shape)}
    config = WhisperConfig(
        vocab_size=51865, d_model=WIDTH, encoder_layers=LAYERS, decoder_layers=LAYERS, encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS, encoder_ffn_dim=4 * WIDTH, decoder_ffn_dim=4 * WIDTH, num_mel_bins=80,
        max_source_positions=1500, max_target_positions=448, decoder_start_token_id=50258, eos_token_id=50257,
        bos_token_id=50257, pad_token_id=50257, suppress_tokens=None, begin_suppress_tokens=None,
    )  # fmt: skip
    network = WhisperForConditionalGeneration(config)
    network.load_state_dict(_renamed(arrays), strict=True)
    network.requires_grad_(False)
    return network


def adapt(network: WhisperForConditionalGeneration, rank: int, dropout: float) -> list[nn.Parameter]:
    """Puts low-rank layers beside every matrix of the encoder's layers; returns what is to be trained."""
    trained: list[nn.Parameter] = []
    for layer in network.model.encoder.layers:
        for path in _MODULES.values():
            owner, _, name = path.rpartition(".")
            parent = layer.get_submodule(owner) if owner else layer
            replaced = LowRank(getattr(parent, name), rank, 2.0, dropout)
            setattr(parent, name, replaced)
            trained += [replaced.down, replaced.up]
    return trained


def adapter(network: WhisperForConditionalGeneration) -> dict[str, npt.NDArray[np.float16]]:
    """The trained matrices as :mod:`voice.adaptation.weights` reads them; the layers' scale is part of ``up``."""
    found: dict[str, npt.NDArray[np.float16]] = {}
    for number, layer in enumerate(network.model.encoder.layers):
        for part in PARTS:
            module = layer.get_submodule(_MODULES[part])
            assert isinstance(module, LowRank)
            found[f"{number}.{part}.down"] = module.down.detach().cpu().numpy().astype(np.float16)
            found[f"{number}.{part}.up"] = (module.scale * module.up.detach()).cpu().numpy().astype(np.float16)
    return found


def _renamed(arrays: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    out: dict[str, torch.Tensor] = {}

    def norm(source: str, target: str) -> None:
        out[f"{target}.weight"], out[f"{target}.bias"] = arrays[f"{source}/gamma"], arrays[f"{source}/beta"]

    def linear(source: str, *targets: str) -> None:
        weights = arrays[f"{source}/weight"].chunk(len(targets))
        biases = arrays[f"{source}/bias"].chunk(len(targets))
        for target, weight, bias in zip(targets, weights, biases, strict=True):
            out[f"{target}.weight"] = weight
            if not target.endswith("k_proj"):  # Whisper's keys have none
                out[f"{target}.bias"] = bias

    for side in ("encoder", "decoder"):
        for number in range(LAYERS):
            source, target = f"{side}/layer_{number}", f"model.{side}.layers.{number}"
            own = f"{target}.self_attn"
            linear(f"{source}/self_attention/linear_0", f"{own}.q_proj", f"{own}.k_proj", f"{own}.v_proj")
            linear(f"{source}/self_attention/linear_1", f"{own}.out_proj")
            norm(f"{source}/self_attention/layer_norm", f"{target}.self_attn_layer_norm")
            if side == "decoder":
                other = f"{target}.encoder_attn"
                linear(f"{source}/attention/linear_0", f"{other}.q_proj")
                linear(f"{source}/attention/linear_1", f"{other}.k_proj", f"{other}.v_proj")
                linear(f"{source}/attention/linear_2", f"{other}.out_proj")
                norm(f"{source}/attention/layer_norm", f"{target}.encoder_attn_layer_norm")
            linear(f"{source}/ffn/linear_0", f"{target}.fc1")
            linear(f"{source}/ffn/linear_1", f"{target}.fc2")
            norm(f"{source}/ffn/layer_norm", f"{target}.final_layer_norm")
        norm(f"{side}/layer_norm", f"model.{side}.layer_norm")
        out[f"model.{side}.embed_positions.weight"] = arrays[f"{side}/position_encodings/encodings"]
    for name in ("conv1", "conv2"):
        linear(f"encoder/{name}", f"model.encoder.{name}")
    out["model.decoder.embed_tokens.weight"] = out["proj_out.weight"] = arrays["decoder/embeddings/weight"]
    return out
