"""Fits the weights and thresholds of search on the development questions; writes ``knowledge/decision.json``.

Every development question is searched as written and twice misheard (homophones of the content's own characters, then
dialect near-homophones) in three indexes of the shipped entries: as they are, as bare documents (without wordings and
spoken form, like imports), and mixed; and once more as if the entry that answers did not exist, which nothing else may
then answer. A multinomial logistic model is fitted to all of it. Thresholds are chosen on
probabilities of models that did not see the entry (folds by entry) at the least cost: a wrong answer costs five, a
needless question one, a needless refusal two and a half.
Usage: ``python -m benchmarks.knowledge_thresholds [--write]``.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize  # type: ignore[import-untyped]
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.knowledge_questions import NOISE_SHARE, Question, read
from knowledge import building, importing, index, scoring
from knowledge.embedding import Embedder, Progress, Vectors, open_embedder
from knowledge.entry import Entry
from knowledge.models import resolve
from knowledge.retriever import Retriever, readings
from knowledge.scoring import BARE, COVERED, NOTHING, SIGNALS, WORDED, Decision, Features, decide
from nlu.dialect import pinyin
from settings import load_settings

RIDGE = 1e-4
ABSENT = 0.15
"""Weight of a question whose entry is taken away."""
FOLDS = 4
MODES = ("worded", "bare", "mixed")
COST = {"right": 0.0, "refused": 0.0, "wrong": 5.0, "clarify": 1.0, "clarify wrong": 1.2, "missed": 2.5}
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """One searched question: features of the candidates and which of them answer it."""

    question: Question
    mode: str
    found: Features
    answers: npt.NDArray[np.bool_]
    weight: float = 1.0


def without_answers(case: Case) -> Case:
    """The case as if no entry answered it."""
    keep = ~case.answers
    worded, bare = case.found.worded[keep], case.found.bare[keep]
    covered = [
        max(float(worded[:, [row, row + SIGNALS]].max(initial=0)), float(bare[:, row].max(initial=0)))
        for row in COVERED
    ]
    nothing = np.array([*case.found.nothing[:2], *covered], dtype=np.float32)
    question = replace(case.question, kind="absent", ids=())
    return Case(question, case.mode, Features(worded, bare, nothing), case.answers[keep], ABSENT)


class Remembering:
    """An embedder that embeds each passage once, for indexes that share passages."""

    def __init__(self, embedder: Embedder) -> None:
        self.identity, self.dimension, self.calibration = embedder.identity, embedder.dimension, embedder.calibration
        self.queries, self.readings = embedder.queries, embedder.readings
        self._documents = embedder.documents
        self._known: dict[str, Vectors] = {}

    def documents(self, texts: Sequence[str], progress: Progress = lambda _: None, fast: bool = False) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known.update(zip(missing, self._documents(missing, progress, fast), strict=True))
        return np.stack([self._known[text] for text in texts])


def misheard_own(text: str, entries: Sequence[Entry], folded: bool) -> str:
    """``text`` with some characters replaced by homophones (or dialect near-homophones) from the entries."""
    pools = _pools(tuple(entries), folded)
    dice = random.Random(f"{folded}|{text}")
    sounds = [pinyin.fold(sound) if folded else sound for sound in pinyin.syllables(text)]
    letters = list(text)
    places = [place for place, char in enumerate(text) if "一" <= char <= "鿿"]
    for place in dice.sample(places, min(len(places), max(1, round(NOISE_SHARE * len(text))))):
        if others := sorted(pools.get(sounds[place], set()) - {text[place]}):
            letters[place] = dice.choice(others)
    return "".join(letters)


_POOLS: dict[bool, dict[str, set[str]]] = {}


def _pools(entries: tuple[Entry, ...], folded: bool) -> dict[str, set[str]]:
    if folded not in _POOLS:
        pool: dict[str, set[str]] = defaultdict(set)
        for char in {char for entry in entries for char in entry.title + entry.text if "一" <= char <= "鿿"}:
            sound = pinyin.syllables(char)[0]
            pool[pinyin.fold(sound) if folded else sound].add(char)
        _POOLS[folded] = pool
    return _POOLS[folded]


def _progress(total: int, _: Progress | None) -> Progress:
    return tqdm(total=total, desc="index", unit="text", file=sys.stderr).update  # type: ignore[no-any-return]


def collect(entries: Sequence[Entry], questions: Sequence[Question], embedder: Embedder) -> list[Case]:
    """All development cases of the three indexes."""
    bare = [replace(entry, questions=(), spoken="") for entry in entries]
    dice = random.Random(0)
    mixed = [dice.choice(pair) for pair in zip(entries, bare, strict=True)]
    blank = Decision(embedder.identity, (0.0,) * WORDED, (0.0,) * BARE, (0.0,) * NOTHING, 1.0, 1.0)
    remembering = Remembering(embedder)
    cases = []
    for mode, group in zip(MODES, (entries, bare, mixed), strict=True):
        with tempfile.TemporaryDirectory(prefix="kb-fit-") as folder:
            building.build(group, Path(folder), remembering, blank, _progress)
            retriever = Retriever(index.open_current(Path(folder)), remembering)
            every = np.ones(len(group), dtype=np.bool_)
            for question in tqdm(questions, desc=f"{mode} questions", file=sys.stderr):
                heard = [question.text, *(misheard_own(question.text, entries, folded) for folded in (False, True))]
                for text in heard:
                    rows, found = retriever.features(retriever.index, readings(retriever.index, text), every)
                    answers = np.array([retriever.index.entries[row].id in question.ids for row in rows])
                    cases.append(Case(question, mode, found, answers))
    return cases


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
    share = np.array([[case.weight] for case in cases]) / sum(case.weight for case in cases)
    ridge = np.full(x.shape[2], RIDGE)
    ridge[-NOTHING] = 0.0

    def loss(weights: Floats) -> tuple[float, Floats]:
        logits = x @ weights + empty
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        hit = (chances * right).sum(axis=1, keepdims=True) + 1e-12
        pull = (chances - chances * right / hit) * share
        slope = np.tensordot(pull, x, axes=([0, 1], [0, 1])) + ridge * weights
        return float(-(share * np.log(hit)).sum() + (ridge * weights**2).sum() / 2), slope.astype(np.float64)

    found: Floats = minimize(loss, np.zeros(x.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return found


def decision(model: str, weights: Floats, answer: float = 1.0, clarify: float = 1.0) -> Decision:
    """The weights as search uses them."""
    plain = tuple(round(float(weight), 3) for weight in weights)
    return Decision(model, plain[:WORDED], plain[WORDED:-NOTHING], plain[-NOTHING:], answer, clarify)


def outcome(case: Case, chances: Floats, nothing: float, thresholds: Decision) -> str:
    """What the user would get."""
    order = np.argsort(-chances)
    made = decide(thresholds, [float(chances[place]) for place in order[:3]], nothing)
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


def main(arguments: list[str]) -> int:
    settings = load_settings()
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    entries = importing.read_paths(settings.knowledge_dirs).entries
    questions = [question for question in read(entry.id for entry in entries) if question.part == "dev"]
    cases = collect(entries, questions, embedder)
    cases += [without_answers(case) for case in cases if case.answers.any()]
    judged = held_out(cases, embedder.identity)
    final = decision(embedder.identity, fit(cases))

    def cost(thresholds: Decision) -> float:
        return sum(case.weight * COST[outcome(case, *chances, thresholds)] for case, *chances in shipped)

    shipped = [each for each in judged if each[0].mode == "worded"]
    grid = itertools.product(np.arange(0.5, 0.96, 0.03), np.arange(0.2, 0.9, 0.05))
    choices = [replace(final, answer=round(float(a), 3), clarify=round(float(c), 3)) for a, c in grid]
    final = min(choices, key=lambda choice: (cost(choice), -choice.answer, -choice.clarify))
    figures: dict[str, dict[str, float]] = {}
    for mode, kind in itertools.product(MODES, ("plain", "dialect", "outside", "absent")):
        mine = [each for each in judged if each[0].mode == mode and each[0].question.kind == kind]
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
