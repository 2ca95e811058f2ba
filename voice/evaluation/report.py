"""The table of ``voice eval``: errors and kept meaning by group and variant."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voice.evaluation.listening import Cost, Heard
from voice.evaluation.measures import Errors, errors, total
from voice.evaluation.variants import VARIANTS
from voice.recognisers.base import Hypothesis


@dataclass(frozen=True)
class Judged:
    """One recording under one variant.

    Attributes:
        kept: the same intent, slots and entry as its text; None when not asked.
        meant, got: what its text and what was heard lead to, for reading.
    """

    heard: Heard
    variant: str
    hypotheses: tuple[Hypothesis, ...]
    kept: bool | None = None
    meant: str = ""
    got: str = ""


def report(judged: Sequence[Judged], cost: Cost) -> dict[str, Any]:
    """Figures for ``all``, each accent and voice: clips, nothing_heard; by variant cer, per, terms, meaning."""
    groups: dict[str, list[Judged]] = {}
    for one in judged:
        groups.setdefault("all", []).append(one)
        groups.setdefault(one.heard.clip.group, []).append(one)
        if one.heard.clip.voice:
            groups.setdefault(f"voice {one.heard.clip.voice}", []).append(one)
    first = [one for one in judged if one.variant == VARIANTS[0].name]
    latencies = sorted(one.heard.elapsed_ms for one in first)
    return {
        "groups": {name: _group(many) for name, many in groups.items()},
        "cpu_s_per_audio_s": cost.cpu_per_second,
        "worker_peak_mb": cost.peak_mb,
        "hear_p50_ms": round(statistics.median(latencies)) if latencies else 0,
        "hear_p95_ms": latencies[min(len(latencies) - 1, int(0.95 * len(latencies)))] if latencies else 0,
    }


def _group(many: Sequence[Judged]) -> dict[str, Any]:
    by_variant = {v.name: [one for one in many if one.variant == v.name] for v in VARIANTS}
    first = by_variant[VARIANTS[0].name]
    return {
        "clips": len(first),
        "nothing_heard": sum(not one.hypotheses for one in first),
        "variants": {name: _figures(some) for name, some in by_variant.items()},
    }


def _figures(some: Sequence[Judged]) -> dict[str, float | None]:
    counted: Errors = total(
        errors(one.heard.clip.text, one.hypotheses[0].text if one.hypotheses else "") for one in some
    )
    kept = [one.kept for one in some if one.kept is not None]
    return {
        "cer": round(counted.cer, 4),
        "per": round(counted.per, 4),
        "terms": None if counted.recall is None else round(counted.recall, 4),
        "meaning": round(sum(kept) / len(kept), 4) if kept else None,
    }


def table(figures: Mapping[str, Any]) -> str:
    """The same as a Markdown table."""
    lines = [
        "| recordings | n | variant | characters wrong | sounds wrong | domain words heard | meaning kept |",
        "|---|--:|---|--:|--:|--:|--:|",
    ]
    for name, group in figures["groups"].items():
        for variant, row in group["variants"].items():
            cells = (_cell(row[key]) for key in ("cer", "per", "terms", "meaning"))
            lines.append(f"| {name} | {group['clips']} | {variant} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
