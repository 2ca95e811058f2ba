"""Sounds of Chinese characters: toneless syllables, and syllables folded to what most dialects keep apart.

The folding joins what large dialect areas do not distinguish: zh/z, ch/c, sh/s (most of them), n/l (Southwestern,
Jianghuai, Xiang), hu/f (Southwestern, Xiang, Gan), -ng/-n after i and e (Southwestern, Jianghuai, Wu) and after a
(Jianghuai). After 《汉语方言概要》 (袁家骅, 2nd ed. 2001), ch. 3.
"""

from __future__ import annotations

from functools import lru_cache

from pypinyin import Style, lazy_pinyin

from nlu.dialect.profiles import fold as fold_for
from nlu.dialect.profiles import profile_of

_INITIALS = ("zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h", "j", "q", "x", "r", "z", "c", "s")
_MERGED_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l"}
_MERGED_FINALS = {"ing": "in", "eng": "en", "ang": "an", "iang": "ian", "uang": "uan"}
_HU_FINALS = {"u": "u", "ua": "a", "uai": "ai", "uan": "an", "uang": "an", "ui": "ei", "un": "en", "uo": "o"}


def _each(characters: str) -> str:
    # pypinyin takes a list here to mean one entry a character; its stubs know only the string.
    return list(characters)  # type: ignore[return-value]


def syllables(text: str) -> list[str]:
    """One toneless syllable for each character; what has no sound in Chinese stays itself.

    The reading is chosen in context (银行 -> yin hang), so the list has the length of ``text``.
    """
    read: list[str] = lazy_pinyin(text, style=Style.NORMAL, errors=_each)
    if len(read) == len(text):
        return read
    return [lazy_pinyin(char, style=Style.NORMAL, errors=_each)[0] for char in text]


@lru_cache(maxsize=4096)
def fold(syllable: str) -> str:
    """The class of sounds a toneless syllable falls into: ``zhang`` and ``zan`` -> ``zan``."""
    initial = next((i for i in _INITIALS if syllable.startswith(i)), "")
    final = syllable[len(initial) :]
    if initial == "h" and final in _HU_FINALS:
        return "f" + _HU_FINALS[final]
    if not initial and syllable.startswith("w"):
        final = syllable
    for long, short in _MERGED_FINALS.items():
        if final == long or (not initial and final[1:] == long):
            final = final[: len(final) - len(long)] + short
            break
    return _MERGED_INITIALS.get(initial, initial) + final


def folded(text: str, profile: str | None = None) -> list[str]:
    """The folded syllable of each character of ``text``.

    Args:
        text: characters.
        profile: the speaker's dialect area (name, alias or region code); without one the folding is the general one,
            which the trained models and the search index use.
    """
    known = profile_of(profile)
    if known is None:
        return [fold(s) for s in syllables(text)]
    return [fold_for(s, known.name) for s in syllables(text)]
