"""``kb eval``: ranks labelled queries with the production retriever, one temporary index a subset.

Figures a subset: hit@1, hit@3, hit@5 (share of queries with a relevant entry that high), mrr (of the first ten),
p50_ms and p95_ms (wall time of one search, embedding included).
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from knowledge import building, index
from knowledge.embedding import Embedder, Progress
from knowledge.entry import Entry
from knowledge.errors import EntryError
from knowledge.retriever import Retriever

DEPTH = 10


class Row(BaseModel):
    """One line of an evaluation file; further fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: str
    id: str
    text: str
    subset: str
    relevant: tuple[str, ...] = ()
    title: str = ""


@dataclass(frozen=True)
class Subset:
    """Documents and queries that belong together."""

    name: str
    docs: tuple[Entry, ...]
    queries: tuple[Row, ...]


def read(path: Path) -> list[Subset]:
    """The subsets of an evaluation file, in order of appearance.

    Raises:
        EntryError: a line is not what the contract says; the message names it.
    """
    rows: list[Row] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        rows.append(Row.model_validate_json(line))
                    except ValidationError as error:
                        first = error.errors()[0]
                        place = ".".join(map(str, first["loc"])) or "line"
                        raise EntryError(f"{path}:{number}: {place}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise EntryError(f"{path}: cannot be read: {error}") from error
    subsets = []
    for name in dict.fromkeys(row.subset for row in rows):
        mine = [row for row in rows if row.subset == name]
        docs = {row.id: Entry(row.id, row.title, "", row.text) for row in mine if row.kind == "doc"}
        queries = tuple(row for row in mine if row.kind == "query")
        subsets.append(Subset(name, tuple(docs.values()), queries))
    return subsets


def evaluate(
    subsets: Sequence[Subset],
    embedder: Embedder,
    progress: Callable[[str, int], Progress] | None = None,
) -> dict[str, dict[str, float]]:
    """Figures by subset. The serving index is not touched.

    Args:
        subsets: from ``read``.
        embedder: the production model.
        progress: called with a label and a total; gives the function told of each step.
    """
    report = {}
    for subset in subsets:
        with tempfile.TemporaryDirectory(prefix="kb-eval-") as folder:
            tell = (lambda total, _, s=subset: progress(s.name, total)) if progress else None
            building.build(subset.docs, Path(folder), embedder, progress=tell)
            retriever = Retriever(index.open_current(Path(folder)), embedder)
            ranks, times = [], []
            for query in subset.queries:
                start = time.perf_counter()
                hits = retriever.search([query.text], k=DEPTH).hits
                times.append((time.perf_counter() - start) * 1000)
                places = [place for place, hit in enumerate(hits, 1) if hit.id in query.relevant]
                ranks.append(places[0] if places else 0)
        report[subset.name] = figures(len(subset.docs), ranks, times)
    return report


def figures(docs: int, ranks: Sequence[int], times: Sequence[float]) -> dict[str, float]:
    """Figures of one subset from the rank of each first relevant hit (0: none) and the milliseconds of each query."""
    rank = np.asarray(ranks)
    found = rank > 0

    def share(depth: int) -> float:
        return round(float(np.mean(found & (rank <= depth))), 4) if len(rank) else 0.0

    return {
        "docs": docs,
        "queries": len(ranks),
        "hit@1": share(1),
        "hit@3": share(3),
        "hit@5": share(5),
        "mrr": round(float(np.mean(np.where(found, 1 / np.maximum(rank, 1), 0.0))), 4) if len(rank) else 0.0,
        "p50_ms": round(float(np.percentile(times, 50)), 2) if len(times) else 0.0,
        "p95_ms": round(float(np.percentile(times, 95)), 2) if len(times) else 0.0,
    }


def as_json(report: dict[str, dict[str, float]]) -> str:
    """One JSON object, subsets as keys."""
    return json.dumps(report, ensure_ascii=False)
