"""Search: from what was heard (one or several hypotheses) to entries with scores and a decision.

Each hypothesis is searched as it is and with dialect words replaced; the best of all counts. Region, topic and date are
filters inside the vector search, so the nearest allowed entries are found however many are not allowed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from knowledge import ngrams
from knowledge import vectors as vector_part
from knowledge.embedding import Embedder, open_embedder
from knowledge.entry import Day, Entry, Source, region_chain
from knowledge.errors import IndexError_
from knowledge.index import CURE, Index, current_folder, open_current
from knowledge.scoring import NEARNESS, Decision, fuse
from nlu.dialect import lexicon

CANDIDATES = 40
"""Passages each signal proposes for a hypothesis."""
MAX_HYPOTHESES = 5
MAX_CHARS = 200
"""A question longer than this is cut: what is asked stands at its start or end (half of each is kept)."""


@dataclass(frozen=True)
class Hit:
    """One entry found. ``score`` is 0..1; ``date`` is the day the entry was last checked, or its source's date, or the
    day it was imported; ``status`` tells a reviewed entry from an imported document, which nobody here has checked."""

    id: str
    title: str
    topic: str
    score: float
    spoken: str
    text: str
    sources: tuple[Source, ...]
    region: str
    date: Day | None
    status: Literal["reviewed", "imported"] = "reviewed"


@dataclass(frozen=True)
class SearchResult:
    """``answer``: give the first hit. ``clarify``: ask which title is meant. ``refuse``: say it is not known."""

    decision: Literal["answer", "clarify", "refuse"]
    hits: tuple[Hit, ...]


class Retriever:
    """The opened index and model; safe to use from several threads."""

    def __init__(self, index: Index, embedder: Embedder, index_dir: Path | None = None) -> None:
        if index.manifest.model != embedder.identity:
            raise IndexError_(
                f"{index.folder}: made with model {index.manifest.model}, not {embedder.identity}; {CURE}"
            )
        self._index = index
        self._embedder = embedder
        self._index_dir = index_dir
        self._swap = threading.Lock()

    @classmethod
    def open(cls, index_dir: Path, embedding_dir: Path, embedder: Embedder | None = None) -> Retriever:
        """Opens the serving index with its model (``embedder`` shares one that is already open).

        Raises:
            ModelError: the model is missing or damaged.
            IndexError_: no index, a damaged one, or one made with another model.
        """
        return cls(open_current(index_dir), embedder or open_embedder(embedding_dir), index_dir)

    @property
    def index(self) -> Index:
        """The index that serves now."""
        return self._index

    @property
    def embedder(self) -> Embedder:
        """The model, for others in this process that need vectors."""
        return self._embedder

    def refresh(self) -> bool:
        """Takes over a newly built index; True when there was one. Searches under way finish on the old one.

        Raises:
            IndexError_: the new index is damaged or made with another model; the old one goes on serving.
        """
        if self._index_dir is None:
            return False
        with self._swap:
            if current_folder(self._index_dir) in (None, self._index.folder):
                return False
            fresh = open_current(self._index_dir)
            if fresh.manifest.model != self._embedder.identity:
                raise IndexError_(f"{fresh.folder}: made with another model; {CURE}")
            self._index = fresh
            return True

    def search(
        self,
        queries: Sequence[str],
        k: int = 5,
        region: str | None = None,
        topic: str | None = None,
        on: date | None = None,
    ) -> SearchResult:
        """Finds entries for what was asked.

        Args:
            queries: hypotheses of one question, the likeliest first; at least the first should not be empty.
            k: most hits to give.
            region: where the user is (GB/T 2260 code); entries of that county, its city, its province and the nation
                are allowed. None or ``national``: national entries only.
            topic: only entries of this topic.
            on: the day the answer must be valid on; today when None.
        """
        index = self._index
        texts = _hypotheses(queries, region)
        chain = region_chain(region)
        allowed = _allowed(index, chain, topic, on or date.today())
        if not texts or not allowed.any():
            return SearchResult("refuse", ())
        entries, scores = self._score(index, texts, allowed)
        rank = scores + NEARNESS * _nearness(index.regions[entries], chain)
        order = np.argsort(-rank, kind="stable")[: max(k, 2)]
        hits = tuple(_hit(index.entries[entries[place]], float(scores[place])) for place in order)
        decision = decide(index.manifest.decision, [float(rank[place]) for place in order])
        return SearchResult(decision, hits[:k])

    def _score(
        self, index: Index, texts: list[str], allowed: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Candidate entries and their fused scores, the best over all hypotheses."""
        rows_allowed = allowed[index.entry_of]
        vectors = self._embedder.queries(texts)
        lexical = []
        nearest = vector_part.nearest(index.vectors, vectors, CANDIDATES, rows_allowed)
        found: set[int] = set(nearest[nearest >= 0].tolist())
        for text in texts:
            chars = index.chars.scores(ngrams.char_codes(text))
            pinyin = index.pinyin.scores(ngrams.pinyin_codes(text))
            lexical.append((chars, pinyin))
            for signal in (chars, pinyin):
                found.update(_top(np.where(rows_allowed, signal, 0.0)))
        entries = np.unique(index.entry_of[sorted(found)]).astype(np.int64)
        rows = np.concatenate([np.arange(index.first_row[e], index.first_row[e + 1]) for e in entries])
        stored = vector_part.reconstruct(index.vectors, rows)
        starts = np.concatenate([[0], np.cumsum(index.first_row[entries + 1] - index.first_row[entries])[:-1]])
        wording = rows >= np.repeat(index.first_wording[entries], np.diff(np.append(starts, len(rows))))
        best = np.zeros(len(entries), dtype=np.float32)
        for vector, (chars, pinyin) in zip(vectors, lexical, strict=True):
            dense = index.manifest.calibration(stored @ vector)
            best = np.maximum(best, fuse(dense, chars[rows], pinyin[rows], wording, starts))
        return entries, best


