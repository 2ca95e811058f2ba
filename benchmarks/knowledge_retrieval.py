"""Measures search and writes ``results/knowledge.md``: ``python -m benchmarks.knowledge_retrieval [--errors]``.

Own questions (the test part only) over the shipped entries, and the public subsets beside the checkout when they are
there; each as written and with a fifth of the characters replaced by homophones; against two baselines in the same run:
BM25 over jieba words of the whole entry, and the embedding model alone over the same passages. ``--errors`` names the
questions of the *development* part that go wrong.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.knowledge_cases import start_from
from benchmarks.knowledge_questions import (
    FITTED,
    NOISE_SEED,
    NOISE_SHARE,
    PUBLIC,
    Question,
    chosen_on,
    homophones,
    misheard,
    public_part,
    read,
)
from benchmarks.machine import heading
from knowledge import building, evaluate, importing, index
from knowledge.embedding import Embedder, open_embedder
from knowledge.entry import Entry
from knowledge.models import resolve
from knowledge.retriever import Retriever
from settings import load_settings

RESULTS = Path(__file__).with_name("results") / "knowledge.md"
DEPTH = 10
Ranker = Callable[[str], list[str]]


class Bm25:
    """Okapi BM25 over jieba words of title, wordings, spoken form and text."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        import jieba
        from rank_bm25 import BM25Okapi

        jieba.setLogLevel("ERROR")
        self._words: Callable[[str], list[str]] = jieba.lcut
        self._ids = [entry.id for entry in entries]
        texts = ["\n".join((entry.title, *entry.questions, entry.spoken, entry.text)) for entry in entries]
        self._model = BM25Okapi([self._words(text) for text in texts])

    def __call__(self, text: str) -> list[str]:
        scores = self._model.get_scores(self._words(text))
        return [self._ids[place] for place in np.argsort(-scores, kind="stable")[:DEPTH] if scores[place] > 0]


class Dense:
    """The embedding model alone: an entry is as near as its nearest passage."""

    def __init__(self, opened: index.Index, embedder: Embedder) -> None:
        self._index, self._embedder = opened, embedder

    def __call__(self, text: str) -> list[str]:
        _, rows = self._index.vectors.search(self._embedder.queries([text]), min(200, self._index.vectors.ntotal))
        entries = dict.fromkeys(int(self._index.entry_of[row]) for row in rows[0] if row >= 0)
        return [self._index.entries[entry].id for entry in entries][:DEPTH]


@dataclass(frozen=True)
class Bench:
    """One set of entries made searchable in three ways."""

    search: Retriever
    bm25: Bm25
    dense: Dense

    def rankers(self) -> dict[str, Ranker]:
        """The three ways, by name."""
        return {
            "search": lambda text: [hit.id for hit in self.search.search([text], k=DEPTH).hits],
            "jieba BM25": self.bm25,
            "dense only": self.dense,
        }


def bench(entries: Sequence[Entry], folder: Path, embedder: Embedder) -> Bench:
    """Builds (or takes again) the index in ``folder``."""

    def progress(total: int, _: object) -> Callable[[int], object]:
        return tqdm(total=total, desc=folder.name, unit="text", file=sys.stderr).update  # type: ignore[no-any-return]

    building.build(entries, folder, embedder, progress=progress)
    opened = index.open_current(folder)
    return Bench(Retriever(opened, embedder), Bm25(entries), Dense(opened, embedder))


def own_rows(made: Bench, questions: Sequence[Question], errors: bool = False) -> list[str]:
    """Table rows for own questions: what the user gets, and who has the right entry first."""
    rows = []
    for noise in ("as written", "misheard", "misheard, 3 hypotheses"):
        for kind in dict.fromkeys(question.kind for question in questions):
            mine = [question for question in questions if question.kind == kind]
            got: Counter[str] = Counter()
            first: Counter[str] = Counter()
            for question in mine:
                heard = {
                    "as written": [question.text],
                    "misheard": [misheard(question.text)],
                    "misheard, 3 hypotheses": [misheard(question.text, NOISE_SEED + more) for more in range(3)],
                }[noise]
                found = made.search.search(heard)
                hits = [hit.id for hit in found.hits]
                good = bool(hits) and hits[0] in question.ids
                first["search"] += good
                if noise != "misheard, 3 hypotheses":
                    for name in ("bm25", "dense"):
                        ranked = getattr(made, name)(heard[0])
                        first[name] += bool(ranked) and ranked[0] in question.ids
                if found.decision == "answer":
                    outcome = "right" if good else "wrong"
                elif found.decision == "clarify":
                    outcome = "asked" if set(hits[:3]) & set(question.ids) else "asked wrong"
                else:
                    outcome = "refused"
                got[outcome] += 1
                if errors and (not good or outcome != "right") and outcome != "refused":
                    print(noise, kind, outcome, heard[0], question.ids, hits[:2], sep=" | ", file=sys.stderr)

            def share(count: int, total: int = len(mine)) -> str:
                return f"{count / total:.3f}"

            outside = kind == "outside"
            single = noise != "misheard, 3 hypotheses" and not outside
            cells = ["–" if outside else share(first["search"])]
            cells += [share(first[name]) if single else "–" for name in ("bm25", "dense")]
            cells += [
                "–" if outside and name in ("right", "asked") else share(got[name])
                for name in ("right", "wrong", "asked", "asked wrong", "refused")
            ]
            rows.append(f"| {kind}, {noise} | {len(mine)} | " + " | ".join(cells) + " |")
    return rows


