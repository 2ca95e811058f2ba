"""A sentence read three ways: as written, with its dialect words in Mandarin, and as it sounds.

All readings are character n-grams with a value (五万, 两年, 十二亩, a number) as one sign, so that to the intent every
amount is the same; the second also has crops, animals, goods, bills and names of cards as signs of their kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from nlu.dialect import lexicon
from nlu.dialect.digits import digit_runs
from nlu.dialect.numbers import find_amounts, find_areas, find_terms
from nlu.dialect.pinyin import folded

LONGEST = 4
"""Signs of an n-gram in the written readings."""
LONGEST_SOUND = 4
"""Syllables of an n-gram in the heard reading."""
_NOISE = re.compile(r"[\s，。！？、；：…,.!?;:~～—\-\"'“”‘’（）()【】《》]+")
_KINDS = ("crop", "livestock", "product")


def readings(text: str) -> list[str]:
    """The features of ``text``, each once: ``w…`` as written, ``m…`` in Mandarin, ``k…`` by kinds, ``s…`` by sound."""
    plain = _NOISE.sub("", text.lower())
    values = _values(plain)
    written = list(_signs(plain, values))
    mandarin = lexicon.normalise(plain)
    same = mandarin == plain
    kinds = _by_kind(mandarin, values if same else _values(mandarin))
    sounds = list(_signs(folded(plain), values))
    found: set[str] = set()
    found.update("w" + n for n in _grams(written, LONGEST, ""))
    mandarin_signs = written if same else list(_signs(mandarin, _values(mandarin)))
    found.update("m" + n for n in _grams(mandarin_signs, LONGEST, ""))
    found.update("k" + n for n in _grams(kinds, LONGEST, "", needed="〈"))
    found.update("s" + n for n in _grams(sounds, LONGEST_SOUND, " "))
    found.add(f"length {min(len(plain), 30) // 3}")
    return sorted(found)


def _grams(signs: Sequence[str], longest: int, between: str, needed: str = "") -> Iterator[str]:
    whole = ["^", *signs, "$"]
    for size in range(1, longest + 1):
        for at in range(len(whole) - size + 1):
            gram = between.join(whole[at : at + size])
            if needed in gram:
                yield gram


def _signs(pieces: Sequence[str], values: Sequence[tuple[int, int, str]]) -> Iterator[str]:
    at = 0
    for start, end, kind in values:
        yield from pieces[at:start]
        yield kind
        at = end
    yield from pieces[at:]


def _values(text: str) -> list[tuple[int, int, str]]:
    """Spans of spoken values and their signs, in order, none overlapping."""
    spans: list[tuple[int, int, str]] = []
    found = [(run.start, run.end, "〈number〉") for run in digit_runs(text)]
    found += [(f.start, f.end, f"〈{f.kind}〉") for f in [*find_areas(text), *find_terms(text), *find_amounts(text)]]
    for start, end, kind in found:
        if all(end <= s or e <= start for s, e, _ in spans):
            spans.append((start, end, kind))
    return sorted(spans)


def _by_kind(text: str, values: list[tuple[int, int, str]]) -> list[str]:
    spans = list(values)
    for match in _words().finditer(text):
        if all(match.end() <= s or e <= match.start() for s, e, _ in spans):
            spans.append((*match.span(), f"〈{match.lastgroup}〉"))
    return list(_signs(text, sorted(spans)))


@lru_cache(maxsize=1)
def _words() -> re.Pattern[str]:
    groups = []
    for kind in _KINDS:
        names = sorted({w for w in lexicon.terms(kind) if len(w) > 1} | set(_ONE[kind]), key=len, reverse=True)
        groups.append(f"(?P<{kind}>{'|'.join(map(re.escape, names))})")
    return re.compile("|".join(groups))


_ONE = {"crop": "", "livestock": "猪牛羊鸭鹅", "product": ""}
