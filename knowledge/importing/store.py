"""Where imported documents live: one SQLite file in the state directory, and the list of withdrawn entries.

One document is one transaction: it is there as it was or as it is now, never half.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from knowledge.entry import Entry
from knowledge.errors import ImportError_
from knowledge.storage import digest, entry_from_json, entry_line

FILE = "imported.sqlite"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id TEXT PRIMARY KEY, origin TEXT NOT NULL, digest BLOB NOT NULL, text BLOB NOT NULL, line BLOB NOT NULL,
    place INTEGER NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS entries_origin ON entries (origin);
CREATE INDEX IF NOT EXISTS entries_text ON entries (text);
CREATE TABLE IF NOT EXISTS withdrawn (id TEXT PRIMARY KEY, day TEXT NOT NULL) STRICT;
"""


@dataclass
class Counts:
    """What one import changed, and one line for each thing left out."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    problems: list[str] = field(default_factory=list)

    def __iadd__(self, other: Counts) -> Counts:
        self.added += other.added
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.removed += other.removed
        self.problems += other.problems
        return self


class Store:
    """The imported entries. Each call opens the file anew: imports are rare and may come from several processes."""

    def __init__(self, state_dir: Path) -> None:
        self.path = state_dir / FILE

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as database:
                database.executescript(_SCHEMA)
                with database:
                    yield database
        except sqlite3.DatabaseError as error:
            raise ImportError_(f"{self.path}: {error}") from error

    def put(self, origin: str, found: Iterable[Entry | str], day: date) -> Counts:
        """Makes the entries of ``origin`` exactly those of ``found``; nothing changes when there are none.

        Args:
            origin: the document's key.
            found: its entries, and a line for each thing left out.
            day: the import's date, kept by entries that have not changed since an earlier one.

        Raises:
            ImportError_: ``found`` raised it (nothing is changed), or the file is damaged.
        """
        counts = Counts()
        with self._open() as database:
            database.execute("CREATE TEMP TABLE seen (id TEXT PRIMARY KEY)")
            for place, item in enumerate(found):
                problem = item if isinstance(item, str) else self._put_one(database, origin, item, day, place, counts)
                if problem:
                    counts.problems.append(problem)
            if database.execute("SELECT 1 FROM seen LIMIT 1").fetchone():
                gone = database.execute(
                    "DELETE FROM entries WHERE origin = ? AND id NOT IN (SELECT id FROM seen)", (origin,)
                )
                counts.removed = gone.rowcount
        return counts

    def _put_one(
        self, database: sqlite3.Connection, origin: str, entry: Entry, day: date, place: int, counts: Counts
    ) -> str | None:
        """Puts one entry in; a line when it is left out."""
        value = digest(entry)
        text = hashlib.sha256(f"{entry.title}\n{entry.text}".encode()).digest()[:16]
        if database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (entry.id,)).rowcount == 0:
            return f"{origin}: second entry with the id {entry.id}"
        old = database.execute("SELECT origin, digest FROM entries WHERE id = ?", (entry.id,)).fetchone()
        if old and old[0] != origin:
            return f"{origin}: the id {entry.id} belongs to an entry of {old[0]}"
        if old and old[1] == value:
            counts.unchanged += 1
            return None
        twin = database.execute(
            "SELECT id, origin FROM entries WHERE text = ? AND origin <> ? LIMIT 1", (text, origin)
        ).fetchone()
        if twin:
            database.execute("DELETE FROM seen WHERE id = ?", (entry.id,))
            return f"{origin}: {entry.title or entry.id}: already there as {twin[0]} from {twin[1]}"
        stored = (entry.id, origin, value, text, entry_line(replace(entry, imported_on=day)), place)
        database.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?)", stored)
        if old:
            counts.updated += 1
        else:
            counts.added += 1
        return None

    def entries(self) -> Iterator[Entry]:
        """All imported entries, documents in order of their keys."""
        if self.path.is_file():
            with self._open() as database:
                for (line,) in database.execute("SELECT line FROM entries ORDER BY origin, place"):
                    yield entry_from_json(json.loads(line))

    def of(self, origin: str) -> list[Entry]:
        """The entries of one document."""
        with self._open() as database:
            rows = database.execute("SELECT line FROM entries WHERE origin = ? ORDER BY place", (origin,)).fetchall()
        return [entry_from_json(json.loads(line)) for (line,) in rows]

    def remove(self, name: str) -> bool:
        """Deletes one imported entry; False when there is none with this id."""
        with self._open() as database:
            return database.execute("DELETE FROM entries WHERE id = ?", (name,)).rowcount > 0

    def withdraw(self, name: str, day: date) -> None:
        """Keeps an entry of the content out of every build until it is added again."""
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO withdrawn VALUES (?, ?)", (name, day.isoformat()))

    def readmit(self, name: str) -> None:
        """Undoes ``withdraw``."""
        with self._open() as database:
            database.execute("DELETE FROM withdrawn WHERE id = ?", (name,))

    def withdrawn(self) -> frozenset[str]:
        """Ids that builds leave out."""
        if not self.path.is_file():
            return frozenset()
        with self._open() as database:
            return frozenset(name for (name,) in database.execute("SELECT id FROM withdrawn"))
