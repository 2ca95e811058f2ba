"""The search index on disk: built into a new folder, then swapped in by replacing one pointer file.

``<index_dir>/current`` names the folder that serves. A folder holds ``manifest.json``, ``vectors.faiss`` (one vector a
passage), ``ngrams.npz`` (posting lists), ``tables.npz`` (which passage belongs to which entry, filters) and
``entries.jsonl``. A folder once named by the pointer is never changed.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import shutil
import tempfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from knowledge import ngrams
from knowledge.embedding import Calibration, Embedder, Progress, Vectors
from knowledge.entry import Entry, Source
from knowledge.errors import IndexError_
from knowledge.ngrams import NgramIndex
from knowledge.passages import Passage, passages
from knowledge.rehearing import Rehearing
from knowledge.scoring import Decision, default_decision
from nlu.dialect import pinyin

FORMAT = 3
POINTER = "current"
KEPT_FOLDERS = 2
"""The serving folder and the one before, for readers that still have it open."""
_EVER, _NEVER = date.min.toordinal(), date.max.toordinal()
CURE = "run: xiangyin kb build"


@dataclass(frozen=True)
class Manifest:
    """What an index was made of; stored as ``manifest.json``."""

    format: int
    inputs: str
    """Hash of the entries, the model's identity and the thresholds."""
    model: str
    dimension: int
    calibration: Calibration
    decision: Decision
    entries: int
    passages: int
    built_at: str


@dataclass(frozen=True)
class Index:
    """An opened index. Rows are passages; each entry's passages lie side by side, bodies first."""

    manifest: Manifest
    folder: Path
    vectors: Any
    """faiss.IndexIDMap2 over passage rows."""
    chars: NgramIndex
    pinyin: NgramIndex
    first_row: npt.NDArray[np.int64]
    """``[entries + 1]``: rows of entry i are first_row[i]..first_row[i + 1]."""
    first_wording: npt.NDArray[np.int64]
    """``[entries]``: the row at which entry i's wordings start (its end when it has none)."""
    entry_of: npt.NDArray[np.int32]
    regions: npt.NDArray[np.str_]
    topics: npt.NDArray[np.str_]
    valid: npt.NDArray[np.int32]
    """``[entries, 2]``: first and last day as ordinals."""
    entries: tuple[Entry, ...]

    @cached_property
    def rehearing(self) -> Rehearing:
        """Second readings of misheard questions, in the words of this index."""
        return Rehearing.of(self.chars)


def entry_json(entry: Entry) -> dict[str, Any]:
    """The entry as plain JSON."""
    return json.loads(json.dumps({**asdict(entry), "sources": [s.model_dump() for s in entry.sources]}, default=str))  # type: ignore[no-any-return]


def entry_from_json(stored: dict[str, Any]) -> Entry:
    """The entry ``entry_json`` wrote."""
    days = {
        key: date.fromisoformat(stored[key]) if stored[key] else None
        for key in ("valid_from", "valid_to", "checked_on")
    }
    sources = tuple(Source.model_validate(source) for source in stored["sources"])
    return Entry(**{**stored, **days, "sources": sources, "questions": tuple(stored["questions"])})


def _inputs_hash(entries: Sequence[Entry], model: str, decision: Decision) -> str:
    digest = hashlib.sha256(f"{FORMAT}|{model}|{json.dumps(asdict(decision))}".encode())
    digest.update(inspect.getsource(pinyin).encode())  # another folding makes other n-grams
    for entry in entries:
        digest.update(json.dumps(entry_json(entry), ensure_ascii=False, sort_keys=True).encode())
    return digest.hexdigest()


def current_folder(index_dir: Path) -> Path | None:
    """The folder the pointer names, or None when nothing was built yet."""
    try:
        name = (index_dir / POINTER).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return None
    return index_dir / name


