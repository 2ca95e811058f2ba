"""Accents: how a speaker of a dialect area says a syllable of Mandarin, by the profiles' rules and its towns' tones."""

from __future__ import annotations

import csv
import random
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from nlu.dialect.profiles import STANDARD, SoundRule, changed, parts_of, profiles
from voice.adaptation.phones import spoken

_TONES = Path(__file__).with_name("tones.tsv")
_SYLLABLE = re.compile(r"([a-zü]+)([1-5])")
_KEEPS_RULE = 0.85
"""Chance that a speaker has a given rule of the area, and that he follows it in a syllable: nobody is consistent."""
_LOCAL_TONES = 0.65
"""Share of speakers who keep the tones of their town; the others say the area's sounds with Beijing's tones."""


class ToneError(ValueError):
    """A row of ``tones.tsv`` is malformed; the message names it."""

    code = "tones"


@dataclass(frozen=True)
class Speaker:
    """One way of speaking. ``tones`` maps Beijing's tones to those said; ``place`` names the town they are from."""

    profile: str
    place: str
    rules: tuple[SoundRule, ...]
    tones: tuple[int, int, int, int]

    def says(self, syllable: str, rng: random.Random) -> str:
        """Kokoro's symbols for ``syllable`` (pinyin with a tone digit); empty when it has no sound."""
        match = _SYLLABLE.fullmatch(syllable)
        parts = parts_of(match[1].replace("ü", "v")) if match else None
        if match is None or parts is None:
            return ""
        rules = [rule for rule in self.rules if rng.random() < _KEEPS_RULE]
        tone = int(match[2])
        said_tone = self.tones[tone - 1] if tone < 5 else 5
        for attempt in (changed(parts, rules), parts):
            initial, final = attempt.split("/")
            sound = spoken(initial, final, said_tone)
            if sound is not None:
                return sound
        return ""


PLAIN = Speaker(STANDARD, "", (), (1, 2, 3, 4))
"""Standard Mandarin."""


def accented() -> tuple[str, ...]:
    """Names of all areas that the rules can express."""
    return tuple(name for name, profile in profiles().items() if profile.sounds)


def speaker(profile: str, rng: random.Random) -> Speaker:
    """Somebody of the area ``profile``, drawn by ``rng``: his rules, and his town's tones or Beijing's."""
    area = profiles()[profile]
    rules = tuple(rule for rule in area.sounds if rng.random() < _KEEPS_RULE) or area.sounds
    towns = places(profile)
    if towns and rng.random() < _LOCAL_TONES:
        place, tones = rng.choice(towns)
        return Speaker(profile, place, rules, tones)
    return Speaker(profile, "", rules, PLAIN.tones)


@lru_cache(maxsize=32)
def places(profile: str) -> tuple[tuple[str, tuple[int, int, int, int]], ...]:
    """The towns of an area and, for Beijing's four tones, the Mandarin tone that sounds most like theirs.

    Raises:
        ToneError: a row is malformed.
    """
    found = []
    with _TONES.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"):
            try:
                if row["profile"] not in profiles():
                    raise ToneError(f"no area {row['profile']}")
                if row["profile"] == profile:
                    first, second, third, fourth = (
                        nearest(row[name]) for name in ("first", "second", "third", "fourth")
                    )
                    found.append((row["place"], (first, second, third, fourth)))
            except (KeyError, TypeError, ToneError) as error:
                raise ToneError(f"{_TONES.name}: {row}: {error}") from None
    return tuple(found)


def nearest(contour: str) -> int:
    """The Mandarin tone that sounds most like a contour of Chao's levels: 1 high and level, 2 rises, 3 low, 4 falls.

    Raises:
        ToneError: ``contour`` is not two or three digits from 1 to 5.
    """
    if not re.fullmatch(r"[1-5]{2,3}", contour):
        raise ToneError(f"{contour!r} is not a contour")
    levels = [int(level) for level in contour]
    start, lowest, end = levels[0], min(levels), levels[-1]
    if len(levels) == 3 and lowest < start and lowest < end:
        return 3
    if end > start:
        return 2 if start > 1 or end > 2 else 3
    if end < start:
        return 4 if start >= 4 else 3
    return 1 if start >= 3 else 3
