"""How the signals about one entry become one score, and the score a decision. All numbers were fitted, none guessed.

Signals of an entry, each 0..1 and each the best over its passages of one kind: calibrated cosine, character tf-idf and
folded-pinyin tf-idf, against bodies and against wordings. Absolute calibrated scores are summed; fusing ranks or
scaling a query's scores by its own best would find something for every question and could never refuse.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

DENSE, CHARS, PINYIN = 0.5, 0.25, 0.25
"""Weights of the three signals."""
WORDING_WEIGHT = 0.6
"""Share of wordings in each signal of an entry that has them, the rest is the body's; either alone was worse."""
NEARNESS = 0.02
"""Added for each level an entry's region is nearer than the nation (county 3, city 2, province 1)."""

_FITTED = Path(__file__).with_name("decision.json")
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Decision:
    """Thresholds on the fused score, fitted by ``benchmarks/knowledge_thresholds.py``."""

    answer: float
    answer_with_margin: float
    """Enough when the second entry is ``margin`` behind."""
    margin: float
    clarify: float
    tie: float
    """Two entries this close, both above ``answer``, are asked about."""


def default_decision() -> Decision:
    """The shipped thresholds."""
    return Decision(**json.loads(_FITTED.read_text(encoding="utf-8"))["thresholds"])


def fuse(
    dense: Scores, chars: Scores, pinyin: Scores, wording: npt.NDArray[np.bool_], starts: npt.NDArray[np.int64]
) -> Scores:
    """One score an entry from the signals of its passages.

    Args:
        dense, chars, pinyin: ``[rows]`` signals of the passages of all candidate entries, each entry's side by side.
        wording: ``[rows]`` True for title and questions, False for bodies.
        starts: ``[entries]`` first row of each entry; each has at least one body.

    Returns:
        ``[entries]`` 0..1. An entry without wordings is judged by its bodies alone.
    """
    total = np.zeros(len(starts), dtype=np.float32)
    for weight, signal in ((DENSE, dense), (CHARS, chars), (PINYIN, pinyin)):
        bodies = np.maximum.reduceat(np.where(wording, -1.0, signal), starts)
        words = np.maximum.reduceat(np.where(wording, signal, -1.0), starts)
        mixed = WORDING_WEIGHT * words + (1 - WORDING_WEIGHT) * bodies
        total += weight * np.where(words < 0, bodies, mixed).astype(np.float32)
    return total
