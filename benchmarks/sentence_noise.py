"""Makes written sentences sound as they reach the model: with a village's own words, or misheard.

Neither shares a table with the model: the words were written for this measure, and a recogniser's slips follow what
real recognisers do, whatever the model folds together.
"""

from __future__ import annotations

import csv
import random
from collections import Counter, defaultdict
from functools import lru_cache
from pathlib import Path

from pypinyin import lazy_pinyin, phrases_dict

WORDS = Path(__file__).parent / "sentences" / "dialect_words.tsv"
SHARE = 0.15
"""Characters misheard; at least one a sentence."""
SAME_SYLLABLE, OTHER_SYLLABLE = 0.75, 0.15
"""Of the slips; the rest are characters lost. 79 % of 223 substitutions of real recognisers in public transcripts keep
the toneless syllable, 4 % more the folded one."""
_FREQUENT = 3
"""Times a character stands in pypinyin's phrases before a recogniser is thought to write it."""


def in_dialect(text: str, seed: int) -> str:
    """``text`` in the words of one area drawn at random; the text itself when it holds no word of the list."""
    areas = _areas()
    table = areas[random.Random(f"{seed}|{text}").choice(sorted(areas))]
    out, at = "", 0
    while at < len(text):
        word = next((w for w in table if text.startswith(w, at)), None)
        out += table[word] if word else text[at]
        at += len(word or " ")
    return out


def misheard(text: str, seed: int) -> str:
    """``text`` with ``SHARE`` of its Chinese characters heard wrongly."""
    dice = random.Random(f"{seed}|{text}")
    letters = list(text)
    places = [place for place, char in enumerate(text) if "一" <= char <= "鿿"]
    for place in dice.sample(places, min(len(places), max(1, round(SHARE * len(text))))):
        kind = dice.random()
        syllable = lazy_pinyin(letters[place])[0]
        if kind < SAME_SYLLABLE:
            letters[place] = _one_of(dice, syllable, but=letters[place])
        elif kind < SAME_SYLLABLE + OTHER_SYLLABLE:
            letters[place] = _one_of(dice, dice.choice(_close(syllable)), but=letters[place])
        elif len(places) > 2:
            letters[place] = ""
    return "".join(letters)


def _one_of(dice: random.Random, syllable: str, *, but: str) -> str:
    weights = {char: weight for char, weight in _characters().get(syllable, {}).items() if char != but}
    return dice.choices(list(weights), list(weights.values()))[0] if weights else but


@lru_cache(maxsize=512)
def _close(syllable: str) -> list[str]:
    """Syllables one letter away."""
    found = [other for other in _characters() if other != syllable and _one_apart(syllable, other)]
    return sorted(found) or [syllable]


def _one_apart(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) == 1
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))


@lru_cache(maxsize=1)
def _characters() -> dict[str, dict[str, int]]:
    """By toneless syllable the characters of pypinyin's phrases and how often each stands there."""
    counts = Counter("".join(phrases_dict.phrases_dict))
    table: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for char, count in counts.items():
        if count >= _FREQUENT and "一" <= char <= "鿿":
            table[lazy_pinyin(char)[0]][char] = count
    return dict(table)


@lru_cache(maxsize=1)
def _areas() -> dict[str, dict[str, str]]:
    """By area what each plain word becomes, longest first."""
    with WORDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    rows.sort(key=lambda row: -len(row["plain"]))
    return {
        area: {row["plain"]: row[area] for row in rows if row[area] != row["plain"]}
        for area in rows[0]
        if area != "plain"
    }
