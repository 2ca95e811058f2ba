"""Errors of what was heard, raw and repaired, by group; and which merge strength to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from voice.evaluation.measures import Errors, errors, total
from voice.recognisers.base import Hypothesis
from voice.repair.repairer import Repairer


@dataclass(frozen=True)
class Said:
    """What a clip says and the groups it counts under."""

    text: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """One group under one model."""

    clips: int
    raw: float
    repaired: float
    sounds: float


def each(
    said: Mapping[str, Said], heard: Mapping[str, Sequence[Hypothesis]], repairer: Repairer | None
) -> dict[str, Errors]:
    """Errors of every clip; after repair when there is a repairer."""
    found = {}
    for name, clip in said.items():
        hypotheses = list(heard[name])
        if repairer is not None:
            hypotheses = repairer.repair(hypotheses)
        found[name] = errors(clip.text, hypotheses[0].text if hypotheses else "")
    return found


def table(said: Mapping[str, Said], raw: Mapping[str, Errors], repaired: Mapping[str, Errors]) -> dict[str, Figures]:
    """Figures of every group."""
    groups: dict[str, list[str]] = {}
    for name, clip in said.items():
        for group in clip.groups:
            groups.setdefault(group, []).append(name)
    found = {}
    for group, names in groups.items():
        first, second = total(raw[name] for name in names), total(repaired[name] for name in names)
        found[group] = Figures(len(names), round(first.cer, 4), round(second.cer, 4), round(first.per, 4))
    return found


def difference(
    before: Mapping[str, Errors], after: Mapping[str, Errors], names: Sequence[str], *, seed: int = 1, draws: int = 2000
) -> tuple[float, float, float]:
    """Change of the character error rate over ``names`` and its 95 % interval (paired bootstrap over clips)."""
    size = np.array([before[name].characters for name in names], float)
    change = np.array([after[name].wrong_characters - before[name].wrong_characters for name in names], float)
    picks = np.random.default_rng(seed).integers(0, len(names), (draws, len(names)))
    drawn = change[picks].sum(axis=1) / size[picks].sum(axis=1)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(change.sum() / size.sum()), float(low), float(high)
