"""How the signals about an entry become a probability, and the probabilities a decision. All numbers are fitted.

One multinomial logistic model: every candidate entry competes with "nothing here answers it". An entry's logit is a
weighted sum of absolute signals (calibrated cosine, character and folded-pinyin tf-idf, the share of the question's
n-grams that a passage or the whole entry holds, and the concepts both name), so a question word that the best entry
lacks lowers its probability, two entries that fit equally share it, and a question about something else leaves it to
"nothing". What only a guess at a misheard question finds is told apart from what was heard. Weights and thresholds
come from ``benchmarks/knowledge_thresholds.py``.
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

from knowledge.concepts import CONCERNS

SIGNALS = 7
"""Rows of a signal matrix: cosine, character and pinyin tf-idf, then coverage: character 1-, 2-, pinyin 1-, 2-grams."""
WHOLE = 4
"""Rows of the shares of the question's n-grams a whole entry holds: character 1-, 2-, pinyin 1-, 2-grams."""
SECOND = (0, 1)
"""Signals whose second best wording counts, too: chance rarely makes two alike."""
PLAIN_WORDS, PLAIN_BODIES = (1, 2, 4, 6), (4, 6)
"""Signals of wordings and bodies that count once more for what was heard, without the guess at what was said."""
WORDED = 2 * SIGNALS + 2 + WHOLE + len(SECOND) + len(PLAIN_WORDS) + len(PLAIN_BODIES) + CONCERNS
"""Features of an entry with wordings: each signal of its wordings and of its bodies, the title's cosine, one when the
question names a crop or animal and the entry none of those named, then what the names above say, and the concepts."""
COUNTED = 2
"""Rows of the shares of the question's n-grams a body holds as BM25 counts them: character 1-, 2-grams."""
BARE = SIGNALS + 3 + COUNTED
"""Features of an entry without: each signal of its bodies, one, one when it speaks of another crop or animal, how
long it is (a long text holds more of any question), and the counted shares."""
NOTHING = 7
"""Features of "nothing": one, ln of the question's length, best coverage by character and by pinyin 2-grams, one when
the question names a concept, and the best shares of its concepts that wordings, and whole entries, hold."""
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
    margin: float = 0.0
    """Least share the best entry must have of what it and the next one have together to answer with it: two entries
    that both fit lead to a question."""

    def __post_init__(self) -> None:
        if (len(self.worded), len(self.bare), len(self.nothing)) != (WORDED, BARE, NOTHING):
            raise ValueError("weights of another version")

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Decision:
        """The decision ``dataclasses.asdict`` and JSON made a dictionary of."""
        weights = {name: tuple(map(float, stored[name])) for name in ("worded", "bare", "nothing")}
        return cls(
            model=stored["model"],
            **weights,
            answer=stored["answer"],
            clarify=stored["clarify"],
            margin=stored["margin"],
        )


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


@dataclass(frozen=True)
class Signals:
    """What a search measured. Rows are the passages of all candidate entries, each entry's side by side, bodies first,
    then the title, then the questions."""

    best: Scores
    """``[SIGNALS, rows]``, each the best over all readings of the question."""
    plain: Scores
    """The same over the readings that change no more than dialect words."""
    whole: Scores
    """``[WHOLE, entries]`` best over all readings."""
    counted: Scores
    """``[COUNTED, entries]`` the best of each entry's bodies over all readings."""
    concerns: Scores
    """``[CONCERNS, entries]`` of ``concepts.shares``."""
    strange: npt.NDArray[np.bool_]
    """``[entries]`` True when the question names a crop or animal and the entry none of those named."""
    longest: Scores
    """``[entries]`` ln of the tf-idf norm of the longest body."""
    wording: npt.NDArray[np.bool_]
    """``[rows]`` True for title and questions, False for bodies."""
    starts: npt.NDArray[np.int64]
    """``[entries]`` first row of each entry; each has at least one body."""

    def bodies(self, signals: Scores) -> Scores:
        """The best of each entry's bodies."""
        return self._pooled(np.where(self.wording, 0.0, signals))

    def wordings(self, signals: Scores) -> Scores:
        """The best of each entry's wordings; 0 without."""
        return self._pooled(np.where(self.wording, signals, 0.0))

    def _pooled(self, signals: npt.NDArray[np.floating]) -> Scores:
        best: Scores = np.maximum.reduceat(signals, self.starts, axis=1).astype(np.float32)
        return best

    def second_wordings(self, signals: Scores) -> Scores:
        """The second best of each entry's wordings; 0 without."""
        ends = np.append(self.starts[1:], signals.shape[1])
        entry = np.repeat(np.arange(len(self.starts)), ends - self.starts)
        second = np.minimum(self.starts + 1, ends - 1)
        worded = np.where(self.wording, signals, 0.0)
        return np.stack([row[np.lexsort((-row, entry))][second] for row in worded]).astype(np.float32)


def features(found: Signals, question: str, concerned: bool) -> Features:
    """Features of the candidates from their signals.

    Args:
        found: the signals.
        question: as asked.
        concerned: the question names a concept.
    """
    bodies, words = found.bodies(found.best), found.wordings(found.best)
    ends = np.append(found.starts[1:], found.best.shape[1])
    has_words = found.wording[ends - 1]
    titles = found.starts + np.add.reduceat(~found.wording, found.starts)
    title = np.where(has_words, found.best[0, np.minimum(titles, found.best.shape[1] - 1)], 0.0)
    worded: list[npt.NDArray[Any]] = [words, bodies, title[None], found.strange[None], found.whole]
    worded += [found.second_wordings(found.best[list(SECOND)]), found.wordings(found.plain[list(PLAIN_WORDS)])]
    worded += [found.bodies(found.plain[list(PLAIN_BODIES)]), found.concerns]
    bare: list[npt.NDArray[Any]] = [bodies, np.ones((1, len(found.starts))), found.strange[None], found.longest[None]]
    bare.append(found.counted)
    coverage = [max(float(words[row].max(initial=0)), float(bodies[row].max(initial=0))) for row in COVERED]
    nothing = [1.0, math.log(max(len(question), 1)), *coverage, float(concerned)]
    nothing += [float(found.concerns[row].max(initial=0)) for row in (0, 1)]
    return Features(
        (np.concatenate(worded).T * has_words[:, None]).astype(np.float32),
        (np.concatenate(bare).T * ~has_words[:, None]).astype(np.float32),
        np.array(nothing, dtype=np.float32),
    )


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
    if not probabilities:
        return "refuse"
    best, next_ = probabilities[0], probabilities[1] if len(probabilities) > 1 else 0.0
    if best >= thresholds.answer and best >= thresholds.margin * (best + next_):
        return "answer"
    return "clarify" if 1 - nothing >= thresholds.clarify else "refuse"
