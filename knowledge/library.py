"""What the knowledge base consists of (content folders and imported documents), and building it all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from knowledge import building, fraud_training, importing, index
from knowledge.embedding import OnnxEmbedder, Progress, open_embedder
from knowledge.entry import load, to_entry
from knowledge.errors import ImportError_
from knowledge.models import resolve
from knowledge.scoring import Decision


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
    """What a build did, and one line for each thing left out; ``warning`` tells what search will suffer from."""

    summary: dict[str, object]
    problems: tuple[str, ...]
    warning: str | None = None


def misfit(decision: Decision, model: str) -> str | None:
    """One line when the weights and thresholds of ``decision`` were fitted for another embedding model."""
    if decision.model == model:
        return None
    return (
        f"answers and refusals are tuned for the model {decision.model}, not {model}, and will often be wrong; "
        "fit them with this model: python -m benchmarks.knowledge_thresholds --write && xiangyin kb build"
    )


def bring_in(
    places: Places,
    what: Sequence[str],
    marks: importing.Marks,
    allow_local: bool = False,
    progress: Callable[[str, int], Progress] | None = None,
) -> importing.Counts:
    """Adds or updates imported documents from paths and addresses; the index is built apart.

    Raises:
        ImportError_: a path does not exist or is of a kind nobody reads.
    """
    store = importing.Store(places.state_dir)
    return importing.take_in(store, what, date.today(), marks, allow_local, progress)


def add_one(places: Places, file: Path, marks: importing.Marks) -> tuple[dict[str, object], tuple[str, ...]]:
    """Puts one file into the serving index without building the rest; gives a summary and what was left out.

    An entry file inside a content folder is a reviewed entry (and is readmitted when it was withdrawn); any other file
    is imported.

    Raises:
        EntryError: an entry file in a content folder breaks the schema.
        ImportError_: the file cannot be read.
        IndexError_: nothing was built yet.
    """
    store = importing.Store(places.state_dir)
    if any(file.resolve().is_relative_to(folder.resolve()) for folder in places.knowledge_dirs):
        if not file.is_file():
            raise ImportError_(f"{file}: no such file")
        entries = [to_entry(*load(file))]
        store.readmit(entries[0].id)
        gone: list[str] = []
        problems: tuple[str, ...] = ()
    else:
        if not file.is_file():
            raise ImportError_(f"{file}: no such file")
        origin = str(file.resolve())
        before = {entry.id for entry in store.of(origin)}
        problems = tuple(importing.take_in(store, [str(file)], date.today(), marks).problems)
        ours = {entry.id for entry in importing.read_paths(places.knowledge_dirs).entries}
        entries = [entry for entry in store.of(origin) if entry.id not in ours]
        gone = sorted(before - {entry.id for entry in entries} - ours)
    embedder = open_embedder(resolve(places.models_dir, places.embedding_dir))
    serving = {name.decode() for name in index.open_current(places.index_dir).ids.tolist()}
    manifest, _ = building.change(places.index_dir, embedder, entries, [name for name in gone if name in serving])
    return {"added": [entry.id for entry in entries], "entries": manifest.entries}, problems


def remove_one(places: Places, name: str) -> dict[str, object]:
    """Takes one entry out of the serving index at once, and out of every later build.

    An imported entry is deleted; a reviewed one is withdrawn until ``kb add`` brings it back.

    Raises:
        EntryError: no entry has this id.
        IndexError_: nothing was built yet.
    """
    store = importing.Store(places.state_dir)
    embedder = open_embedder(resolve(places.models_dir, places.embedding_dir))
    manifest, _ = building.change(places.index_dir, embedder, remove=[name])
    if imported := store.remove(name):
        how = "deleted"
    else:
        store.withdraw(name, date.today())
        how = "withdrawn"
    return {"removed": name, "imported": imported, "how": how, "entries": manifest.entries}


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
    store = importing.Store(places.state_dir)
    withdrawn = store.withdrawn()
    entries = {entry.id: entry for entry in content.entries if entry.id not in withdrawn}
    problems = [
        *content.problems,
        *(f"{name}: withdrawn; kb add its file brings it back" for name in sorted(withdrawn)),
    ]
    ours = {entry.id for entry in content.entries}
    for entry in store.entries():
        if entry.id in ours:
            problems.append(f"{entry.id}: imported, but also in the content; the content stays")
        else:
            entries[entry.id] = entry
    embedder = open_embedder(resolve(places.models_dir, places.embedding_dir))
    tell = (lambda total, _: progress("building index", total)) if progress else None
    manifest, new = building.build(list(entries.values()), places.index_dir, embedder, progress=tell)
    if isinstance(embedder, OnnxEmbedder):
        embedder.release_documents()
    trained = fraud_training.train(embedder, places.index_dir)
    summary: dict[str, object] = {
        "entries": manifest.entries,
        "passages": manifest.passages,
        "model": manifest.model,
        "vectors": manifest.vectors,
        "index": "built" if new else "unchanged",
        "fraud": "trained" if trained else "unchanged",
    }
    return Built(summary, tuple(problems), misfit(manifest.decision, manifest.model))
