"""The files of one index folder: entries read one by one when asked for, labels as small numbers, digests.

A hundred thousand entries as Python objects would take half a gigabyte and many seconds at every start; a search shows
five.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from knowledge.entry import Entry, Source

DIGEST_BYTES = 16
KEPT_WORDS = 4096
"""Entries whose words are kept in memory; a search looks at some sixty."""


def entry_json(entry: Entry) -> dict[str, Any]:
    """The entry as plain JSON."""
    return json.loads(json.dumps({**asdict(entry), "sources": [s.model_dump() for s in entry.sources]}, default=str))  # type: ignore[no-any-return]


def entry_from_json(stored: dict[str, Any]) -> Entry:
    """The entry ``entry_json`` wrote."""
    days = {
        key: date.fromisoformat(stored[key]) if stored.get(key) else None
        for key in ("valid_from", "valid_to", "checked_on", "imported_on")
    }
    sources = tuple(Source.model_validate(source) for source in stored["sources"])
    return Entry(**{**stored, **days, "sources": sources, "questions": tuple(stored["questions"])})


def entry_line(entry: Entry) -> bytes:
    """The entry as one line of ``entries.jsonl``."""
    return json.dumps(entry_json(entry), ensure_ascii=False, sort_keys=True).encode() + b"\n"


def digest(entry: Entry) -> bytes:
    """Changes whenever anything of the entry does; ``DIGEST_BYTES`` long."""
    return hashlib.sha256(entry_line(entry)).digest()[:DIGEST_BYTES]


def words(title: str, questions: Iterable[str], spoken: str, text: str) -> str:
    """All that an entry says, in one text."""
    return "\n".join((title, *questions, spoken, text))


def _words_in(line: bytes) -> str:
    """What of a stored line holds the words (keys are sorted), and nothing else but codes and dates. No text holds a
    key: its quotes have backslashes."""
    asked, sources, spoken = map(line.index, (b'"questions": ', b'"sources": ', b'"spoken": '))
    return (line[asked:sources] + line[spoken:]).decode()


class EntryFile(Sequence[Entry]):
    """The entries of an index, each read from the mapped file when it is asked for."""

    def __init__(self, path: Path, bounds: npt.NDArray[np.int64]) -> None:
        """Raises ValueError when the file is not as long as ``bounds`` (line starts and the end) says."""
        with path.open("rb") as file:
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._bounds = bounds
        self.words = lru_cache(maxsize=KEPT_WORDS)(self._words)
        """All that one entry says, without making an entry of it."""
        if len(self._lines) != int(bounds[-1]):
            raise ValueError(f"{path}: not of the length it was written with")

    def __len__(self) -> int:
        return self._bounds.size - 1

    def line(self, place: int) -> bytes:
        """The stored line, with its end."""
        return self._lines[int(self._bounds[place]) : int(self._bounds[place + 1])]

    def _words(self, place: int) -> str:
        stored = json.loads(self.line(place))
        return words(stored["title"], stored["questions"], stored["spoken"], stored["text"])

    def holding(self, places: Iterable[int], names: re.Pattern[str]) -> npt.NDArray[np.bool_]:
        """Of each entry whether its words hold one of ``names`` (of letters alone): ``words`` searched without JSON."""
        return np.array([bool(names.search(_words_in(self.line(place)))) for place in places], dtype=np.bool_)

    def wordings(self) -> str:
        """Titles and questions of all entries, one a line."""
        stored = (json.loads(self.line(place)) for place in range(len(self)))
        return "\n".join(line for row in stored for line in (row["title"], *row["questions"]))

    @overload
    def __getitem__(self, place: int) -> Entry: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Entry]: ...
    def __getitem__(self, place: int | slice) -> Entry | Sequence[Entry]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return entry_from_json(json.loads(self.line(range(len(self))[place])))

    def __iter__(self) -> Iterator[Entry]:
        return (self[place] for place in range(len(self)))


@dataclass(frozen=True)
class Labels:
    """One short text an entry (a region, a topic), stored as numbers so that a filter is one look-up."""

    names: npt.NDArray[np.str_]
    codes: npt.NDArray[np.int32]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Labels:
        """The labels of some entries in order."""
        names, codes = np.unique(np.array(list(texts), dtype=np.str_), return_inverse=True)
        return cls(names, codes.astype(np.int32))

    def among(self, wanted: Sequence[str]) -> npt.NDArray[np.bool_]:
        """``[entries]`` True where the label is one of ``wanted``."""
        found: npt.NDArray[np.bool_] = np.isin(self.names, list(wanted))[self.codes]
        return found

    def __getitem__(self, places: npt.NDArray[np.integer]) -> npt.NDArray[np.str_]:
        chosen: npt.NDArray[np.str_] = self.names[self.codes[places]]
        return chosen
