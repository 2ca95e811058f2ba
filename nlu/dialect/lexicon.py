"""Dialect words and their Mandarin, from ``lexicon.tsv``: word, Mandarin, kind, region, bound, source.

``kind`` is crop, livestock, product, pest, farming, everyday or grammar; ``region`` a dialect area or 通用. A word
marked ``bound`` misleads outside its region and is only replaced when the speaker's region is known.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).with_name("lexicon.tsv")


class LexiconError(ValueError):
    """A row of the lexicon is malformed; the message names file and line."""

    code = "lexicon_row"


@dataclass(frozen=True)
class Word:
    """One dialect word."""

    word: str
    mandarin: str
    kind: str
    regions: tuple[str, ...]
    bound: bool
    source: str


@lru_cache(maxsize=1)
def words() -> tuple[Word, ...]:
    """All rows.

    Raises:
        LexiconError: a row lacks a field or stands twice.
    """
    rows: list[Word] = []
    seen: set[tuple[str, str]] = set()
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"):
            values = [row.get(name) or "" for name in ("word", "mandarin", "kind", "region", "bound", "source")]
            if not all(values) or values[4] not in ("0", "1") or (values[0], values[3]) in seen:
                raise LexiconError(f"{_FILE.name}: {row}")
            seen.add((values[0], values[3]))
            rows.append(
                Word(values[0], values[1], values[2], tuple(values[3].split("、")), values[4] == "1", values[5])
            )
    return tuple(rows)


@lru_cache(maxsize=32)
def terms(kind: str) -> Mapping[str, str]:
    """Words of one kind, dialect and standard, each with its Mandarin standard name."""
    found = {w.word: w.mandarin for w in words() if w.kind == kind and not w.bound}
    return found | {m: m for m in found.values()}


def normalise(text: str, region: str | None = None) -> str:
    """``text`` with dialect words replaced by Mandarin, longest first (俺屋头的苞谷 -> 我家里的玉米).

    Args:
        text: a sentence.
        region: dialect area of the speaker (西南官话, 中原官话 ...), None when unknown.
    """
    pattern, table = _replacer(region)
    return pattern.sub(lambda m: table[m.group()], text)


@lru_cache(maxsize=32)
def _replacer(region: str | None) -> tuple[re.Pattern[str], dict[str, str]]:
    table = {w.word: w.mandarin for w in words() if w.word != w.mandarin and (not w.bound or region in w.regions)}
    # A standard word that contains a dialect word keeps its own shape (怎么 holds 么, 马铃薯 holds nothing).
    table |= {w.mandarin: w.mandarin for w in words() if any(d != w.mandarin and d in w.mandarin for d in list(table))}
    longest_first = sorted(table, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), table
