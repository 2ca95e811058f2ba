"""Figures of merit of understanding: accuracy, macro F1, what is asked again, what is wrong without asking."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.understanding_cases import Case, Label, Labelled
from nlu.dialect import lexicon
from nlu.dialect.entities import Entity

ASKED = "nlu_fallback"


@dataclass(frozen=True)
class Answer:
    """The likeliest intent; ``sure`` when the product acts on it without asking."""

    intent: str
    confidence: float
    sure: bool


@dataclass(frozen=True)
class Score:
    """``macro_f1`` takes the likeliest intent always, ``macro_f1_asking`` counts what is asked again as missed."""

    number: int
    accuracy: float
    macro_f1: float
    macro_f1_asking: float
    asks: float
    wrong: float
    by_intent: list[tuple[str, int, float, float, float]] = field(default_factory=list)
    """Name, number, precision, recall, F1 of the likeliest intent."""
    confusion: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class EntityScore:
    """Counts of one kind."""

    hit: int = 0
    extra: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """Share of what was found that is right."""
        return self.hit / (self.hit + self.extra) if self.hit + self.extra else 0.0

    @property
    def recall(self) -> float:
        """Share of what is there that was found."""
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both."""
        return 2 * self.hit / (2 * self.hit + self.extra + self.missed)


def score(cases: Sequence[Case], answers: Sequence[Answer]) -> Score:
    """All figures of ``answers`` to ``cases``."""
    if not cases:
        return Score(0, 0.0, 0.0, 0.0, 0.0, 0.0)
    pairs = [(c.intent, a.intent) for c, a in zip(cases, answers, strict=True)]
    asking = [(c.intent, a.intent if a.sure else ASKED) for c, a in zip(cases, answers, strict=True)]
    right = sum(t == p for t, p in pairs)
    return Score(
        number=len(pairs),
        accuracy=right / len(pairs),
        macro_f1=_macro(pairs),
        macro_f1_asking=_macro(asking),
        asks=sum(not a.sure for a in answers) / len(pairs),
        wrong=sum(a.sure and a.intent != c.intent for c, a in zip(cases, answers, strict=True)) / len(pairs),
        by_intent=_by_intent(pairs),
        confusion=Counter(pairs),
    )


def _by_intent(pairs: list[tuple[str, str]]) -> list[tuple[str, int, float, float, float]]:
    true, predicted = Counter(t for t, _ in pairs), Counter(p for _, p in pairs)
    hit = Counter(t for t, p in pairs if t == p)
    return [
        (i, n, hit[i] / predicted[i] if predicted[i] else 0.0, hit[i] / n, 2 * hit[i] / (n + predicted[i]))
        for i, n in sorted(true.items())
    ]


def _macro(pairs: list[tuple[str, str]]) -> float:
    by_intent = _by_intent(pairs)
    return sum(f1 for *_, f1 in by_intent) / len(by_intent)


def entity_scores(material: Sequence[Labelled], find: Callable[[str], list[Entity]]) -> dict[str, EntityScore]:
    """By kind: an entity is right when kind and value are and the words overlap."""
    scores: dict[str, EntityScore] = {}
    for one in material:
        found = find(one.text)
        for label in one.labels:
            right = next((e for e in found if _same(label, e)), None)
            if right is not None:
                found.remove(right)
                scores.setdefault(label.kind, EntityScore()).hit += 1
            else:
                scores.setdefault(label.kind, EntityScore()).missed += 1
        for extra in found:
            scores.setdefault(extra.entity, EntityScore()).extra += 1
    return dict(sorted(scores.items()))


def _same(label: Label, entity: Entity) -> bool:
    if label.kind != entity.entity or entity.start >= label.start + len(label.words) or label.start >= entity.end:
        return False
    wanted = label.value or label.words
    if label.kind in ("crop", "livestock", "product"):
        wanted = lexicon.terms(label.kind).get(wanted, wanted)
    value = entity.value
    return abs(value - float(wanted)) < 1e-9 if isinstance(value, (int, float)) else value == wanted