def _old_vectors(index_dir: Path, model: str) -> dict[str, Any]:
    """Passage text hash -> vector of the serving index, when the same model made it; else nothing."""
    folder = current_folder(index_dir)
    try:
        old = open_folder(folder) if folder else None
    except IndexError_:
        old = None
    if old is None or old.manifest.model != model:
        return {}
    texts = [passage.embedded for entry in old.entries for passage in passages(entry)]
    if len(texts) != old.manifest.passages:
        return {}
    return {text: old.vectors.reconstruct(row) for row, text in enumerate(texts)}


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
    progress: Callable[[int, Progress | None], Progress] | None = None,
) -> tuple[Manifest, bool]:
    """Builds the index of ``entries`` and makes it the serving one.

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
    import faiss

    decision = decision or default_decision()
    ids = [entry.id for entry in entries]
    if not ids or len(set(ids)) != len(ids):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        raise IndexError_(f"two entries with the id {twice[0]}" if twice else "no entries to build an index of")
    inputs = _inputs_hash(entries, embedder.identity, decision)
    name = f"index-{inputs[:16]}"
    if (current := current_folder(index_dir)) and current.name == name:
        try:
            return open_folder(current).manifest, False
        except IndexError_:
            pass  # damaged: build it again
    parts = [passages(entry) for entry in entries]
    texts = [passage.embedded for part in parts for passage in part]
    vectors = _embed(texts, embedder, _old_vectors(index_dir, embedder.identity), progress)
    manifest = Manifest(
        format=FORMAT,
        inputs=inputs,
        model=embedder.identity,
        dimension=embedder.dimension,
        calibration=embedder.calibration or _estimated_calibration(vectors),
        decision=decision,
        entries=len(entries),
        passages=len(texts),
        built_at=datetime.now(timezone.utc).isoformat(timespec="seconds"),
    )
    index_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=index_dir, prefix=".building.") as temporary:
        folder = Path(temporary, name)
        folder.mkdir()
        flat = faiss.IndexIDMap2(faiss.IndexFlatIP(embedder.dimension))
        flat.add_with_ids(vectors, np.arange(len(texts), dtype=np.int64))
        faiss.write_index(flat, str(folder / "vectors.faiss"))
        _write_tables(folder, entries, parts)
        (folder / "manifest.json").write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
        _sync(folder)
        if (index_dir / name).exists():
            shutil.rmtree(index_dir / name)
        folder.replace(index_dir / name)
    _point_to(index_dir, name)
    return manifest, True


def _embed(
    texts: list[str],
    embedder: Embedder,
    known: dict[str, Any],
    progress: Callable[[int, Progress | None], Progress] | None,
) -> Vectors:
    missing = [text for text in dict.fromkeys(texts) if text not in known]
    if missing:
        tell = progress(len(missing), None) if progress else (lambda _: None)
        known = known | dict(zip(missing, embedder.documents(missing, tell), strict=True))
    return np.stack([known[text] for text in texts]).astype(np.float32)


def _write_tables(folder: Path, entries: Sequence[Entry], parts: list[list[Passage]]) -> None:
    counts = np.array([len(part) for part in parts])
    first_row = np.concatenate([[0], np.cumsum(counts)])
    bodies = np.array([sum(passage.kind == "body" for passage in part) for part in parts])
    valid = [
        [(e.valid_from.toordinal() if e.valid_from else _EVER), (e.valid_to.toordinal() if e.valid_to else _NEVER)]
        for e in entries
    ]
    np.savez(
        folder / "tables.npz",
        first_row=first_row,
        first_wording=first_row[:-1] + bodies,
        regions=np.array([entry.region for entry in entries]),
        topics=np.array([entry.topic for entry in entries]),
        valid=np.array(valid, dtype=np.int32),
    )
    stored: dict[str, npt.NDArray[np.generic]] = {}
    texts = [passage.text for part in parts for passage in part]
    for kind, codes_of in (("chars", ngrams.char_codes), ("pinyin", ngrams.pinyin_codes)):
        stored |= {f"{kind}_{key}": value for key, value in ngrams.build(texts, codes_of).arrays().items()}
    np.savez(folder / "ngrams.npz", allow_pickle=False, **stored)
    with (folder / "entries.jsonl").open("w", encoding="utf-8") as out:
        for entry in entries:
            out.write(json.dumps(entry_json(entry), ensure_ascii=False) + "\n")


def _sync(folder: Path) -> None:
    for file in folder.iterdir():
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
        with np.load(folder / "ngrams.npz") as grams:
            kinds = {
                kind: NgramIndex.from_arrays(
                    {key.removeprefix(f"{kind}_"): grams[key] for key in grams.files if key.startswith(kind)}
                )
                for kind in ("chars", "pinyin")
            }
        lines = (folder / "entries.jsonl").read_text(encoding="utf-8").splitlines()
        entries = tuple(entry_from_json(json.loads(line)) for line in lines)
    except IndexError_:
        raise
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, EOFError, BadZipFile, zlib.error) as error:
        raise IndexError_(f"{folder}: damaged index ({type(error).__name__}); {CURE}") from error
    counts = np.diff(table["first_row"])
    if vectors.ntotal != manifest.passages or len(entries) != manifest.entries or counts.sum() != manifest.passages:
        raise IndexError_(f"{folder}: incomplete index; {CURE}")
    entry_of = np.repeat(np.arange(len(entries), dtype=np.int32), counts)
    return Index(
        manifest, folder, vectors, kinds["chars"], kinds["pinyin"], entry_of=entry_of, entries=entries, **table
    )


def open_current(index_dir: Path) -> Index:
    """Opens the serving index.

    Raises:
        IndexError_: nothing was built yet, or it is damaged.
    """
    folder = current_folder(index_dir)
    if folder is None:
        raise IndexError_(f"{index_dir}: no knowledge index yet; {CURE}")
    return open_folder(folder)
