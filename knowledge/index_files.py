"""Writes one index folder: what stays of the one before, then what is new."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from knowledge import ngrams
from knowledge import vectors as vector_part
from knowledge.embedding import Vectors
from knowledge.entry import Entry
from knowledge.index import Index
from knowledge.ngrams import NgramIndex
from knowledge.passages import Passage
from knowledge.storage import DIGEST_BYTES, digest, entry_line

KINDS: dict[str, Callable[[str], ngrams.Codes]] = {"chars": ngrams.char_codes, "pinyin": ngrams.pinyin_codes}
_EVER, _NEVER = date.min.toordinal(), date.max.toordinal()


def write(
    folder: Path,
    base: Index | None,
    kept: npt.NDArray[np.bool_],
    new: Sequence[Entry],
    parts: list[list[Passage]],
    vectors: Vectors,
) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """Everything but the manifest: base's ``kept`` entries, then ``new`` ones.

    Args:
        folder: to write into; exists, empty.
        base: the index to take over from; None when all is new.
        kept: ``[entries of base]``.
        new: entries to add.
        parts: the passages of each new entry.
        vectors: of all new passages in order.

    Returns:
        The tables, and the kind of the vectors.
    """
    import faiss

    tables = _tables(new, parts)
    texts = [passage.text for part in parts for passage in part]
    rows = kept[base.entry_of] if base is not None else np.zeros(0, dtype=np.bool_)
    for kind, codes_of in KINDS.items():
        old: NgramIndex | None = getattr(base, kind).keep(rows) if base is not None else None
        ngrams.extend(old, texts, codes_of).save(folder / kind)
    if base is None:
        stored = vector_part.make(vectors)
    else:
        stored = vector_part.change(faiss.read_index(str(base.folder / "vectors.faiss")), rows, vectors)
        tables = _joined(base, kept, tables)
    faiss.write_index(stored, str(folder / "vectors.faiss"))
    lengths = []
    with (folder / "entries.jsonl").open("wb") as out:
        for place in np.flatnonzero(kept).tolist() if base is not None else []:
            assert base is not None
            lengths.append(out.write(base.entries.line(place)))
        lengths += [out.write(entry_line(entry)) for entry in new]
    tables["lines"] = np.concatenate([[0], np.cumsum(lengths)])
    np.savez(folder / "tables.npz", allow_pickle=False, **tables)
    return tables, vector_part.kind_of(stored)


def _tables(entries: Sequence[Entry], parts: list[list[Passage]]) -> dict[str, npt.NDArray[Any]]:
    counts = np.array([len(part) for part in parts], dtype=np.int64)
    first_row = np.concatenate([[0], np.cumsum(counts)])
    bodies = np.array([sum(passage.kind == "body" for passage in part) for part in parts], dtype=np.int64)
    valid = [
        [(e.valid_from.toordinal() if e.valid_from else _EVER), (e.valid_to.toordinal() if e.valid_to else _NEVER)]
        for e in entries
    ]
    return {
        "first_row": first_row,
        "first_wording": first_row[:-1] + bodies,
        "regions": np.array([entry.region for entry in entries], dtype=np.str_),
        "topics": np.array([entry.topic for entry in entries], dtype=np.str_),
        "valid": np.array(valid, dtype=np.int32).reshape(-1, 2),
        "ids": np.array([entry.id.encode() for entry in entries], dtype=np.bytes_),
        "digests": np.frombuffer(b"".join(map(digest, entries)), np.uint8).reshape(-1, DIGEST_BYTES),
    }


def _joined(base: Index, kept: npt.NDArray[np.bool_], new: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    counts = np.diff(base.first_row)[kept]
    first_row = np.concatenate([[0], np.cumsum(counts)])
    bodies = (base.first_wording - base.first_row[:-1])[kept]
    places = np.flatnonzero(kept)
    old = {
        "regions": base.regions[places],
        "topics": base.topics[places],
        "valid": base.valid[kept],
        "ids": base.ids[kept],
        "digests": base.digests[kept],
    }
    return {
        "first_row": np.concatenate([first_row, first_row[-1] + new["first_row"][1:]]),
        "first_wording": np.concatenate([first_row[:-1] + bodies, first_row[-1] + new["first_wording"]]),
        **{key: np.concatenate([value, new[key]]) for key, value in old.items()},
    }


def sync(folder: Path) -> None:
    """Waits until all files of ``folder`` are on the disk."""
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())
