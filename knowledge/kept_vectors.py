"""Vectors made so far by a build that has not finished: an interrupted one goes on where it stopped.

One SQLite file beside the index, written a batch at a time and deleted when the build is done (the index then holds
the vectors). Texts are known by their hash alone.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np

from knowledge.embedding import Vectors

FILE = ".vectors.sqlite"
BATCH = 128
"""Texts embedded between two writes: some seconds."""
_SCHEMA = "CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, vector BLOB NOT NULL) STRICT, WITHOUT ROWID"


class KeptVectors:
    """The file of one model; used under the lock of the index, as a context manager."""

    def __init__(self, index_dir: Path, model: str, dimension: int) -> None:
        self._path, self._model, self._dimension = index_dir / FILE, model, dimension

    def __enter__(self) -> Self:
        try:
            self._database = self._open()
        except sqlite3.DatabaseError:
            self.delete()  # damaged: what it held is made again
            self._database = self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path)
        try:
            database.execute(_SCHEMA)
        except sqlite3.DatabaseError:
            database.close()
            raise
        return database

    def _key(self, text: str, fast: bool) -> bytes:
        return hashlib.sha256(f"{self._model}|{fast}|{text}".encode()).digest()[:16]

    def get(self, texts: Sequence[str], fast: bool) -> dict[str, Vectors]:
        """The vectors there are, by text."""
        found: dict[str, Vectors] = {}
        for text in texts:
            row = self._database.execute("SELECT vector FROM vectors WHERE text = ?", (self._key(text, fast),))
            if (stored := row.fetchone()) and len(stored[0]) == 4 * self._dimension:
                found[text] = np.frombuffer(stored[0], np.float32)
        return found

    def put(self, texts: Sequence[str], vectors: Vectors, fast: bool) -> None:
        """Keeps the vectors ``[len(texts), dimension]``; they are there from now on, whatever happens."""
        rows = [(self._key(text, fast), vector.tobytes()) for text, vector in zip(texts, vectors, strict=True)]
        with self._database:
            self._database.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def delete(self) -> None:
        """Deletes the file: the index now holds the vectors."""
        for ending in ("", "-journal"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
