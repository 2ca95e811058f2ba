"""Dialect words and their Mandarin, from ``lexicon.tsv`` (its head tells what each column means).

A word is replaced for everybody (``always``), only for speakers of its areas (``region``), or never (``name``: a kind
of crop or animal that has a standard name, but says more than that name).
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlu.dialect.profiles import STANDARD, Profile, profile_of, profiles

_FILE = Path(__file__).with_name("lexicon.tsv")
_COLUMNS = ("word", "mandarin", "kind", "region", "use", "source", "witness")
EVERYWHERE = "通用"

_ENOUGH = 1.5
"""Weight of dialect words a guess takes: two words of a single area, or several of few."""
_LEAD = 1.5
"""How many times the weight of the next area the guessed one must have."""


class LexiconError(ValueError):
    """A row of the lexicon is malformed; the message names file and line."""

    code = "lexicon_row"


@dataclass(frozen=True)
class Word:
    """One dialect word in one meaning."""

    word: str
    mandarin: str
    kind: str
    regions: tuple[str, ...]
    use: str
    unless: tuple[str, ...]
    source: str
    witness: str | None

    @property
    def bound(self) -> bool:
        """Misleads outside its areas."""
        return self.use == "region"


@lru_cache(maxsize=1)
def words() -> tuple[Word, ...]:
    """All rows.

    Raises:
        LexiconError: a row lacks a field, names an unknown area or stands twice.
    """
    rows: list[Word] = []
    seen: set[tuple[str, str]] = set()
    with _FILE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"):
            values = [row.get(name) or "" for name in _COLUMNS]
            word, mandarin, kind, region, use, source, witness = values
            areas = tuple(region.split("、"))
            known = all(area == EVERYWHERE or area in profiles() for area in areas)
            if not all(values) or use not in ("always", "region", "name") or not known or (word, mandarin) in seen:
                raise LexiconError(f"{_FILE.name}: {row}")
            seen.add((word, mandarin))
            unless = tuple(longer for longer in (row.get("unless") or "").split("、") if longer)
            rows.append(Word(word, mandarin, kind, areas, use, unless, source, None if witness == "-" else witness))
    return tuple(rows)


@lru_cache(maxsize=32)
def terms(kind: str) -> Mapping[str, str]:
    """Words of one kind, dialect and standard, each with its Mandarin standard name (鸡婆 -> 母鸡 -> 鸡)."""
    direct = {w.word: w.mandarin for w in words() if w.kind == kind and not w.bound}
    found = {word: direct.get(mandarin, mandarin) for word, mandarin in direct.items()}
    return found | {m: direct.get(m, m) for m in found.values()}


def normalise(text: str, region: str | None = None) -> str:
    """``text`` with dialect words replaced by Mandarin, longest first (俺屋头的苞谷 -> 我家里的玉米).

    Args:
        text: a sentence.
        region: where the speaker is from: a GB/T 2260 code, a dialect area or one of its names; None when unknown.
    """
    profile = profile_of(region)
    table, lengths = _replacer(profile.name if profile else None)
    out: list[str] = []
    at, end = 0, len(text)
    while at < end:
        for length in lengths.get(text[at], ()):
            piece = text[at : at + length]
            if piece in table:
                out.append(table[piece])
                at += length
                break
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


def guess_profile(texts: Iterable[str]) -> Profile | None:
    """The dialect area the words of ``texts`` point to; None when they point to none, or to several alike.

    Each word counts once, divided among the areas that say it; words of five areas and more count nothing.
    """
    weights: Counter[str] = Counter()
    for word in {found for text in texts for found in telling_words(text)}:
        areas = _telling()[word]
        weights.update({area: 1 / len(areas) for area in areas})
    ranked = weights.most_common(2)
    if not ranked or ranked[0][1] < _ENOUGH or (len(ranked) > 1 and ranked[0][1] < _LEAD * ranked[1][1]):
        return None
    return profiles()[ranked[0][0]]


def telling_words(text: str) -> Iterator[str]:
    """Words of ``text`` that only some areas say, the longest at each place; those that stand there by chance are
    passed over."""
    table, lengths = _replacer(None)
    telling = _telling()
    at = 0
    while at < len(text):
        step = 1
        for length in lengths.get(text[at], ()):
            piece = text[at : at + length]
            if piece in table:
                step = length
                if piece in telling:
                    yield piece
                break
        at += step


@lru_cache(maxsize=1)
def _telling() -> dict[str, tuple[str, ...]]:
    areas: defaultdict[str, set[str]] = defaultdict(set)
    for w in words():
        if w.use == "always":
            areas[w.word].update(w.regions)
    few = {word: found - {STANDARD} for word, found in areas.items() if EVERYWHERE not in found}
    return {word: tuple(sorted(found)) for word, found in few.items() if 0 < len(found) <= 4}


@lru_cache(maxsize=32)
def _replacer(profile: str | None) -> tuple[dict[str, str], dict[str, tuple[int, ...]]]:
    """What each word becomes, and by first character the lengths to try, longest first."""
    table: dict[str, str] = {}
    kept: set[str] = set()
    for w in words():  # what the speaker's own area means by a word goes before what others mean
        if w.use == "always" and w.word not in table:
            table[w.word] = w.mandarin
    for w in words():
        if w.use == "region" and profile in w.regions:
            table[w.word] = w.mandarin
    for w in words():
        if w.use == "name" or w.word in table:
            kept.update((*w.unless, w.mandarin, *((w.word,) if w.use == "name" else ())))
    # A plain word that holds a dialect word keeps its own shape (手电筒 holds 电筒, 今日头条 holds 日头).
    longer = (word for word in kept if word not in table)
    table.update({word: word for word in longer if any(s in table for s in _inside(word))})
    by_first: defaultdict[str, set[int]] = defaultdict(set)
    for word in table:
        by_first[word[0]].add(len(word))
    return table, {first: tuple(sorted(lengths, reverse=True)) for first, lengths in by_first.items()}


def _inside(word: str) -> Iterator[str]:
    return (word[i:j] for i in range(len(word)) for j in range(i + 1, len(word) + 1) if j - i < len(word))