def public_rows(subset: evaluate.Subset, made: Bench) -> list[str]:
    """Table rows for one public subset: all its questions, and those that nothing was fitted or chosen on."""
    rows = []
    fitted = subset.name in FITTED
    unseen = [not chosen_on(query.id) and not (fitted and public_part(query.id) == "dev") for query in subset.queries]
    for noise in (False, True):
        cells: dict[str, list[str]] = {"": [], ", unseen": []}
        for ranker in made.rankers().values():
            ranks = []
            for query in subset.queries:
                ranked = ranker(misheard(query.text) if noise else query.text)
                places = [place for place, name in enumerate(ranked, 1) if name in query.relevant]
                ranks.append(places[0] if places else 0)
            for part, mine in (("", ranks), (", unseen", [r for r, u in zip(ranks, unseen, strict=True) if u])):
                figures = evaluate.figures(len(subset.docs), mine, [])
                cells[part].append(f"{figures['hit@1']:.3f} / {figures['hit@3']:.3f} / {figures['mrr']:.3f}")
        for part, count in (("", len(unseen)), (", unseen", sum(unseen))):
            label = f"{subset.name}, {'misheard' if noise else 'as written'}{part}"
            rows.append(f"| {label} | {len(subset.docs)} | {count} | " + " | ".join(cells[part]) + " |")
    return rows


def timing(made: Bench, questions: Sequence[Question]) -> str:
    """Wall time of one search, embedding included."""
    times = []
    for question in questions:
        start = time.perf_counter()
        made.search.search([question.text])
        times.append((time.perf_counter() - start) * 1000)
    return (
        f"One search, embedding included: p50 {np.percentile(times, 50):.1f} ms, p95 {np.percentile(times, 95):.1f} ms."
    )


def main(arguments: list[str]) -> int:
    settings = load_settings()
    embedder = open_embedder(resolve(settings.models_dir, settings.embedding_dir))
    cache = settings.state_dir / "eval"
    entries = importing.read_paths(settings.knowledge_dirs).entries
    start_from(settings.index_dir, cache / "content")
    made = bench(entries, cache / "content", embedder)
    questions = read(entry.id for entry in entries)
    if "--errors" in arguments:
        own_rows(made, [question for question in questions if question.part == "dev"], errors=True)
        return 0
    test = [question for question in questions if question.part == "test"]
    lines = [
        "# Search",
        "",
        heading(),
        "",
        f"Model {embedder.identity}; {len(entries)} entries; misheard: {NOISE_SHARE:.0%} of the characters replaced by "
        f"homophones ({homophones()[0]}, seed {NOISE_SEED}).",
        "",
        "## Shipped entries, own questions (test part)",
        "",
        "Right entry first, by search and the two baselines; then what the user gets.",
        "",
        "| questions | n | search | jieba BM25 | dense only | answered right | answered wrong | asked, right one among "
        "three | asked, not among them | refused |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
        *own_rows(made, test),
        "",
        timing(made, test),
        "",
        "## Public subsets",
        "",
    ]
    if PUBLIC.is_file():
        lines += [
            "hit@1 / hit@3 / mrr of ten. Weights were fitted also on a third of the questions (by a hash of their ids) "
            f"of {' and '.join(FITTED)}, and half of all (by another hash) chose how documents are compared "
            "(docs/decisions/0025); `unseen` are those that neither was done on.",
            "",
            "| subset | documents | questions | search | jieba BM25 | dense only |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        for subset in evaluate.read(PUBLIC):
            lines += public_rows(subset, bench(subset.docs, cache / subset.name, embedder))
    else:
        lines.append(f"Skipped: {PUBLIC.name} is not beside this checkout.")
    text = "\n".join(lines) + "\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
