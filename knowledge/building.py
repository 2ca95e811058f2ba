"""Building the index: made in a new folder, then swapped in by replacing the pointer file.

The next folder is written from the last one, embedding and cutting only what is new, and is what building anew would
give. Vectors of a build that is interrupted are kept for the next one (``knowledge.kept_vectors``).
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from knowledge import index_files, ngrams
from knowledge import passages as cutting
from knowledge import vectors as vector_part
from knowledge.embedding import Calibration, Embedder, Progress, Vectors
from knowledge.entry import Entry
from knowledge.errors import EntryError, IndexError_
from knowledge.index import CURE, FORMAT, POINTER, Index, Manifest, current_folder, open_folder
from knowledge.kept_vectors import BATCH, KeptVectors
from knowledge.passages import Passage, passages
from knowledge.scoring import Decision, default_decision
from knowledge.storage import digest
from nlu.dialect import pinyin

KEPT_FOLDERS = 2
"""The serving folder and the one before, for readers that still have it open."""
REUSE = 0.5
"""Share of entries that must stay for a change to start from the serving index; else it is made anew."""
Tell = Callable[[int, Progress | None], Progress]


def build(
    entries: Sequence[Entry],
    index_dir: Path,
    embedder: Embedder,
    decision: Decision | None = None,
    progress: Tell | None = None,
) -> tuple[Manifest, bool]:
    """Makes the index of exactly ``entries`` the serving one; what the serving one already has is taken over.

    Args:
        entries: all entries, ids unique.
        index_dir: where indexes live; made when missing.
        embedder: the model; the search must open the same.
        decision: thresholds to store; the shipped ones when None.
        progress: called with the number of passages to embed; gives the function told of each batch.

    Returns:
        The manifest, and False when the serving index already was this one.

    Raises:
        IndexError_: no entries, or two with one id.
    """
    wanted = {entry.id.encode(): digest(entry) for entry in entries}
    if len(wanted) < len(entries):
        seen: set[str] = set()
        twice = next(entry.id for entry in entries if entry.id in seen or seen.add(entry.id))  # type: ignore[func-returns-value]
        raise IndexError_(f"two entries with the id {twice}")
    index_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(index_dir / ".lock"):
        base = _serving(index_dir, embedder.identity)
        kept = np.zeros(0, dtype=np.bool_)
        if base is not None:
            stays = zip(base.ids.tolist(), base.digests, strict=True)
            kept = np.array([wanted.get(name) == value.tobytes() for name, value in stays], dtype=np.bool_)
        same = set(base.ids[kept].tolist()) if base is not None else set()
        new = [entry for entry in entries if entry.id.encode() not in same]
        return _swap_in(index_dir, base, kept, new, embedder, decision, progress)


def change(
    index_dir: Path, embedder: Embedder, add: Sequence[Entry] = (), remove: Sequence[str] = ()
) -> tuple[Manifest, bool]:
    """Adds or replaces single entries and removes others without touching the rest.

    Raises:
        IndexError_: there is no index to change, or it was made with another model.
        EntryError: an id to remove is not in the index.
    """
    with FileLock(index_dir / ".lock"):
        base = _serving(index_dir, embedder.identity)
        if base is None:
            raise IndexError_(f"{index_dir}: no index of this model to change; {CURE}")
        gone = np.isin(base.ids, [name.encode() for name in remove])
        if int(gone.sum()) != len(set(remove)):
            missing = sorted(set(remove) - {name.decode() for name in base.ids[gone].tolist()})
            raise EntryError(f"{missing[0]}: no entry with this id")
        kept = ~(gone | np.isin(base.ids, [entry.id.encode() for entry in add]))
        return _swap_in(index_dir, base, kept, list(add), embedder, base.manifest.decision, None)


def _serving(index_dir: Path, model: str) -> Index | None:
    """The serving index when its vectors can be taken over."""
    folder = current_folder(index_dir)
    if folder is None:
        return None
    try:
        index = open_folder(folder)
    except IndexError_:
        try:
            index = open_folder(folder, default_decision())  # weights of another version; the vectors are good
            index = replace(index, manifest=replace(index.manifest, inputs=""))
        except IndexError_:
            return None  # damaged: make it anew
    return index if index.manifest.model == model and index.manifest.cutting == _cutting() else None


def _swap_in(
    index_dir: Path,
    base: Index | None,
    kept: npt.NDArray[np.bool_],
    new: list[Entry],
    embedder: Embedder,
    decision: Decision | None,
    progress: Tell | None,
) -> tuple[Manifest, bool]:
    """Writes the index of base's ``kept`` entries and ``new`` ones, and lets the pointer name it."""
    decision = decision or default_decision()
    pairs = [(entry.id.encode(), digest(entry)) for entry in new]
    if base is not None:
        digests = (value.tobytes() for value in base.digests[kept])
        pairs += zip(base.ids[kept].tolist(), digests, strict=True)
    if not pairs:
        raise IndexError_("no entries to build an index of")
    inputs = _inputs_hash(pairs, embedder.identity, decision)
    name = f"index-{inputs[:16]}"
    current = current_folder(index_dir)
    if current and base and base.manifest.inputs == inputs:
        return base.manifest, False
    if (index_dir / name).is_dir() and (current is None or current.name != name):
        try:
            manifest = open_folder(index_dir / name).manifest
        except IndexError_:
            pass
        else:
            _point_to(index_dir, name)  # the index before the last change
            return manifest, True
    known: dict[str, Vectors] = {}
    if base is not None:
        whole = base.manifest.folding != _folding() or kept.mean() < REUSE
        if whole:
            new = [base.entries[place] for place in np.flatnonzero(kept).tolist()] + new
        known = _vectors_of(base, np.arange(kept.size) if whole else np.flatnonzero(~kept))
        base = None if whole else base
    parts = [passages(entry) for entry in new]
    vectors = _embed(index_dir, new, parts, embedder, known, progress)
    with tempfile.TemporaryDirectory(dir=index_dir, prefix=".building.") as temporary:
        folder = Path(temporary, name)
        folder.mkdir()
        tables, kind = index_files.write(folder, base, kept, new, parts, vectors)
        manifest = Manifest(
            format=FORMAT,
            inputs=inputs,
            model=embedder.identity,
            dimension=embedder.dimension,
            calibration=embedder.calibration
            or (base.manifest.calibration if base else _estimated_calibration(vectors)),
            decision=decision,
            cutting=_cutting(),
            folding=_folding(),
            entries=len(tables["ids"]),
            passages=int(tables["first_row"][-1]),
            vectors=kind,
            built_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
        (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        index_files.sync(folder)
        if (index_dir / name).exists():
            shutil.rmtree(index_dir / name)  # damaged, or nobody would write it again
        folder.replace(index_dir / name)
    _point_to(index_dir, name)
    KeptVectors(index_dir, embedder.identity, embedder.dimension).delete()
    return manifest, True


def _vectors_of(base: Index, places: npt.NDArray[np.integer]) -> dict[str, Vectors]:
    """Embedded text -> stored vector of some entries; an entry rarely changes in all its passages."""
    known: dict[str, Vectors] = {}
    for place in places.tolist():
        texts = [passage.embedded for passage in passages(base.entries[place])]
        rows = np.arange(base.first_row[place], base.first_row[place + 1])
        if len(texts) == rows.size:
            known.update(zip(texts, vector_part.reconstruct(base.vectors, rows), strict=True))
    return known


def _embed(
    index_dir: Path,
    entries: Sequence[Entry],
    parts: list[list[Passage]],
    embedder: Embedder,
    known: dict[str, Vectors],
    progress: Tell | None,
) -> Vectors:
    """Vectors of all passages in order; imported documents, which come in bulk, take the fast way."""
    texts = [passage.embedded for part in parts for passage in part]
    fast = [entry.status == "imported" for entry, part in zip(entries, parts, strict=True) for _ in part]
    careful = {text for text, quick in zip(texts, fast, strict=True) if not quick}
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    ways = {quick: [text for text in missing if (text not in careful) is quick] for quick in (False, True)}
    with KeptVectors(index_dir, embedder.identity, embedder.dimension) as kept:
        for quick, mine in ways.items():
            known.update(kept.get(mine, quick))
            ways[quick] = [text for text in mine if text not in known]
        total = sum(map(len, ways.values()))
        tell = progress(total, None) if progress and total else (lambda _: None)
        for quick, mine in ways.items():
            for start in range(0, len(mine), BATCH):
                batch = mine[start : start + BATCH]
                made = embedder.documents(batch, tell, quick)
                kept.put(batch, made, quick)
                known.update(zip(batch, made, strict=True))
    vectors = np.empty((len(texts), embedder.dimension), np.float32)
    for row, text in enumerate(texts):
        vectors[row] = known[text]
    return vectors


def _hash_of(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _cutting() -> str:
    return _hash_of(inspect.getsource(cutting))


def _folding() -> str:
    return _hash_of(inspect.getsource(pinyin), inspect.getsource(ngrams))


def _inputs_hash(pairs: Iterable[tuple[bytes, bytes]], model: str, decision: Decision) -> str:
    """Of ids with digests, whatever their order: an index changed step by step equals one built at once."""
    whole = hashlib.sha256(f"{FORMAT}|{model}|{_cutting()}|{_folding()}|{json.dumps(asdict(decision))}".encode())
    for name, value in sorted(pairs):
        whole.update(name + b"\0" + value)
    return whole.hexdigest()


def _estimated_calibration(vectors: Vectors) -> Calibration:
    """For a model without known constants: ``low`` is the median cosine of strangers, ``high`` three quarters to 1."""
    rows = np.random.default_rng(0).permutation(len(vectors))[:2000]
    strangers = np.sum(vectors[rows] * vectors[np.roll(rows, 1)], axis=1) if len(rows) > 1 else np.zeros(1)
    low = float(np.median(strangers))
    return Calibration(round(low, 4), round(low + 0.75 * (1 - low), 4))


def _point_to(index_dir: Path, name: str) -> None:
    pointer = index_dir / f".{POINTER}.{os.getpid()}"
    with pointer.open("w", encoding="ascii") as out:
        out.write(name + "\n")
        out.flush()
        os.fsync(out.fileno())
    pointer.replace(index_dir / POINTER)
    old = sorted(
        (path for path in index_dir.glob("index-*") if path.is_dir() and path.name != name),
        key=lambda path: path.stat().st_mtime,
        reverse=True,
    )
    for folder in old[KEPT_FOLDERS - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)
