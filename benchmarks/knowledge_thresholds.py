"""Fits the thresholds of answer, clarify and refuse on our own labelled questions; writes ``knowledge/decision.json``.

Odd lines of ``knowledge_queries.tsv`` fit; even lines are only reported. The rule: wrong answers given (out of scope
or the wrong entry) cost five, a clarification without the right entry two, a needless question or refusal one.
Usage: ``python -m benchmarks.knowledge_thresholds [--write]``.
"""

from __future__ import annotations

import itertools
import json
import random
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from knowledge import scoring
from knowledge.models import resolve
from knowledge.retriever import Retriever, decide
from knowledge.scoring import Decision
from settings import load_settings

QUERIES = Path(__file__).with_name("knowledge_queries.tsv")
COST = {"right": 0, "refused": 0, "wrong": 5, "clarify": 1, "clarify wrong": 2, "missed": 1.5}


@dataclass(frozen=True)
class Case:
    """One labelled question with what search found: ids and scores, best first."""

    kind: str
    relevant: tuple[str, ...]
    text: str
    ids: tuple[str, ...]
    scores: tuple[float, ...]


def outcome(case: Case, thresholds: Decision) -> str:
    """What the user would get."""
    decision = decide(thresholds, case.scores)
    if decision == "refuse":
        return "missed" if case.relevant else "refused"
    if decision == "answer":
        return "right" if case.ids[0] in case.relevant else "wrong"
    return "clarify" if set(case.ids[:3]) & set(case.relevant) else "clarify wrong"


def homophones(text: str, share: float, seed: int) -> str:
    """``text`` with a share of its characters replaced by others of the same toneless sound."""
    from pypinyin import lazy_pinyin

    pool: dict[str, list[str]] = {}
    for char in {char for line in QUERIES.read_text(encoding="utf-8") for char in line if "一" <= char <= "鿿"}:
        pool.setdefault(lazy_pinyin(char)[0], []).append(char)
    dice = random.Random(f"{seed}|{text}")
    letters = list(text)
    for place, char in enumerate(letters):
        others = sorted(set(pool.get(lazy_pinyin(char)[0], [])) - {char})
        if others and dice.random() < share:
            letters[place] = dice.choice(others)
    return "".join(letters)


def collect(retriever: Retriever, noise: float = 0.0) -> list[Case]:
    """All labelled questions whose entries exist, searched."""
    known = {entry.id for entry in retriever.index.entries}
    cases = []
    for line in QUERIES.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        kind, ids, text = line.split("\t")
        relevant = tuple(name for name in ids.split(",") if name in known)
        if kind != "out" and not relevant:
            continue
        hits = retriever.search([homophones(text, noise, 0) if noise else text]).hits
        cases.append(Case(kind, relevant, text, tuple(hit.id for hit in hits), tuple(hit.score for hit in hits)))
    return cases


def fit(cases: list[Case]) -> Decision:
    """The cheapest thresholds on a grid; of equals the most careful."""
    best, least = scoring.default_decision(), float("inf")
    grid = itertools.product(
        np.arange(0.40, 0.66, 0.01),
        np.arange(0.0, 0.09, 0.01),
        (0.03, 0.05, 0.08),
        np.arange(0.30, 0.50, 0.01),
        (0.0, 0.01, 0.02),
    )
    for answer, less, margin, clarify, tie in grid:
        if clarify > answer - less:
            continue
        thresholds = Decision(*(round(float(x), 3) for x in (answer, answer - less, margin, clarify, tie)))
        cost = sum(COST[outcome(case, thresholds)] for case in cases) - 1e-4 * answer - 1e-5 * clarify
        if cost < least:
            best, least = thresholds, cost
    return best


def summary(cases: list[Case], thresholds: Decision) -> dict[str, object]:
    """Counts of outcomes and the share of right entries first, by kind."""
    report: dict[str, object] = {}
    for kind in dict.fromkeys(case.kind for case in cases):
        mine = [case for case in cases if case.kind == kind]
        counts = dict(sorted(Counter(outcome(case, thresholds) for case in mine).items()))
        first = sum(bool(case.ids) and case.ids[0] in case.relevant for case in mine) / len(mine)
        report[kind] = {"queries": len(mine), "first": round(first, 3), **counts}
    return report


def main(arguments: list[str]) -> int:
    settings = load_settings()
    retriever = Retriever.open(settings.index_dir, resolve(settings.models_dir, settings.embedding_dir))
    cases = collect(retriever)
    noisy = collect(retriever, noise=0.2)
    thresholds = fit(cases[::2] + [case for case in noisy[::2] if case.kind != "out"])
    report = {
        "thresholds": asdict(thresholds),
        "model": retriever.index.manifest.model,
        "fitted_on": summary(cases[::2], thresholds),
        "kept_aside": summary(cases[1::2], thresholds),
        "kept_aside_misheard": summary(noisy[1::2], thresholds),
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))
    for case in cases:
        if outcome(case, thresholds) not in ("right", "refused"):
            print(outcome(case, thresholds), case.text, case.relevant, case.ids[:2], case.scores[:2], file=sys.stderr)
    if "--write" in arguments:
        target = Path(scoring.__file__).with_name("decision.json")
        target.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
