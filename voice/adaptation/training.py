"""Trains low-rank layers on whisper-base's encoder; the decoder, which knows the language, stays as it is."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from tokenizers import Tokenizer
from torch.utils.data import DataLoader, Dataset

from voice.adaptation import network as networks
from voice.adaptation.plan import Clip
from voice.adaptation.sound import FRAMES, RATE, Sound, features, masked, roughened
from voice.recognisers.terms import DEFAULT_TERMS

_START = (50258, 50260, 50359, 50363)
"""Whisper's tokens: start of transcript, Chinese, transcribe, no timestamps."""
_BEFORE, _END, _IGNORED = 50361, 50257, -100
_SHORTEST, _LONGEST = 2.0, 25.0
"""Seconds of the joined clips; the product hears windows of at most 28 s."""
_HINTED = 0.6
"""Share of samples with hot words before them, as the product's decoder has."""
_MOST_HOTWORDS = 220


@dataclass(frozen=True)
class Recipe:
    """How an arm is trained. ``samples`` are joined clips, each heard once in one roughening."""

    samples: int = 8000
    batch: int = 16
    rate: float = 1e-3
    rank: int = 16
    dropout: float = 0.05
    seed: int = 5


class Joined(Dataset[tuple[Sound, list[int], int]]):
    """Sample ``n``: clips of one voice and area, joined up to 25 s: features, tokens, length of the prompt."""

    def __init__(
        self, clips: Sequence[Clip], said: Mapping[str, npt.NDArray[np.int16]], tokenizer: Path, recipe: Recipe
    ) -> None:
        self._clips = [clip for clip in clips if clip.id in said]
        self._said, self._recipe, self._path = said, recipe, str(tokenizer)
        self._alike: dict[tuple[str, str], list[int]] = {}
        for number, clip in enumerate(self._clips):
            self._alike.setdefault((clip.area, clip.voice), []).append(number)
        self._order: list[int] = []
        rng = random.Random(recipe.seed)  # noqa: S311
        while len(self._order) < recipe.samples and self._clips:
            self._order += rng.sample(range(len(self._clips)), len(self._clips))
        self._tokenizer: Tokenizer | None = None
        self._extractor = FeatureExtractor()

    @property
    def seconds(self) -> float:
        """Of different speech."""
        return sum(self._said[clip.id].size for clip in self._clips) / RATE

    @property
    def clips(self) -> int:
        """How many different clips there are."""
        return len(self._clips)

    def __len__(self) -> int:
        return self._recipe.samples

    def __getitem__(self, number: int) -> tuple[Sound, list[int], int]:
        rng = np.random.default_rng((self._recipe.seed, number))
        if self._tokenizer is None:
            self._tokenizer = Tokenizer.from_file(self._path)
        samples, text = self._join(self._order[number], rng)
        other = self._clips[int(rng.integers(len(self._clips)))]
        sound = roughened(samples, rng, self._floats(other))
        before: list[int] = []
        if rng.random() < _HINTED:
            terms = list(rng.permutation(DEFAULT_TERMS)) if rng.random() < 0.5 else list(DEFAULT_TERMS)
            hint = " " + " ".join(terms[: int(rng.integers(20, len(terms) + 1))])
            before = [_BEFORE, *self._ids(hint)[:_MOST_HOTWORDS]]
        prompt = [*before, *_START]
        return masked(features(self._extractor, sound), rng), [*prompt, *self._ids(text), _END], len(prompt)

    def _ids(self, text: str) -> list[int]:
        assert self._tokenizer is not None
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _floats(self, clip: Clip) -> Sound:
        return (self._said[clip.id] / np.float32(32768)).astype(np.float32)

    def _join(self, first: int, rng: np.random.Generator) -> tuple[Sound, str]:
        clip = self._clips[first]
        alike = self._alike[clip.area, clip.voice]
        wanted = rng.uniform(_SHORTEST, _LONGEST) if rng.random() < 0.7 else 0.0
        pieces, texts = [self._floats(clip)], [clip.text]
        while sum(piece.size for piece in pieces) < wanted * RATE:
            after = self._clips[alike[int(rng.integers(len(alike)))]]
            pause = np.zeros(int(rng.uniform(0.0, 0.4) * RATE), np.float32)
            piece = self._floats(after)
            if sum(part.size for part in pieces) + pause.size + piece.size > _LONGEST * RATE:
                break
            pieces += [pause, piece]
            texts.append(after.text)
        comma = ("", ",", "，")[int(rng.integers(3))]
        return np.concatenate(pieces), comma.join(text.replace("，", comma) for text in texts)


