"""Search: from what was heard (one or several hypotheses) to entries with scores and a decision.

Each hypothesis is searched as it is, with dialect words replaced, and as it was probably said; the best of the three
counts, and the hypotheses are averaged by rank. Region, topic and date are filters inside the vector search, so the
nearest allowed entries are found however many are not allowed.
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

from knowledge import concepts, ngrams, scoring, subjects
from knowledge import vectors as vector_part
from knowledge.embedding import Embedder, Vectors, open_embedder
from knowledge.entry import Day, Entry, Source, region_chain
from knowledge.errors import IndexError_
from knowledge.index import CURE, Index, current_folder, open_current
from knowledge.matching import Question
from knowledge.scoring import Features, Signals, decide
from nlu.dialect import lexicon

CANDIDATES = 40
"""Passages each signal proposes for a hypothesis."""
MAX_HYPOTHESES = 5
MAX_CHARS = 200
"""A question longer than this is cut: what is asked stands at its start or end (half of each is kept)."""
PLAIN = 2
"""The first readings change no more than dialect words."""
_NO_FEATURES = np.zeros(scoring.NOTHING, dtype=np.float32)


@dataclass(frozen=True)
class Hit:
    """One entry found. ``score`` is the probability that it answers the question; ``date`` is the day the entry was
    last checked, or its source's date, or the day it was imported; ``status`` tells a reviewed entry from an imported
    document, which nobody here has checked."""

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
                raise IndexError_(f"{fresh.folder}: made with another model than this process has open; restart it")
            fresh.warm()
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
        spoken = dict.fromkeys(query.strip() for query in queries)
        heard = [found for query in list(spoken)[:MAX_HYPOTHESES] if (found := readings(index, query, region))]
        chain = region_chain(region)
        allowed = _allowed(index, chain, topic, on or date.today())
        if not heard or not allowed.any():
            return SearchResult("refuse", ())
        chances, nothing = self._chances(index, heard, allowed)
        entries = np.fromiter(chances, dtype=np.int64)
        near = scoring.prefer_near(
            np.fromiter(chances.values(), dtype=np.float32), _nearness(index.regions[entries], chain)
        )
        order = np.argsort(-near, kind="stable")
        shown = [index.entries[entries[place]] for place in order[: max(k, 1)]]
        hits = tuple(_hit(entry, float(near[place])) for entry, place in zip(shown[:k], order, strict=False))
        decision = decide(index.manifest.decision, near[order].tolist(), nothing)
        if decision == "answer":
            decision = _checked(index, shown[0], heard[0])
        if decision == "clarify":
            hits = _to_the_point_first(hits, shown[:k], heard)
        return SearchResult(decision, hits)

    def _chances(
        self, index: Index, heard: list[list[str]], allowed: npt.NDArray[np.bool_]
    ) -> tuple[dict[int, float], float]:
        """Probability of each candidate entry and of "nothing", averaged over what may have been said.

        The likelier a hypothesis the more it counts (1, 1/2, 1/3 ...). One that leads elsewhere takes from the others,
        so hypotheses that disagree end in a question back, not in a confident answer.
        """
        weights = np.array([1 / (rank + 1) for rank in range(len(heard))])
        chances: dict[int, float] = {}
        nothing = 0.0
        for weight, readings in zip((weights / weights.sum()).tolist(), heard, strict=True):
            entries, found = self.features(index, readings, allowed)
            probabilities, rest = found.probabilities(index.manifest.decision)
            nothing += weight * rest
            for entry, probability in zip(entries.tolist(), probabilities.tolist(), strict=True):
                chances[entry] = chances.get(entry, 0.0) + weight * probability
        return chances, nothing

    def features(
        self, index: Index, readings: list[str], allowed: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], Features]:
        """Candidate entries for one hypothesis and their features, each the best over its readings (see ``readings``).

        Args:
            index: the index to search.
            readings: of the function ``readings``.
            allowed: ``[entries]``.
        """
        rows_allowed = allowed[index.entry_of]
        vectors = self._embedder.readings(meant(readings))
        nearest = vector_part.nearest(index.vectors, vectors, CANDIDATES, rows_allowed)
        heard = list(dict.fromkeys(readings))  # a question in Mandarin words stands among its readings twice
        plain = len(set(readings[:PLAIN]))
        chars = Question(index.chars, [ngrams.char_codes(text) for text in heard])
        sounds = Question(index.pinyin, [ngrams.pinyin_codes(text) for text in heard])
        sparse = [question.best(CANDIDATES, rows_allowed) for question in (chars, sounds)]
        found = np.unique(np.concatenate([nearest[nearest >= 0], *sparse]))
        entries = np.unique(index.entry_of[found]).astype(np.int64)
        if not entries.size:
            empty = np.zeros((0, 0), dtype=np.float32)
            return entries, Features(empty.reshape(0, scoring.WORDED), empty.reshape(0, scoring.BARE), _NO_FEATURES)
        counts = index.first_row[entries + 1] - index.first_row[entries]
        starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
        rows = np.arange(counts.sum()) + np.repeat(index.first_row[entries] - starts, counts)
        wording = rows >= np.repeat(index.first_wording[entries], counts)
        dense = _dense(index, vectors, rows, np.repeat(index.bare[entries], counts))
        of_chars, whole_chars, counted = chars.signals(rows, starts)
        of_sounds, whole_sounds, _ = sounds.signals(rows, starts)

        def together(count: int) -> npt.NDArray[np.float32]:
            (tfidf, *covered), (sound, *sounding) = (each[:count].max(axis=0) for each in (of_chars, of_sounds))
            return np.stack([dense, tfidf, sound, *covered, *sounding]).astype(np.float32)

        named = frozenset[str]().union(*map(subjects.named, readings[1:] or readings))
        asked = concepts.asked(heard)
        wordings = index.first_row[entries + 1] - index.first_wording[entries]
        strange = np.zeros(entries.size, np.bool_)
        if named:
            strange = ~index.entries.holding(entries.tolist(), subjects.spellings(named))
        each = zip(entries.tolist(), wordings.tolist(), strict=True)
        said = [index.entries.words(entry) if asked and lines else "" for entry, lines in each]
        signals = Signals(
            best=together(len(heard)),
            plain=together(plain),
            whole=np.concatenate([whole_chars.max(axis=0), whole_sounds.max(axis=0)]),
            counted=np.maximum.reduceat(np.where(wording, 0.0, counted.max(axis=0)), starts, axis=1).astype(np.float32),
            concerns=concepts.shares(asked, said, wordings.tolist()),
            strange=strange,
            longest=-np.log(np.minimum.reduceat(np.where(wording, 1.0, index.chars.inverse_norms[rows]), starts)),
            wording=wording,
            starts=starts,
        )
        return entries, scoring.features(signals, readings[0], asked > 0)


def _dense(
    index: Index, vectors: Vectors, rows: npt.NDArray[np.int64], bare: npt.NDArray[np.bool_]
) -> npt.NDArray[np.float32]:
    """``[rows]`` how near each is to the nearest reading, 0..1; ``bare`` marks those of entries without wordings."""
    stored = vector_part.reconstruct(index.vectors, rows)
    dense = index.manifest.calibration(vectors @ stored.T)
    if bare.any() and index.spread:
        dense[:, bare] = index.spread.nearness(vectors, stored[bare], index.evened[rows[bare]])
    best: npt.NDArray[np.float32] = dense.max(axis=0)
    return best


def _checked(index: Index, best: Entry, heard: list[str]) -> Literal["answer", "clarify", "refuse"]:
    """What may be done with an entry good enough to answer; never is one crop's remedy given for another's.

    Judged by the words as heard, or in Mandarin (``heard`` holds them first): as they were probably said, an unknown
    crop may have become a known one.
    """
    plain = dict.fromkeys(heard[:PLAIN])
    if all(subjects.of_people(best, reading) for reading in plain):
        return "clarify"
    if not all(subjects.another(best, reading) for reading in plain):
        return "answer"
    return "refuse" if all(subjects.unknown(index.wordings, reading) for reading in plain) else "clarify"


def _to_the_point_first(hits: tuple[Hit, ...], shown: Sequence[Entry], heard: list[list[str]]) -> tuple[Hit, ...]:
    """``hits`` (of the entries ``shown``) with those on another crop or pest than asked about behind the others: among
    the titles read out, what to do about fallen maize is nothing to somebody whose wheat fell."""
    plain = dict.fromkeys(reading for readings in heard for reading in readings[:PLAIN])
    beside = [all(subjects.another(entry, reading) for reading in plain) for entry in shown]
    return tuple(hit for wanted in (False, True) for hit, off in zip(hits, beside, strict=True) if off is wanted)


def readings(index: Index, query: str, region: str | None = None) -> list[str]:
    """A question as heard; in Mandarin words; and as it was probably said, in Mandarin words. What follows is left out
    where it says nothing new. Empty: nothing asked."""
    text = " ".join(query.split())
    if len(text) > MAX_CHARS:
        text = text[: MAX_CHARS // 2] + text[-MAX_CHARS // 2 :]
    if not text:
        return []
    mandarin = lexicon.normalise(text, region)
    guess = lexicon.normalise(index.rehearing(text), region)
    if guess in (text, mandarin):
        return [text, mandarin] if mandarin != text else [text]
    return [text, mandarin, guess]


def meant(readings: list[str]) -> list[str]:
    """The reading worth embedding, which is most of a search's time: as it was probably said, in Mandarin words.

    With what was heard embedded as well, 440 development questions had the right entry nearest as often (as written
    .863 : .873 without, misheard .729 : .720), and the public ones just as often."""
    return readings[-1:]


def _allowed(index: Index, chain: tuple[str, ...], topic: str | None, day: date) -> npt.NDArray[np.bool_]:
    ordinal = day.toordinal()
    allowed = index.regions.among(chain) & (index.valid[:, 0] <= ordinal) & (ordinal <= index.valid[:, 1])
    return allowed & index.topics.among((topic,)) if topic else allowed


def _nearness(regions: npt.NDArray[np.str_], chain: tuple[str, ...]) -> npt.NDArray[np.float32]:
    levels = {code: len(chain) - 1 - place for place, code in enumerate(chain)}
    return np.array([levels.get(str(region), 0) for region in regions], dtype=np.float32)


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