def decide(thresholds: Decision, scores: Sequence[float]) -> Literal["answer", "clarify", "refuse"]:
    """The decision for the best scores, highest first."""
    first = scores[0] if scores else 0.0
    lead = first - scores[1] if len(scores) > 1 else 1.0
    if first < thresholds.clarify:
        return "refuse"
    if first >= thresholds.answer:
        return "answer" if lead >= thresholds.tie else "clarify"
    if first >= thresholds.answer_with_margin and lead >= thresholds.margin:
        return "answer"
    return "clarify"


def _hypotheses(queries: Sequence[str], region: str | None) -> list[str]:
    texts: dict[str, None] = {}
    for query in list(queries)[:MAX_HYPOTHESES]:
        text = " ".join(query.split())
        if len(text) > MAX_CHARS:
            text = text[: MAX_CHARS // 2] + text[-MAX_CHARS // 2 :]
        if text:
            texts[text] = None
            texts[lexicon.normalise(text, region)] = None
    return [text for text in texts if text]


def _allowed(index: Index, chain: tuple[str, ...], topic: str | None, day: date) -> npt.NDArray[np.bool_]:
    ordinal = day.toordinal()
    allowed = index.regions.among(chain) & (index.valid[:, 0] <= ordinal) & (ordinal <= index.valid[:, 1])
    return allowed & index.topics.among((topic,)) if topic else allowed


def _nearness(regions: npt.NDArray[np.str_], chain: tuple[str, ...]) -> npt.NDArray[np.float32]:
    levels = {code: len(chain) - 1 - place for place, code in enumerate(chain)}
    return np.array([levels.get(str(region), 0) for region in regions], dtype=np.float32)


def _top(signal: npt.NDArray[np.float32]) -> list[int]:
    every = np.arange(len(signal))
    rows = np.argpartition(-signal, CANDIDATES)[:CANDIDATES] if len(signal) > CANDIDATES else every
    return [int(row) for row in rows if signal[row] > 0]


def _hit(entry: Entry, score: float) -> Hit:
    of_source = next((source.date for source in entry.sources if source.date), None)
    return Hit(
        id=entry.id,
        title=entry.title,
        topic=entry.topic,
        score=round(score, 4),
        spoken=entry.spoken,
        text=entry.text,
        sources=entry.sources,
        region=entry.region,
        date=entry.checked_on or of_source or entry.imported_on,
        status=entry.status,
    )
