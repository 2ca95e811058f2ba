"""Dialect areas: which one a place speaks, what it is called, and which sounds it does not keep apart.

``profiles.tsv`` names the areas and their sound rules, ``sounds.tsv`` the rules, ``regions.tsv`` the places.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent
STANDARD = "普通话"

_INITIALS = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcs])?(.+)")
_FULL_FINAL = {"ui": "uei", "iu": "iou", "un": "uen", "ue": "üe", "v": "ü", "ve": "üe"}
_ZERO_FINAL = {"yi": "i", "yin": "in", "ying": "ing", "wu": "u", "yu": "ü", "yue": "üe", "yuan": "üan", "yun": "üen"}
_SPELT = {"uei": "ui", "iou": "iu", "uen": "un", "üen": "un", "ueng": "ong", "üeng": "iong", "üe": "üe"}
_SPELT_ALONE = {
    "i": "yi", "in": "yin", "ing": "ying", "u": "wu", "ü": "yu", "üe": "yue", "üan": "yuan", "üen": "yun",
    "uei": "wei", "uen": "wen", "iou": "you", "üeng": "yong", "ong": "weng",
}  # fmt: skip


class ProfileError(ValueError):
    """A row of the profile tables is malformed; the message names file and row."""

    code = "dialect_profile"


@dataclass(frozen=True)
class SoundRule:
    """One sound change: ``match`` on the initial/final form of a syllable, towards the dialect."""

    name: str
    match: re.Pattern[str]
    becomes: str
    plain: str
    source: str


@dataclass(frozen=True)
class Profile:
    """One dialect area; ``name`` is what a row of the lexicon calls it."""

    name: str
    code: str
    plain: str
    aliases: tuple[str, ...]
    sounds: tuple[SoundRule, ...]
    source: str


@lru_cache(maxsize=1)
def sound_rules() -> dict[str, SoundRule]:
    """All sound rules by name.

    Raises:
        ProfileError: a row lacks a field or its expression does not compile.
    """
    rules = {}
    for row in _rows("sounds.tsv"):
        try:
            match = re.compile(row["match"])
        except re.error as error:
            raise ProfileError(f"sounds.tsv: {row['rule']}: {error}") from error
        rules[row["rule"]] = SoundRule(row["rule"], match, row["becomes"], row["plain"], row["source"])
    return rules


@lru_cache(maxsize=1)
def profiles() -> dict[str, Profile]:
    """All areas by name, standard Chinese first.

    Raises:
        ProfileError: a sound rule is unknown.
    """
    found = {}
    for row in _rows("profiles.tsv"):
        names = [name for name in row["sounds"].split("、") if name]
        if unknown := [name for name in names if name not in sound_rules()]:
            raise ProfileError(f"profiles.tsv: {row['profile']}: no rule {unknown[0]}")
        rules = tuple(sound_rules()[name] for name in names)
        aliases = tuple(row["aliases"].split("、"))
        found[row["profile"]] = Profile(row["profile"], row["code"], row["plain"], aliases, rules, row["source"])
    return found


@lru_cache(maxsize=256)
def profile_named(name: str) -> Profile | None:
    """The area somebody names: 四川话, 讲的是河南话, 粤语, yue."""
    wanted = name.strip()
    for profile in profiles().values():
        if wanted in (profile.name, profile.code) or wanted in profile.aliases:
            return profile
    named = [
        (len(alias), profile)
        for profile in profiles().values()
        for alias in (profile.name, *profile.aliases)
        if len(alias) > 1 and alias in wanted
    ]
    return max(named, key=lambda pair: pair[0])[1] if named else None


@lru_cache(maxsize=1024)
def profile_for_region(code: str | None) -> Profile | None:
    """The area a place of GB/T 2260 lies in: ``510100`` -> 西南官话; None for ``national`` and unknown codes."""
    if not code or not code.isdigit():
        return None
    places = _places()
    return next((profiles()[places[code[:n]]] for n in (6, 4, 2) if code[:n] in places), None)


def profile_of(region: str | None) -> Profile | None:
    """The area meant by a code (``510100``), a name or an alias; None when it is none of them."""
    if not region:
        return None
    return profile_for_region(region) or profile_named(region)


@lru_cache(maxsize=16384)
def fold(syllable: str, profile: str) -> str:
    """The class of sounds a toneless syllable falls into for speakers of ``profile``.

    The result is a syllable as the area says it (``niang`` -> ``liang``), so it can be spoken as well as compared.
    The general folding, for speakers of unknown areas, is ``pinyin.fold``.

    Args:
        syllable: toneless pinyin; anything else stays itself.
        profile: name, alias or region code; an unknown one changes nothing.
    """
    known = profile_of(profile)
    parts = parts_of(syllable)
    if known is None or parts is None:
        return syllable
    return _spelt(changed(parts, known.sounds))


def changed(parts: str, rules: Iterable[SoundRule]) -> str:
    """Initial and final (see :func:`parts_of`) after ``rules``, in their order."""
    for rule in rules:
        parts = _joined(rule.match.sub(rule.becomes, parts))
    return parts


def parts_of(syllable: str) -> str | None:
    """Initial and final of toneless pinyin: ``zhuang`` -> ``zh/uang``, ``yan`` -> ``/ian``, ``ju`` -> ``j/ü``."""
    if not syllable.isalpha() or not syllable.islower():
        return None
    if syllable in _ZERO_FINAL:
        return "/" + _ZERO_FINAL[syllable]
    if syllable[0] in "yw" and len(syllable) > 1:
        vowel = "i" if syllable[0] == "y" else "u"
        final = vowel + syllable[1:]
        return "/" + final
    match = _INITIALS.fullmatch(syllable)
    if match is None:
        return None
    initial, final = match[1] or "", match[2]
    if initial in ("j", "q", "x") and final.startswith("u"):
        final = {"un": "üen", "ue": "üe"}.get(final, "ü" + final[1:])
    return f"{initial}/{_FULL_FINAL.get(final, final)}"


def _joined(parts: str) -> str:
    """Vowels that meet when a rule drops a consonant, as Mandarin has them: r/en -> /ien -> /in."""
    initial, final = parts.split("/")
    final = re.sub("^iu", "ü", {"ien": "in", "ieng": "ing", "ui": "uei"}.get(final, final))
    return f"{initial}/{'üe' if final == 'üo' else final}"


def _spelt(parts: str) -> str:
    initial, final = parts.split("/")
    if not initial:
        if final in _SPELT_ALONE:
            return _SPELT_ALONE[final]
        return {"i": "y", "u": "w"}[final[0]] + final[1:] if final[0] in "iu" and len(final) > 1 else final
    if initial in ("j", "q", "x") and final.startswith("ü"):
        return initial + {"üen": "un", "üeng": "iong"}.get(final, "u" + final[1:])
    return initial + _SPELT.get(final, final).replace("ü", "v")


@lru_cache(maxsize=1)
def _places() -> dict[str, str]:
    places = {}
    for row in _rows("regions.tsv"):
        if row["profile"] not in profiles():
            raise ProfileError(f"regions.tsv: {row['code']}: no profile {row['profile']}")
        places[row["code"]] = row["profile"]
    return places


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_HERE / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"):
            if None in row or any(value is None for value in row.values()):
                raise ProfileError(f"{name}: {row}")
            yield row
