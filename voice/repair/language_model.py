"""Which characters follow which in the assistant's own texts: a character trigram model.

Witten-Bell interpolation (Chen and Goodman 1998, section 2.5): the probability after two characters is mixed with the
one after one character and with the plain frequency, the more the rarer the context. Stored as sorted codes, so a
whole beam is looked up in one call.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

BITS = 21
"""Of one character; three fit into an int64."""
EDGE = 0
"""Before the first and after the last character of a stretch of Chinese."""
ALPHABET = 8000
"""Characters that might come; an unseen one has 1/ALPHABET of what Witten-Bell leaves over (GB 2312 holds 6,763)."""
Codes = npt.NDArray[np.int64]
Counts = npt.NDArray[np.float64]

_FIGURES = str.maketrans("0123456789", "零一二三四五六七八九")


def is_chinese(char: str) -> bool:
    """Whether ``char`` is a Chinese character of the basic block."""
    return "一" <= char <= "鿿"


def stretches(text: str) -> list[str]:
    """The stretches of Chinese in ``text``; figures read as characters."""
    bare = "".join(char if is_chinese(char) else " " for char in text.translate(_FIGURES))
    return bare.split()


@dataclass(frozen=True)
class Table:
    """Counts of n-grams of one length with the totals of their contexts; all arrays sorted by code."""

    codes: Codes
    counts: Counts
    contexts: Codes
    totals: Counts
    """Occurrences of each context."""
    types: Counts
    """Different characters seen after each context."""

    @classmethod
    def of(cls, codes: Codes, counts: Counts) -> Table:
        """From sorted n-gram codes and their counts."""
        contexts, first = np.unique(codes >> BITS, return_index=True)
        return cls(
            codes,
            counts,
            contexts,
            np.add.reduceat(counts, first) if codes.size else counts,
            np.diff(np.append(first, codes.size)).astype(np.float64),
        )


def _find(table: Codes, wanted: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    place = np.minimum(np.searchsorted(table, wanted), max(table.size - 1, 0))
    return place, (table[place] == wanted) if table.size else np.zeros(wanted.shape, dtype=bool)


@dataclass(frozen=True)
class LanguageModel:
    """Trigrams, bigrams and unigrams."""

    tables: tuple[Table, Table, Table]
    """Of one, two and three characters."""

    @classmethod
    def train(cls, texts: Iterable[tuple[str, float]]) -> LanguageModel:
        """From texts with their weights (how many times each counts).

        Args:
            texts: any number of texts; only their Chinese counts.
        """
        grams: tuple[dict[int, float], ...] = ({}, {}, {})
        for text, weight in texts:
            for stretch in stretches(text):
                chars = [EDGE, EDGE, *map(ord, stretch), EDGE]
                for place in range(2, len(chars)):
                    code = 0
                    for length, table in enumerate(grams):
                        code |= chars[place - length] << (BITS * length)
                        table[code] = table.get(code, 0.0) + weight
        tables = []
        for table in grams:
            codes = np.array(sorted(table), dtype=np.int64)
            tables.append(Table.of(codes, np.array([table[code] for code in codes.tolist()], dtype=np.float64)))
        return cls((tables[0], tables[1], tables[2]))

    def save(self) -> bytes:
        """The model as one ``npz``."""
        held = {
            f"{kind}{n}": value
            for n, t in enumerate(self.tables)
            for kind, value in (("codes", t.codes), ("counts", t.counts.astype(np.float32)))
        }
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **held)
        return buffer.getvalue()

    @classmethod
    def load(cls, path: Path) -> LanguageModel:
        """Reads what :meth:`save` wrote.

        Raises:
            OSError: no such file.
            ValueError: not such a file (``KeyError`` and ``zipfile.BadZipFile`` when it is torn).
        """
        with np.load(path, allow_pickle=False) as held:
            one, two, three = (Table.of(held[f"codes{n}"], held[f"counts{n}"].astype(np.float64)) for n in range(3))
        return cls((one, two, three))

    def characters(self) -> list[tuple[str, float]]:
        """Every character with its count."""
        one = self.tables[0]
        return [(chr(code), count) for code, count in zip(one.codes.tolist(), one.counts.tolist(), strict=True) if code]

    def log_probability(self, before: Codes, last: Codes, after: Codes) -> npt.NDArray[np.float64]:
        """ln P(after | before, last), elementwise; the three broadcast.

        Args:
            before: the character before ``last``.
            last: the character before ``after``.
            after: code points, ``EDGE`` for the end.
        """
        before, last, after = np.broadcast_arrays(before, last, after)
        chance = np.full(after.shape, 1 / ALPHABET)
        context = np.zeros(after.shape, dtype=np.int64)
        for length, table in enumerate(self.tables):
            if length:
                context = context | ((last if length == 1 else before) << (BITS * (length - 1)))
            code = (context << BITS) | after
            place, known = _find(table.codes, code)
            count = np.where(known, table.counts[place], 0.0)
            place, known = _find(table.contexts, context)
            total = np.where(known, table.totals[place], 0.0)
            types = np.where(known, table.types[place], 1.0)
            chance = (count + types * chance) / (total + types)
        logarithm: Counts = np.log(chance)
        return logarithm
