"""From files and pages to entries: our own Markdown entries, and documents and sheets of others.

Each bad file, page or row is named, the rest goes in. Entries that come in here have the status ``imported``; only our
own entry files in a content folder are ``reviewed``.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from knowledge.entry import Entry, entry_files, load, to_entry
from knowledge.errors import EntryError, ImportError_
from knowledge.importing.blocks import Origin
from knowledge.importing.fetch import fetch, is_url
from knowledge.importing.readers import check_kind, kind, read
from knowledge.importing.store import Counts, Store


@dataclass(frozen=True)
class Imported:
    """What came out of some paths: entries in reading order, ids unique, and one line for each thing left out."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Marks:
    """What the person importing says about entries that do not say it themselves."""

    topic: str = ""
    region: str = "national"


def read_paths(paths: Iterable[Path]) -> Imported:
    """The reviewed entries of content folders. Of two entries with one id the first stays.

    Raises:
        ImportError_: a folder does not exist.
    """
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for path in paths:
        if not path.exists():
            raise ImportError_(f"{path}: no such file or folder")
        for file in entry_files(path) if path.is_dir() else [path]:
            try:
                entry = to_entry(*load(file))
            except EntryError as error:
                problems.append(str(error))
                continue
            if entries.setdefault(entry.id, entry) is not entry:
                problems.append(f"{file}: second entry with the id {entry.id}")
    return Imported(tuple(entries.values()), tuple(problems))


def take_in(
    store: Store,
    places: Sequence[str],
    day: date,
    marks: Marks = Marks(),
    allow_local: bool = False,
    progress: Callable[[str, int], Callable[[int], object]] | None = None,
) -> Counts:
    """Imports files, folders and pages into ``store``.

    Args:
        store: where they go.
        places: paths and addresses.
        day: today.
        marks: topic and region of entries that bring none.
        allow_local: permit addresses of this machine and its network.
        progress: called with a label and a total; gives the function told of each step.

    Raises:
        ImportError_: a path that was named does not exist or is of a kind nobody reads, before anything is imported.
    """
    jobs = [job for place in places for job in ([place] if is_url(place) else _files(Path(place)))]
    total = Counts()
    tell = progress("importing", len(jobs)) if progress else None
    for job in jobs:
        try:
            total += (
                _from_url(store, job, day, marks, allow_local)
                if isinstance(job, str)
                else _from_file(store, job, day, marks)
            )
        except ImportError_ as error:
            total.problems.append(str(error))
        if tell:
            tell(1)
    return total


def _from_file(store: Store, path: Path, day: date, marks: Marks) -> Counts:
    key = path.resolve()
    name = path.name[: -len(kind(path) or "")] or path.name
    origin = Origin(str(key), name)
    return store.put(origin.key, _marked(_own_or_document(path, origin), marks), day)


def _from_url(store: Store, url: str, day: date, marks: Marks, allow_local: bool) -> Counts:
    with tempfile.TemporaryDirectory(prefix="kb-import-") as folder:
        got = fetch(url, Path(folder), allow_local)
        name = Path(got.url.split("?")[0].rstrip("/")).name or got.url
        origin = Origin(got.url, name, url=got.url)
        found = read(got.path, origin, got.encoding)
        named = (item.replace(str(got.path), got.url) if isinstance(item, str) else item for item in found)
        try:
            return store.put(origin.key, _marked(named, marks), day)
        except ImportError_ as error:
            raise ImportError_(str(error).replace(str(got.path), got.url)) from error


def _own_or_document(path: Path, origin: Origin) -> Iterator[Entry | str]:
    """An entry file of ours, imported, keeps its fields, but nobody here has reviewed it."""
    if kind(path) in (".md", ".markdown"):
        try:
            yield replace(to_entry(*load(path)), status="imported")
        except EntryError:
            pass  # any other Markdown
        else:
            return
    yield from read(path, origin)


def _marked(found: Iterator[Entry | str], marks: Marks) -> Iterator[Entry | str]:
    for item in found:
        if isinstance(item, str):
            yield item
            continue
        region = marks.region if item.region == "national" else item.region
        yield replace(item, topic=item.topic or marks.topic, region=region, status="imported")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = (file for file in sorted(path.rglob("*")) if kind(file) and file.is_file())
        return [file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    if not path.is_file():
        raise ImportError_(f"{path}: no such file or folder")
    check_kind(path)
    return [path]


__all__ = ["Counts", "Imported", "Marks", "Store", "read_paths", "take_in"]