def train(
    clips: Sequence[Clip],
    said: Mapping[str, npt.NDArray[np.int16]],
    model: Path,
    recipe: Recipe,
    *,
    device: str,
    workers: int,
    tell: Callable[[str], None] = print,
) -> tuple[dict[str, npt.NDArray[np.float16]], dict[str, Any]]:
    """Trains one arm.

    Args:
        model: directory of whisper-base for CTranslate2.
        device: ``cpu`` or ``cuda``.
        workers: processes that prepare samples; 0: none.

    Returns:
        The adapter, and what went into it (recipe, clips, hours, losses, seconds).
    """
    torch.manual_seed(recipe.seed)
    data = Joined(clips, said, model / "tokenizer.json", recipe)
    network = networks.load(model / "model.bin")
    trained = networks.adapt(network, recipe.rank, recipe.dropout)
    torch.nn.Module.to(network, device).train()
    optimiser = torch.optim.AdamW(trained, lr=recipe.rate, weight_decay=0.01)
    steps = recipe.samples // recipe.batch
    warm = max(1, steps // 20)
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, (step + 1) / warm) * max(0.02, 1 - step / steps)
    )
    loader = DataLoader(data, recipe.batch, num_workers=workers, collate_fn=_batch, drop_last=True)
    losses: list[float] = []
    began = time.monotonic()
    for step, (mel, tokens, labels) in enumerate(loader, 1):
        with torch.autocast(device, torch.bfloat16, enabled=device != "cpu"):
            hidden = network.model(
                input_features=mel.to(device), decoder_input_ids=tokens.to(device), use_cache=False
            ).last_hidden_state
            target = labels.to(device)
            logits = network.proj_out(hidden[target != _IGNORED])
        loss = torch.nn.functional.cross_entropy(logits.float(), target[target != _IGNORED])
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        plan.step()
        losses.append(float(loss.detach()))
        if step % 50 == 0 or step == 1:
            tell(f"step {step}/{steps} loss {np.mean(losses[-50:]):.3f} {time.monotonic() - began:.0f} s")
    facts = {
        **asdict(recipe),
        "clips": data.clips,
        "hours": round(data.seconds / 3600, 2),
        "loss_first": round(float(np.mean(losses[:20])), 4),
        "loss_last": round(float(np.mean(losses[-50:])), 4),
        "seconds": round(time.monotonic() - began),
        "device": device,
    }
    return networks.adapter(network), facts


def _batch(items: list[tuple[Sound, list[int], int]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Features (n, 80, 3000), decoder's input (n, longest), what it should say next (n, longest; -100 ignored)."""
    longest = max(len(tokens) for _, tokens, _ in items) - 1
    # The product pads with zeros after the features are made.
    mel = np.zeros((len(items), 80, FRAMES), np.float32)
    given = torch.full((len(items), longest), _END)
    wanted = torch.full((len(items), longest), _IGNORED)
    for row, (feature, tokens, prompt) in enumerate(items):
        mel[row, :, : feature.shape[1]] = feature
        given[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
        wanted[row, prompt - 1 : len(tokens) - 1] = torch.tensor(tokens[prompt:])
    return torch.from_numpy(mel), given, wanted
