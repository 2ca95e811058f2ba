"""Fits the weights and thresholds of search on the development cases; writes ``knowledge/decision.json``.

The cases (``knowledge_cases``) are asked once more as if the entry that answers did not exist, which nothing else may
then answer. A multinomial logistic model is fitted to all of it. Thresholds are chosen on probabilities of models that
did not see the entry (folds by entry) at the least cost: a wrong answer costs eight, a needless question one, a
needless refusal two and a half.
``--thresholds`` keeps the weights and chooses thresholds alone.
Usage: ``python -m benchmarks.knowledge_thresholds [--write] [--thresholds]``; the first run takes some ten minutes of a
core, later ones only what has changed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.knowledge_cases import Case, collect, start_from, without_answers
from benchmarks.knowledge_questions import read
from knowledge import importing, scoring
from knowledge.embedding import open_embedder
from knowledge.models import resolve
from knowledge.scoring import BARE, NOTHING, WORDED, Decision, decide
from settings import load_settings

RIDGE = 1e-4
BARE_RIDGE = 3e-4
"""Higher: documents people import are less like each other than entries are."""
ROUNDS = 200
FOLDS = 4
MODES = ("worded", "mixed", "held", "short", "public")
COST = {"right": 0.0, "refused": 0.0, "wrong": 8.0, "clarify": 1.0, "clarify wrong": 1.2, "missed": 2.5}
Floats = npt.NDArray[np.float64]


def fit(cases: Sequence[Case]) -> Floats:
    """Weights (worded, bare, nothing) of least mean log loss, with a ridge."""
    width = max(len(case.answers) for case in cases)
    x = np.zeros((len(cases), width + 1, WORDED + BARE + NOTHING), dtype=np.float32)
    right = np.zeros((len(cases), width + 1), dtype=np.float32)
    empty = np.full((len(cases), width + 1), -1e9, dtype=np.float32)
    for place, case in enumerate(cases):
        size = len(case.answers)
        x[place, :size, :WORDED], x[place, :size, WORDED : WORDED + BARE] = case.found.worded, case.found.bare
        x[place, -1, WORDED + BARE :] = case.found.nothing
        right[place, :size], right[place, -1] = case.answers, not case.answers.any()
        empty[place, :size], empty[place, -1] = 0, 0
    share = np.array([[case.weight] for case in cases], dtype=np.float32) / sum(case.weight for case in cases)
    ridge = np.full(x.shape[2], RIDGE)
    ridge[WORDED:-NOTHING] = BARE_RIDGE
    ridge[-NOTHING] = 0.0
    flat = x.reshape(-1, x.shape[2])

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = (flat @ weights.astype(np.float32)).reshape(empty.shape) + empty
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        hit = (chances * right).sum(axis=1, keepdims=True) + 1e-12
        pull = (chances - chances * right / hit) * share
        slope = flat.T @ pull.ravel() + ridge * weights
        return float(-(share * np.log(hit)).sum() + (ridge * weights**2).sum() / 2), slope.astype(np.float64)

    found: Floats = minimize(loss, np.zeros(x.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x
    return found


def decision(model: str, weights: Floats, answer: float = 1.0, clarify: float = 1.0) -> Decision:
    """The weights as search uses them."""
    plain = tuple(round(float(weight), 3) for weight in weights)
    return Decision(model, plain[:WORDED], plain[WORDED:-NOTHING], plain[-NOTHING:], answer, clarify)


def outcome(case: Case, chances: Floats, nothing: float, chosen: Decision) -> str:
    """What the user would get."""
    order = np.argsort(-chances)
    made = decide(chosen, [float(chances[place]) for place in order[:3]], nothing)
    if made == "refuse":
        return "missed" if case.question.ids else "refused"
    if made == "answer":
        return "right" if case.answers[order[0]] else "wrong"
    return "clarify" if case.answers[order[:3]].any() else "clarify wrong"


def held_out(cases: Sequence[Case], model: str) -> list[tuple[Case, Floats, float]]:
    """Each case with probabilities from weights fitted without its entry."""

    first_ids = {case.question.text: case.question.ids[0] for case in cases if case.question.ids}

    def fold(case: Case) -> int:
        key = first_ids.get(case.question.text) or case.question.text
        return int(hashlib.sha256(key.encode()).hexdigest(), 16) % FOLDS

    judged = []
    for part in tqdm(range(FOLDS), desc="folds", file=sys.stderr):
        weights = decision(model, fit([case for case in cases if fold(case) != part]))
        judged += [(case, *case.found.probabilities(weights)) for case in cases if fold(case) == part]
    return judged


def thresholds(fitted: Decision, judged: Sequence[tuple[Case, Floats, float]]) -> Decision:
    """``fitted`` with the thresholds of least cost over ``judged``, the strictest of equals."""
    rows = []
    for case, chances, nothing in judged:
        order = np.argsort(-chances)[:3]
        best, next_ = (*chances[order[:2]], 0.0, 0.0)[:2]
        known = bool(case.question.ids)
        answered = COST["right"] if len(order) and case.answers[order[0]] else COST["wrong"]
        asked = COST["clarify"] if case.answers[order].any() else COST["clarify wrong"]
        rows.append(
            (
                best,
                best / max(best + next_, 1e-9),
                1 - nothing,
                answered,
                asked,
                COST["missed"] if known else 0.0,
                case.weight,
            )
        )
    best, share, any_, answered, asked, refused, weight = np.array(rows).T

    def cost(choice: Decision) -> float:
        answers = (best >= choice.answer) & (share >= choice.margin)
        each = np.where(answers, answered, np.where(any_ >= choice.clarify, asked, refused))
        return float((weight * each).sum())

    grid = itertools.product(np.arange(0.4, 0.9, 0.05), np.arange(0.1, 0.7, 0.05), np.arange(0.5, 0.98, 0.03))
    choices = [
        replace(fitted, answer=round(float(a), 3), clarify=round(float(c), 3), margin=round(float(m), 3))
        for a, c, m in grid
    ]
    return min(choices, key=lambda choice: (cost(choice), -choice.answer, -choice.margin, -choice.clarify))


def main(arguments: list[str]) -> int:
    settings = load_settings()
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    entries = importing.read_paths(settings.knowledge_dirs).entries
    questions = [question for question in read(entry.id for entry in entries) if question.part == "dev"]
    cache = settings.state_dir / "eval"
    start_from(settings.index_dir, cache / "content")
    cases = collect(entries, questions, embedder, cache, "--thresholds" not in arguments)
    cases += [without_answers(case) for case in cases if case.answers.any()]
    if "--thresholds" in arguments:
        final = scoring.default_decision()
        judged = [(case, *case.found.probabilities(final)) for case in cases]
    else:
        judged = held_out(cases, embedder.identity)
        final = decision(embedder.identity, fit(cases))
    final = thresholds(final, [each for each in judged if each[0].mode == "worded"])
    figures: dict[str, dict[str, float]] = {}
    for mode, kind in itertools.product(MODES, ("plain", "dialect", "outside", "held", "public", "absent")):
        mine = [each for each in judged if each[0].mode == mode and each[0].question.kind == kind]
        if not mine:
            continue
        counts = Counter(outcome(*each, final) for each in mine)
        figures[f"{mode} {kind}"] = {name: round(count / len(mine), 3) for name, count in sorted(counts.items())}
    report = {"decision": asdict(final), "questions": len(questions), "held_out_of_dev": figures}
    print(json.dumps(report, ensure_ascii=False, indent=1))
    if "--write" in arguments:
        target = Path(scoring.__file__).with_name("decision.json")
        target.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
