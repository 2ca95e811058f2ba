"""How alike two syllables sound, for whoever heard one of them."""

from __future__ import annotations

from functools import lru_cache

from nlu.dialect import profiles
from voice.repair.articulation import between_finals, between_initials

INITIALS = (
    "zh",
    "ch",
    "sh",
    "b",
    "p",
    "m",
    "f",
    "d",
    "t",
    "n",
    "l",
    "g",
    "k",
    "h",
    "j",
    "q",
    "x",
    "r",
    "z",
    "c",
    "s",
    "y",
    "w",
)

ALIKE = 0.5
"""Distance of sounds that many regions do not keep apart."""
NEAR = 1.0
"""Distance of sounds that are mistaken for each other on a poor line: same place, other manner (b/p, d/t)."""
KNOWN_AREA = 0.25
"""Distance of a sound from what the speaker's area makes of it ..."""
UNKNOWN_AREA = 0.5
"""... and of what some area makes of it, where the speaker's is unknown."""
FAR = 3.0
"""Any other two sounds."""

_ALIKE_INITIALS = ("zh z", "ch c", "sh s", "n l", "f h")
_NEAR_INITIALS = (
    "b p", "d t", "g k", "j q", "zh ch", "z c", "zh j", "ch q", "sh x", "z j", "c q", "s x", "r l", "r y", "m n", "h k",
    "m b", "d n", "d l", "t l", "y l", "w h", "w m", "zh d", "g j", "k q", "h x", "sh ch", "s c", "z zh ",
)  # fmt: skip
_ALIKE_FINALS = ("in ing", "en eng", "an ang", "ian iang", "uan uang", "un ong", "uen ong")
_NEAR_FINALS = (
    "ai ei", "ao ou", "e o", "o uo", "e uo", "a ao", "a ai", "i ei", "i u", "u v", "i v", "ie ia",
    "ie ian", "ian an", "in en", "ong eng", "ong ou", "u ou", "ui ei", "ui un", "un en", "uan an", "uai ai", "ua a",
    "ia a", "iao ao", "iu ou", "iu iao", "ue ie", "uo ou", "en in", "iong ong", "an en", "ang eng", "ian in", "i e",
    "i in", "ing i", "y i", "y v", "ei en", "ai an", "uo u", "ve ie", "ui i",
)  # fmt: skip


def _pairs(rows: tuple[str, ...]) -> frozenset[frozenset[str]]:
    return frozenset(frozenset(row.split()) for row in rows)


_INITIAL = {ALIKE: _pairs(_ALIKE_INITIALS), NEAR: _pairs(_NEAR_INITIALS)}
_FINAL = {ALIKE: _pairs(_ALIKE_FINALS), NEAR: _pairs(_NEAR_FINALS)}


@lru_cache(maxsize=2048)
def split(syllable: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable: ``zhuang`` -> (``zh``, ``uang``), ``ai`` -> ("", ``ai``)."""
    initial = next((i for i in INITIALS if syllable.startswith(i)), "")
    final = syllable[len(initial) :]
    if initial == "y":  # ya yan you yun yi: written with y, spoken as i- or ü-
        final = {"u": "v", "ue": "ve", "uan": "van", "un": "vn"}.get(
            final, final if final.startswith("i") else "i" + final
        )
        final = {"iou": "iu", "ien": "in"}.get(final, final)
    elif initial == "w":
        final = final if final == "u" else "u" + final
        final = {"uei": "ui", "uen": "un"}.get(final, final)
    elif initial in ("j", "q", "x") and final.startswith("u"):
        final = "v" + final[1:]
    elif final == "i" and initial in ("zh", "ch", "sh", "r", "z", "c", "s"):
        final = "y"
    return initial, final


def _between(one: str, other: str, known: dict[float, frozenset[frozenset[str]]]) -> float:
    if one == other:
        return 0.0
    pair = frozenset((one, other))
    listed = next((distance for distance, pairs in known.items() if pair in pairs), FAR)
    made = between_initials(one, other) if known is _INITIAL else between_finals(one, other)
    return min(listed, made, FAR)


@lru_cache(maxsize=1 << 17)
def distance(heard: str, said: str) -> float:
    """0 for the same toneless syllable; sums of ``ALIKE``, ``NEAR`` and steps of articulation for others, at most
    ``FAR`` for each of initial and final."""
    if heard == said:
        return 0.0
    (initial, final), (other_initial, other_final) = split(heard), split(said)
    if {initial, other_initial} <= {"", "y", "w"}:
        between = 0.0 if final != other_final else ALIKE
    else:
        between = _between(initial, other_initial, _INITIAL)
    return between + _between(final, other_final, _FINAL)


@lru_cache(maxsize=1 << 18)
def spoken_distance(heard: str, said: str, profile: str | None) -> float:
    """The distance for a speaker of ``profile``; where the area is unknown, for whichever area makes it least.

    Args:
        heard: toneless syllable the recogniser wrote.
        said: toneless syllable of standard Chinese that may have been meant.
        profile: name of a dialect area (``nlu.dialect.profiles``), None when unknown.
    """
    areas = (profile,) if profile else tuple(profiles.profiles())
    surcharge = KNOWN_AREA if profile else UNKNOWN_AREA
    changed = {profiles.fold(said, area) for area in areas} - {said}
    return min([distance(heard, said), *(surcharge + distance(heard, one) for one in changed)])
