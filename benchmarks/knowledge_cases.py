"""What search weights are fitted on: development questions searched in several indexes, their features and answers.

Every development question is searched as written and misheard (homophones of the content's own characters, and dialect
near-homophones) in two indexes of the shipped entries: as they are, and half of them as bare documents (without
wordings and spoken form, like imports). Two wordings of every entry are questions, too, to an index that lacks them,
and to one where each entry is a bare document of one wording. For bare documents a fixed third of the queries of two
public subsets is added when that file is beside the checkout.

What takes time is kept: the index of the shipped entries starts from the serving one, and the cases of each index are
stored beside it, so that an interrupted run goes on and the next one asks only what is new.
"""

from __future__ import annotations

import hashlib
import pickle
import random
import shutil
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.knowledge_questions import FITTED, NOISE_SHARE, PUBLIC, Question, misheard, public_part
from knowledge import building, evaluate, index
from knowledge.embedding import Embedder, Progress, Vectors
from knowledge.entry import Entry
from knowledge.passages import passages
from knowledge.retriever import Retriever, readings
from knowledge.scoring import BARE, COVERED, NOTHING, SIGNALS, WORDED, Decision, Features
from knowledge.vectors import reconstruct
from nlu.dialect import pinyin

ABSENT = 0.15
"""Weight of a question whose entry is taken away."""
HELD = 0.5
"""Weight of a wording asked of an index without it: these are neater than what people say."""
PUBLIC_WEIGHT = 3.0
HELD_WORDINGS = 2
FEWEST_WORDINGS = 5
"""Entries with fewer keep them all."""
KEPT = 40
"""Candidates kept of each case; the others have no chance."""


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
    concerned = [float(worded[:, column].max(initial=0)) for column in (WORDED - 4, WORDED - 3)]
    fixed = case.found.nothing
    nothing = np.array([*fixed[:2], *covered, fixed[4], *concerned], dtype=np.float32)
    question = replace(case.question, kind="absent", ids=())
    return Case(question, case.mode, Features(worded, bare, nothing), case.answers[keep], ABSENT * case.weight)


def misheard_own(text: str, pools: dict[str, set[str]], folded: bool) -> str:
    """``text`` with some characters replaced by homophones (or dialect near-homophones) of ``pools``."""
    dice = random.Random(f"{folded}|{text}")
    sounds = [pinyin.fold(sound) if folded else sound for sound in pinyin.syllables(text)]
    letters = list(text)
    places = [place for place, char in enumerate(text) if "一" <= char <= "鿿"]
    for place in dice.sample(places, min(len(places), max(1, round(NOISE_SHARE * len(text))))):
        if others := sorted(pools.get(sounds[place], set()) - {text[place]}):
            letters[place] = dice.choice(others)
    return "".join(letters)


def _pools(entries: Sequence[Entry], folded: bool) -> dict[str, set[str]]:
    """The characters of the entries by their (folded) sound."""
    pool: dict[str, set[str]] = defaultdict(set)
    for char in {char for entry in entries for char in entry.title + entry.text if "一" <= char <= "鿿"}:
        sound = pinyin.syllables(char)[0]
        pool[pinyin.fold(sound) if folded else sound].add(char)
    return pool


class Remembering:
    """An embedder that takes vectors of passages from indexes already built."""

    def __init__(self, embedder: Embedder) -> None:
        self.identity, self.dimension, self.calibration = embedder.identity, embedder.dimension, embedder.calibration
        self.queries, self.readings = embedder.queries, embedder.readings
        self._documents = embedder.documents
        self._known: dict[str, Vectors] = {}

    def remember(self, opened: index.Index) -> None:
        """Takes over the vectors of an index."""
        stored = reconstruct(opened.vectors, np.arange(opened.manifest.passages))
        texts = [passage.embedded for entry in opened.entries for passage in passages(entry)]
        self._known.update(zip(texts, stored, strict=True))

    def documents(self, texts: Sequence[str], progress: Progress = lambda _: None, fast: bool = False) -> Vectors:
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            self._known.update(zip(missing, self._documents(missing, progress, fast), strict=True))
        return np.stack([self._known[text] for text in texts])


def _strongest(found: Features, answers: npt.NDArray[np.bool_]) -> tuple[Features, npt.NDArray[np.bool_]]:
    signals = found.worded[:, : 2 * SIGNALS].sum(axis=1) + 2 * found.bare[:, :SIGNALS].sum(axis=1)
    keep = np.sort(np.argsort(-(signals + 99 * answers), kind="stable")[:KEPT])
    return Features(found.worded[keep], found.bare[keep], found.nothing), answers[keep]


SHAPED_BY = (*(Path(index.__file__).parent.glob("*.py")), *(Path(pinyin.__file__).parent.glob("*.*")))
"""Sources that shape features: cases kept from before one of them changed are not used."""


def start_from(serving: Path, folder: Path) -> None:
    """Copies the serving index to ``folder`` where none is yet, so that its vectors need not be made again."""
    if not folder.exists() and (made := index.current_folder(serving)):
        shutil.copytree(made, folder / made.name)
        shutil.copy2(serving / index.POINTER, folder / index.POINTER)


