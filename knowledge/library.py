"""What the knowledge base consists of (content folders and imported documents), and building it all."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from knowledge import fraud_training, importing, index
from knowledge.embedding import OnnxEmbedder, Progress, open_embedder
from knowledge.entry import Entry
from knowledge.errors import IndexError_
from knowledge.models import resolve

IMPORTED = "imported.jsonl"
"""In the state directory: one imported entry a line; a second import of the same document replaces it."""


class Places(Protocol):
    """The settings this package reads."""

    @property
    def state_dir(self) -> Path: ...
    @property
    def index_dir(self) -> Path: ...
    @property
    def models_dir(self) -> Path: ...
    @property
    def embedding_dir(self) -> Path | None: ...
    @property
    def knowledge_dirs(self) -> list[Path]: ...


@dataclass(frozen=True)
class Built:
    """What a build did, and one line for each thing left out."""

    summary: dict[str, object]
    problems: tuple[str, ...]


def _imported(state_dir: Path) -> dict[str, Entry]:
    file = state_dir / IMPORTED
    if not file.is_file():
        return {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        entries = [index.entry_from_json(json.loads(line)) for line in lines]
    except (ValueError, KeyError, TypeError) as error:
        raise IndexError_(f"{file}: damaged; delete it and import again") from error
    return {entry.id: entry for entry in entries}


def add(places: Places, paths: Iterable[Path]) -> tuple[str, ...]:
    """Adds or updates imported documents (the index is built apart); gives a line for each thing left out.

    Raises:
        ImportError_: a path cannot be read at all.
    """
    found = importing.read_paths(paths)
    entries = _imported(places.state_dir) | {entry.id: entry for entry in found.entries}
    places.state_dir.mkdir(parents=True, exist_ok=True)
    part = places.state_dir / f".{IMPORTED}.{os.getpid()}"
    with part.open("w", encoding="utf-8") as out:
        for entry in entries.values():
            out.write(json.dumps(index.entry_json(entry), ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())
    part.replace(places.state_dir / IMPORTED)
    return found.problems


def build_all(places: Places, progress: Callable[[str, int], Progress] | None = None) -> Built:
    """Builds the index of everything and trains the fraud classifier; skips what has not changed.

    Args:
        places: the settings.
        progress: called with a label and a total; gives the function told of each step.

    Raises:
        ModelError: the embedding model is missing.
        IndexError_: there is no entry at all.
        ImportError_: a content folder does not exist.
    """
    content = importing.read_paths(places.knowledge_dirs)
    entries = {entry.id: entry for entry in content.entries}
    problems = list(content.problems)
    for name, entry in _imported(places.state_dir).items():
        if name in entries:
            problems.append(f"{IMPORTED}: {name} is also in the content; the content stays")
        else:
            entries[name] = entry
    embedder = open_embedder(resolve(places.models_dir, places.embedding_dir))
    tell = (lambda total, _: progress("building index", total)) if progress else None
    manifest, new = index.build(list(entries.values()), places.index_dir, embedder, progress=tell)
    if isinstance(embedder, OnnxEmbedder):
        embedder.release_documents()
    trained = fraud_training.train(embedder, places.index_dir)
    summary: dict[str, object] = {
        "entries": manifest.entries,
        "passages": manifest.passages,
        "model": manifest.model,
        "index": "built" if new else "unchanged",
        "fraud": "trained" if trained else "unchanged",
    }
    return Built(summary, tuple(problems))
