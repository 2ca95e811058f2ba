"""Which crop or animal a question names, and whether an entry speaks of it.

"Grape rust" is near to an entry on maize rust in every other respect, and its answer would be a wrong one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from knowledge.entry import Entry
from nlu.dialect import lexicon


@lru_cache(maxsize=1)
def _names() -> tuple[re.Pattern[str], dict[str, str], dict[str, tuple[str, ...]]]:
    standard = dict(lexicon.terms("crop")) | dict(lexicon.terms("livestock"))
    variants: dict[str, list[str]] = {}
    for word, name in standard.items():
        variants.setdefault(name, []).append(word)
    longest_first = sorted(standard, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), standard, {k: tuple(v) for k, v in variants.items()}


def named(text: str) -> frozenset[str]:
    """Standard names of the crops and animals in ``text``."""
    pattern, standard, _ = _names()
    return frozenset(standard[word] for word in pattern.findall(text))


def strange(entry: Entry, subjects: frozenset[str]) -> bool:
    """True when the question names crops or animals and the entry none of them, by any of their names."""
    if not subjects:
        return False
    text = "\n".join((entry.title, *entry.questions, entry.spoken, entry.text))
    return not any(word in text for name in subjects for word in _names()[2].get(name, (name,)))
