"""How the signals about an entry become a probability, and the probabilities a decision. All numbers are fitted.

One multinomial logistic model: every candidate entry competes with "nothing here answers it". An entry's logit is a
weighted sum of absolute signals (calibrated cosine, character and folded-pinyin tf-idf, and the share of the question's
n-grams the entry holds), so a question word that the best entry lacks lowers its probability, two entries that fit
equally share it, and a question about something else leaves it to "nothing". Weights and thresholds come from
``benchmarks/knowledge_thresholds.py``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

SIGNALS = 7
"""Rows of a signal matrix: cosine, character and pinyin tf-idf, then coverage: character 1-, 2-, pinyin 1-, 2-grams."""
WORDED = 2 * SIGNALS + 2
"""Features of an entry with wordings: each signal of its wordings and of its bodies, the title's cosine, and one when
the question names a crop or animal and the entry none of those named."""
BARE = SIGNALS + 2
"""Features of an entry without: each signal of its bodies, one, and one when it speaks of another crop or animal."""
NOTHING = 4
"""Features of "nothing": one, ln of the question's length, best coverage by character and by pinyin 2-grams."""
COVERED = (4, 6)
"""The signals whose best value is a feature of "nothing"."""
NEARNESS = 1.0
"""Logits added for each level an entry's region is nearer than the nation (county 3, city 2, province 1). They move
probability between entries, never from "nothing" to an entry."""

_FITTED = Path(__file__).with_name("decision.json")
Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Decision:
    """Weights and thresholds, with the embedding model they were fitted for."""

    model: str
    worded: tuple[float, ...]
    bare: tuple[float, ...]
    nothing: tuple[float, ...]
    answer: float
    """Least probability of the best entry to answer with it."""
    clarify: float
    """Least probability of all entries together to ask which one is meant."""

    def __post_init__(self) -> None:
        if (len(self.worded), len(self.bare), len(self.nothing)) != (WORDED, BARE, NOTHING):
            raise ValueError("weights of another version")

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Decision:
        """The decision ``dataclasses.asdict`` and JSON made a dictionary of."""
        weights = {name: tuple(map(float, stored[name])) for name in ("worded", "bare", "nothing")}
        return cls(model=stored["model"], **weights, answer=stored["answer"], clarify=stored["clarify"])


def default_decision() -> Decision:
    """The shipped weights and thresholds."""
    return Decision.from_json(json.loads(_FITTED.read_text(encoding="utf-8"))["decision"])


@dataclass(frozen=True)
class Features:
    """What is known about the candidates of one question: ``[entries, WORDED]``, ``[entries, BARE]``, ``[NOTHING]``.

    Of ``worded`` and ``bare`` each entry fills one, the other is zero.
    """

    worded: Scores
    bare: Scores
    nothing: Scores

    def probabilities(self, decision: Decision) -> tuple[Scores, float]:
        """Probability of each entry, and of "nothing"; they sum to one."""
        logits = self.worded @ np.asarray(decision.worded) + self.bare @ np.asarray(decision.bare)
        nothing = float(self.nothing @ np.asarray(decision.nothing))
        top = max(float(logits.max(initial=nothing)), nothing)
        weights, rest = np.exp(logits - top), math.exp(nothing - top)
        total = float(weights.sum()) + rest
        return (weights / total).astype(np.float32), rest / total


def features(
    signals: Scores,
    wording: npt.NDArray[np.bool_],
    starts: npt.NDArray[np.int64],
    strange: npt.NDArray[np.bool_],
    question: str,
) -> Features:
    """Features of the candidates from the signals of their passages.

    Args:
        signals: ``[SIGNALS, rows]`` of the passages of all candidate entries, each entry's side by side, bodies first,
            then the title, then the questions.
        wording: ``[rows]`` True for title and questions, False for bodies.
        starts: ``[entries]`` first row of each entry; each has at least one body.
        strange: ``[entries]`` True when the question names a crop or animal and the entry none of those named.
        question: as asked.
    """
    bodies = np.maximum.reduceat(np.where(wording, 0.0, signals), starts, axis=1).astype(np.float32)
    words = np.maximum.reduceat(np.where(wording, signals, 0.0), starts, axis=1).astype(np.float32)
    ends = np.append(starts[1:], signals.shape[1])
    has_words = wording[ends - 1]
    titles = starts + np.add.reduceat(~wording, starts)
    title = np.where(has_words, signals[0, np.minimum(titles, signals.shape[1] - 1)], 0.0)
    ones = np.ones((1, len(starts)), dtype=np.float32)
    worded = np.concatenate([words, bodies, title[None], strange[None]]).T * has_words[:, None]
    bare = np.concatenate([bodies, ones, strange[None]]).T * ~has_words[:, None]
    coverage = [max(float(words[row].max(initial=0)), float(bodies[row].max(initial=0))) for row in COVERED]
    nothing = np.array([1.0, math.log(max(len(question), 1)), *coverage], dtype=np.float32)
    return Features(worded.astype(np.float32), bare.astype(np.float32), nothing)


def prefer_near(probabilities: Scores, levels: Scores) -> Scores:
    """``probabilities`` shifted towards entries of nearer regions; their sum stays."""
    shifted = probabilities * np.exp(NEARNESS * levels)
    total = float(shifted.sum())
    near: Scores = (shifted * (float(probabilities.sum()) / total) if total else shifted).astype(np.float32)
    return near


def decide(
    thresholds: Decision, probabilities: Sequence[float], nothing: float
) -> Literal["answer", "clarify", "refuse"]:
    """The decision for the probabilities of the entries, highest first, and of "nothing"."""
    if probabilities and probabilities[0] >= thresholds.answer:
        return "answer"
    return "clarify" if probabilities and 1 - nothing >= thresholds.clarify else "refuse"
