"""The search index on disk: made in a new folder, then swapped in by replacing one pointer file.

``<index_dir>/current`` names the folder that serves. A folder holds ``manifest.json``, ``vectors.faiss`` (one vector a
passage), ``chars/`` and ``pinyin/`` (posting lists), ``tables.npz`` (which passage belongs to which entry, filters) and
``entries.jsonl``. A folder once named by the pointer is never changed: a change writes the next folder from the last
one, embedding and cutting only what is new, and gives what building anew would give.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
from filelock import FileLock

from knowledge import ngrams
from knowledge import passages as cutting
from knowledge import vectors as vector_part
from knowledge.embedding import Calibration, Embedder, Progress, Vectors
from knowledge.entry import Entry
from knowledge.errors import EntryError, IndexError_
from knowledge.ngrams import NgramIndex
from knowledge.passages import Passage, passages
from knowledge.rehearing import Rehearing
from knowledge.scoring import Decision, default_decision
from knowledge.storage import DIGEST_BYTES, EntryFile, Labels, digest, entry_line
from nlu.dialect import pinyin

FORMAT = 4
POINTER = "current"
KEPT_FOLDERS = 2
"""The serving folder and the one before, for readers that still have it open."""
REUSE = 0.5
"""Share of entries that must stay for a change to start from the serving index; else it is made anew."""
KINDS: dict[str, Callable[[str], ngrams.Codes]] = {"chars": ngrams.char_codes, "pinyin": ngrams.pinyin_codes}
_EVER, _NEVER = date.min.toordinal(), date.max.toordinal()
CURE = "run: xiangyin kb build"
Tell = Callable[[int, Progress | None], Progress]


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


def current_folder(index_dir: Path) -> Path | None:
    """The folder the pointer names, or None when nothing was built yet."""
    try:
        name = (index_dir / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return index_dir / name


def _estimated_calibration(vectors: Vectors) -> Calibration:
    """For a model without known constants: ``low`` is the median cosine of strangers, ``high`` three quarters to 1."""
    rows = np.random.default_rng(0).permutation(len(vectors))[:2000]
    strangers = np.sum(vectors[rows] * vectors[np.roll(rows, 1)], axis=1) if len(rows) > 1 else np.zeros(1)
    low = float(np.median(strangers))
    return Calibration(round(low, 4), round(low + 0.75 * (1 - low), 4))


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
    try:
        index = open_folder(folder) if folder else None
    except IndexError_:
        return None  # damaged: make it anew
    return index if index and index.manifest.model == model and index.manifest.cutting == _cutting() else None


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
    if current and base and current.name == name:
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
    vectors = _embed(new, parts, embedder, known, progress)
    with tempfile.TemporaryDirectory(dir=index_dir, prefix=".building.") as temporary:
        folder = Path(temporary, name)
        folder.mkdir()
        tables, kind = _write(folder, base, kept, new, parts, vectors)
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
        _sync(folder)
        if (index_dir / name).exists():
            shutil.rmtree(index_dir / name)  # damaged, or nobody would write it again
        folder.replace(index_dir / name)
    _point_to(index_dir, name)
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
    vectors = np.empty((len(texts), embedder.dimension), np.float32)
    if missing:
        tell = progress(len(missing), None) if progress else (lambda _: None)
        for quick in (False, True):
            mine = [text for text in missing if (text not in careful) is quick]
            if mine:
                known.update(zip(mine, embedder.documents(mine, tell, quick), strict=True))
    for row, text in enumerate(texts):
        vectors[row] = known[text]
    return vectors


def _write(
    folder: Path,
    base: Index | None,
    kept: npt.NDArray[np.bool_],
    new: Sequence[Entry],
    parts: list[list[Passage]],
    vectors: Vectors,
) -> tuple[dict[str, npt.NDArray[Any]], str]:
    """Everything but the manifest: base's ``kept`` entries, then ``new`` ones."""
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


def _sync(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                os.fsync(opened.fileno())


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


def open_folder(folder: Path) -> Index:
    """Opens one index folder.

    Raises:
        IndexError_: incomplete, damaged or of another format.
    """
    import faiss

    try:
        stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        if stored["format"] != FORMAT:
            raise IndexError_(f"{folder}: index format {stored['format']}, this version reads {FORMAT}; {CURE}")
        calibration, decision = Calibration(**stored.pop("calibration")), Decision.from_json(stored.pop("decision"))
        manifest = Manifest(**stored, calibration=calibration, decision=decision)
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
