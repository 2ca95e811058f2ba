"""What the tests of importing share: a store, and files to take in."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from knowledge.importing import Counts, Marks, Store, take_in

DAY, LATER = date(2026, 11, 20), date(2026, 11, 23)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "state")


def take(store: Store, *paths: Path, day: date = DAY, marks: Marks = Marks()) -> Counts:  # noqa: B008
    """Imports files."""
    return take_in(store, [str(path) for path in paths], day, marks)


def titles(store: Store) -> list[str]:
    """Titles of all there is."""
    return [entry.title for entry in store.entries()]


def file(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    """Writes a file."""
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path
