"""The search index on disk, as it is opened.

``<index_dir>/current`` names the folder that serves. A folder holds ``manifest.json``, ``vectors.faiss`` (one vector a
passage), ``chars/`` and ``pinyin/`` (posting lists), ``tables.npz`` (which passage belongs to which entry, filters) and
``entries.jsonl``. A folder once named by the pointer is never changed: ``knowledge.building`` makes the next one.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from knowledge import vectors as vector_part
from knowledge.embedding import Calibration
from knowledge.errors import IndexError_
from knowledge.ngrams import NgramIndex
from knowledge.rehearing import Rehearing
from knowledge.scoring import Decision
from knowledge.spread import SAMPLE, Spread
from knowledge.storage import EntryFile, Labels

FORMAT = 4
POINTER = "current"
CURE = "run: xiangyin kb build"
_BLOCK = 8_192
"""Vectors read at once; bounds the memory of opening."""


@dataclass(frozen=True)
class Manifest:
    """What an index was made of; stored as ``manifest.json``."""

    format: int
    inputs: str
    """Hash of the entries (in any order), the model's identity and the thresholds."""
    model: str
    dimension: int
    calibration: Calibration
    decision: Decision
    cutting: str
    """Hash of how entries become passages; vectors are reused only when it is the same."""
    folding: str
    """Hash of how passages become n-grams; posting lists are reused only when it is the same."""
    entries: int
    passages: int
    vectors: str
    """Flat, SQ8 or IVF...,SQ8."""
    built_at: str


@dataclass(frozen=True)
class Index:
    """An opened index. Rows are passages; each entry's passages lie side by side, bodies first."""

    manifest: Manifest
    folder: Path
    vectors: Any
    """faiss index; numbers are passage rows."""
    chars: NgramIndex
    pinyin: NgramIndex
    first_row: npt.NDArray[np.int64]
    """``[entries + 1]``: rows of entry i are first_row[i]..first_row[i + 1]."""
    first_wording: npt.NDArray[np.int64]
    """``[entries]``: the row at which entry i's wordings start (its end when it has none)."""
    entry_of: npt.NDArray[np.int32]
    regions: Labels
    topics: Labels
    valid: npt.NDArray[np.int32]
    """``[entries, 2]``: first and last day as ordinals."""
    ids: npt.NDArray[np.bytes_]
    """``[entries]`` ids in UTF-8."""
    digests: npt.NDArray[np.uint8]
    """``[entries, 16]`` of ``storage.digest``."""
    entries: EntryFile

    @cached_property
    def rehearing(self) -> Rehearing:
        """Second readings of misheard questions, in the words of this index."""
        return Rehearing.of(self.chars)

    @cached_property
    def wordings(self) -> str:
        """Titles and questions of all entries, one a line."""
        return self.entries.wordings()

    @cached_property
    def bare(self) -> npt.NDArray[np.bool_]:
        """``[entries]`` True for those without wordings, as documents are that people import."""
        found: npt.NDArray[np.bool_] = self.first_wording == self.first_row[1:]
        return found

    @cached_property
    def spread(self) -> Spread | None:
        """How the vectors of the bare entries lie; None when there are too few."""
        rows = np.flatnonzero(self.bare[self.entry_of])
        chosen = rows[np.linspace(0, rows.size - 1, min(rows.size, SAMPLE)).astype(np.int64)] if rows.size else rows
        return Spread.of(vector_part.reconstruct(self.vectors, chosen))

    @cached_property
    def evened(self) -> vector_part.Vectors:
        """``[passages]`` how long those of bare entries are on the evened axes; 1 for others."""
        lengths = np.ones(self.entry_of.size, np.float32)
        if self.spread:
            rows = np.flatnonzero(self.bare[self.entry_of])
            for start in range(0, rows.size, _BLOCK):
                part = rows[start : start + _BLOCK]
                lengths[part] = self.spread.lengths(vector_part.reconstruct(self.vectors, part))
        return lengths

    def warm(self) -> None:
        """Makes what the first search would otherwise wait for."""
        _ = self.rehearing, self.wordings, self.chars.idf, self.pinyin.idf, self.evened
        vector_part.reconstruct(self.vectors, np.zeros(1, np.int64))


def current_folder(index_dir: Path) -> Path | None:
    """The folder the pointer names, or None when nothing was built yet."""
    try:
        name = (index_dir / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return index_dir / name


def open_folder(folder: Path, decision: Decision | None = None) -> Index:
    """Opens one index folder, with ``decision`` in the place of the stored one where given.

    Raises:
        IndexError_: incomplete, damaged or of another format.
    """
    import faiss

    try:
        stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise IndexError_(f"{folder}: index format {stored['format']}, this version reads {FORMAT}; {CURE}")
        calibration, fitted = Calibration(**stored.pop("calibration")), stored.pop("decision")
        manifest = Manifest(**stored, calibration=calibration, decision=decision or Decision.from_json(fitted))
        faiss.omp_set_num_threads(1)  # threads cost more than they bring at these sizes
        vectors = faiss.read_index(str(folder / "vectors.faiss"))
        with np.load(folder / "tables.npz") as tables:
            table = {key: tables[key] for key in tables.files}
        regions, topics = Labels.of(table.pop("regions")), Labels.of(table.pop("topics"))
        entries = EntryFile(folder / "entries.jsonl", table.pop("lines"))
        chars, sounds = NgramIndex.load(folder / "chars"), NgramIndex.load(folder / "pinyin")
    except IndexError_:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, BadZipFile, zlib.error) as error:
        raise IndexError_(f"{folder}: damaged index ({type(error).__name__}); {CURE}") from error
    counts = np.diff(table["first_row"])
    passages_ = {vectors.ntotal, chars.passages, sounds.passages, int(counts.sum())}
    if passages_ != {manifest.passages} or len(entries) != manifest.entries:
        raise IndexError_(f"{folder}: incomplete index; {CURE}")
    entry_of = np.repeat(np.arange(len(entries), dtype=np.int32), counts)
    return Index(
        manifest,
        folder,
        vectors,
        chars,
        sounds,
        entry_of=entry_of,
        regions=regions,
        topics=topics,
        entries=entries,
        **table,
    )


def open_current(index_dir: Path) -> Index:
    """Opens the serving index.

    Raises:
        IndexError_: nothing was built yet, or it is damaged.
    """
    folder = current_folder(index_dir)
    if folder is None:
        raise IndexError_(f"{index_dir}: no knowledge index yet; {CURE}")
    try:
        return open_folder(folder)
    except IndexError_:
        if (now := current_folder(index_dir)) in (None, folder):
            raise
        assert now is not None
        return open_folder(now)  # swapped and cleared away while it was being opened