@dataclass(frozen=True)
class Searcher:
    """One index to ask; a context manager that keeps the cases for the next run."""

    mode: str
    retriever: Retriever
    path: Path
    kept: dict[str, tuple[Features, npt.NDArray[np.bool_]]] = field(default_factory=dict)
    """Features of the strongest candidates and which of them answer, by entries that answer and text."""

    @classmethod
    def of(cls, mode: str, name: str, entries: Sequence[Entry], cache: Path, embedder: Embedder) -> Searcher:
        """Builds (or takes again) the index ``name`` in ``cache``; the weights in it are not used."""

        def progress(total: int, _: Progress | None) -> Progress:
            return tqdm(total=total, desc=name, unit="text", file=sys.stderr).update  # type: ignore[no-any-return]

        blank = Decision(embedder.identity, (0.0,) * WORDED, (0.0,) * BARE, (0.0,) * NOTHING, 1.0, 1.0)
        building.build(entries, cache / name, embedder, blank, progress)
        opened = index.open_current(cache / name)
        digest = hashlib.sha256(opened.folder.name.encode())
        for source in sorted(SHAPED_BY):
            digest.update(source.read_bytes())
        path = cache / f"{name}-{mode}.{digest.hexdigest()[:16]}.pickle"
        return cls(mode, Retriever(opened, embedder), path, pickle.loads(path.read_bytes()) if path.is_file() else {})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for older in self.path.parent.glob(f"{self.path.name.split('.')[0]}.*.pickle"):
            older.unlink()
        self.path.write_bytes(pickle.dumps(self.kept))

    def case(self, question: Question, text: str, weight: float = 1.0) -> Case:
        """``question`` asked as ``text``."""
        key = f"{','.join(question.ids)}|{text}"
        if key not in self.kept:
            opened = self.retriever.index
            every = np.ones(len(opened.entries), dtype=np.bool_)
            rows, found = self.retriever.features(opened, readings(opened, text), every)
            answers = np.array([opened.ids[row].decode() in question.ids for row in rows], dtype=np.bool_)
            self.kept[key] = _strongest(found, answers)
        return Case(question, self.mode, *self.kept[key], weight)


def _held_out_wordings(entry: Entry) -> tuple[str, ...]:
    if len(entry.questions) < FEWEST_WORDINGS:
        return ()
    by_chance = sorted(entry.questions, key=lambda text: hashlib.sha256(text.encode()).digest())
    return tuple(by_chance[:HELD_WORDINGS])


def collect(
    entries: Sequence[Entry], questions: Sequence[Question], embedder: Embedder, cache: Path, whole: bool = True
) -> list[Case]:
    """All cases; of each index in ``cache`` only what is new is embedded. Not ``whole``: only the questions as written
    and misheard in the index of the shipped entries, which thresholds alone are chosen on."""
    pools = {folded: _pools(entries, folded) for folded in (False, True)}
    dice = random.Random(0)
    mixed = [dice.choice((entry, replace(entry, questions=(), spoken="", status="imported"))) for entry in entries]
    remembering = Remembering(embedder)
    cases = []
    for mode, name, group, variants in (
        ("worded", "content", entries, (None, False, True)),
        ("mixed", "mixed", mixed, (None, False)),
    ):
        with Searcher.of(mode, name, group, cache, remembering) as ask:
            remembering.remember(ask.retriever.index)
            for question in tqdm(questions, desc=f"{mode} questions", file=sys.stderr):
                for folded in variants if whole else variants[:2]:
                    text = question.text if folded is None else misheard_own(question.text, pools[folded], folded)
                    cases.append(ask.case(question, text))
        if not whole:
            return cases
    held = {entry.id: _held_out_wordings(entry) for entry in entries}
    less = [replace(e, questions=tuple(q for q in e.questions if q not in held[e.id])) for e in entries]
    short = [_short(entry, held[entry.id]) for entry in entries]
    for mode, group in (("held", less), ("short", short)):
        with Searcher.of(mode, mode, group, cache, remembering) as ask:
            for name, texts in tqdm(held.items(), desc=mode, file=sys.stderr):
                cases += [ask.case(Question("held", "", (name,), text, "dev"), text, HELD) for text in texts]
    return cases + (_public(embedder, cache) if PUBLIC.is_file() else [])


def _short(entry: Entry, held: tuple[str, ...]) -> Entry:
    """A bare document that says no more than one wording of ``entry`` that is not ``held``."""
    said = next((text for text in entry.questions if text not in held), entry.title)
    return Entry(entry.id, "", entry.topic, said, status="imported")


def _public(embedder: Embedder, cache: Path) -> list[Case]:
    """The third of the public queries that bare documents' weights may be fitted on."""
    cases = []
    for subset in evaluate.read(PUBLIC):
        if subset.name not in FITTED:
            continue
        with Searcher.of("public", subset.name, subset.docs, cache, embedder) as ask:
            for query in tqdm(subset.queries, desc=subset.name, file=sys.stderr):
                if public_part(query.id) == "dev":
                    question = Question("public", subset.name, query.relevant, query.text, "dev")
                    heard = (query.text, misheard(query.text, seed=1))
                    cases += [ask.case(question, text, PUBLIC_WEIGHT) for text in heard]
    return cases
