"""From files to entries: our own Markdown entries, JSONL, and plain Markdown or text.

Each bad file or line is named, the rest goes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from knowledge.entry import Entry
from knowledge.errors import ImportError_
from knowledge.importing.readers import READERS


@dataclass(frozen=True)
class Imported:
    """What came out of some paths: entries in reading order, ids unique, and one line for each thing left out."""

    entries: tuple[Entry, ...]
    problems: tuple[str, ...]


def read_paths(paths: Iterable[Path]) -> Imported:
    """Entries of all files in ``paths`` (folders are searched). Of two entries with one id the first stays.

    Raises:
        ImportError_: a path does not exist, or a single file is of a kind nobody reads.
    """
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for path in paths:
        for file in _files(path):
            for item in READERS[file.suffix.lower()](file):
                if isinstance(item, str):
                    problems.append(item)
                elif item.id in entries:
                    problems.append(f"{file}: second entry with the id {item.id}")
                else:
                    entries[item.id] = item
    return Imported(tuple(entries.values()), tuple(problems))


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = (file for file in sorted(path.rglob("*")) if file.suffix.lower() in READERS and file.is_file())
        return [file for file in found if not any(part.startswith(".") for part in file.relative_to(path).parts)]
    if not path.is_file():
        raise ImportError_(f"{path}: no such file or folder")
    if path.suffix.lower() not in READERS:
        raise ImportError_(f"{path}: cannot read this kind of file; can read {', '.join(sorted(READERS))}")
    return [path]
