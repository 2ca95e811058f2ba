"""How far apart two consonants or two rhymes are by the way they are made.

Place, manner and breath of the consonants, glide, vowel and ending of the rhymes: Lin, The Sounds of Chinese (2007),
ch. 2 and 3. How much each step counts is ours: a small one where many areas or poor lines lose the difference.
"""

from __future__ import annotations

import math

_CONSONANTS = """
b lips stop -|p lips stop h|m lips nasal -|f lips breath -|w lips glide -|d teeth stop -|t teeth stop h|n teeth nasal -
l teeth side -|z teeth hiss -|c teeth hiss h|s teeth breath -|zh curl hiss -|ch curl hiss h|sh curl breath -
r curl glide -|j palate hiss -|q palate hiss h|x palate breath -|y palate glide -|g back stop -|k back stop h
h back breath -
"""
_RHYMES = """
a -a-|o -o-|e -e-|i i--|u u--|v v--|y -y-|ai -ai|ei -ei|ao -au|ou -ou|an -an|en -en|ang -ag|eng -eg|ong ueg|er -er
ia ia-|ie ie-|iao iau|iu iou|ian ian|in i-n|iang iag|ing i-g|iong veg|io io-|ua ua-|uo uo-|uai uai|ui uei|uan uan
un uen|uang uag|ueng ueg|ve ve-|van van|vn v-n
"""
"""Glide, vowel, ending; ``-`` none, ``g`` for ng, ``y`` the vowel of zi and zhi."""


def _entries(table: str) -> dict[str, tuple[str, ...]]:
    rows = (row.split() for line in table.strip().splitlines() for row in line.split("|"))
    return {name: tuple(parts) for name, *parts in rows}


_MADE = {"": ("none", "glide", "-"), **_entries(_CONSONANTS)}
_PARTS = {name: tuple(parts[0]) for name, parts in _entries(_RHYMES).items()}

_Steps = dict[frozenset[str], float]


def _steps(**steps: float) -> _Steps:
    return {frozenset(pair.replace("none", "-").split("_")): step for pair, step in steps.items()}


_CONSONANT_STEPS: tuple[tuple[_Steps, float], ...] = (
    (_steps(teeth_curl=0.5), 0.75),
    (_steps(nasal_side=0.5, stop_hiss=0.75, hiss_breath=0.75, side_glide=0.75), 1.25),
    ({}, 0.75),
)
"""For place, manner, breath: steps that are named, and any other."""
_RHYME_STEPS: tuple[tuple[_Steps, float], ...] = (
    (_steps(none_i=0.75, none_u=0.75, none_v=1.0, i_v=0.5, u_v=1.0), 1.5),
    (_steps(e_o=0.5, none_e=0.5, e_y=0.75, none_y=0.75, a_e=1.0, a_o=1.0, none_o=0.75, none_a=1.25), 1.5),
    (_steps(g_n=0.5, none_n=0.75, none_g=0.75, none_i=1.0, none_u=1.0, none_r=0.5, i_n=1.0, g_u=1.0), 1.5),
)


def between_initials(one: str, other: str) -> float:
    """Distance of two initials of pinyin; infinite where one is none."""
    return _sum(_MADE.get(one), _MADE.get(other), _CONSONANT_STEPS)


def between_finals(one: str, other: str) -> float:
    """Distance of two finals of pinyin, written with their glide (``uei`` as ``ui``); infinite where one is none."""
    return _sum(_PARTS.get(one), _PARTS.get(other), _RHYME_STEPS)


def _sum(one: tuple[str, ...] | None, other: tuple[str, ...] | None, steps: tuple[tuple[_Steps, float], ...]) -> float:
    if one is None or other is None:
        return math.inf
    return sum(
        0.0 if part == part_2 else named.get(frozenset((part, part_2)), any_other)
        for (named, any_other), part, part_2 in zip(steps, one, other, strict=True)
    )
