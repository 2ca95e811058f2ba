"""Sounds that Kokoro can say, from an initial, a final and a tone, also where Mandarin has no such syllable.

The inventory is misaki's (``misaki.transcription``, after Duanmu 2007 and Lin 2007), which Kokoro was trained on;
misaki itself reads only syllables of Mandarin. "0" stands where the tone is written: after the vowel.
"""

from __future__ import annotations

from typing import Final

_INITIALS: Final = {
    "": "", "b": "p", "p": "pʰ", "m": "m", "f": "f", "d": "t", "t": "tʰ", "n": "n", "l": "l", "g": "k", "k": "kʰ",
    "h": "x", "j": "ʨ", "q": "ʨʰ", "x": "ɕ", "zh": "ꭧ", "ch": "ꭧʰ", "sh": "ʂ", "r": "ɻ", "z": "ʦ", "c": "ʦʰ", "s": "s",
}  # fmt: skip
_FINALS: Final = {
    "a": "a0", "ai": "ai0", "an": "a0n", "ang": "a0ŋ", "ao": "au0", "e": "ɤ0", "ei": "ei0", "en": "ə0n", "eng": "ə0ŋ",
    "er": "ɚ0", "i": "i0", "ia": "ja0", "ian": "jɛ0n", "iang": "ja0ŋ", "iao": "jau0", "iai": "jai0", "ie": "je0",
    "in": "i0n", "iou": "jou0", "ing": "i0ŋ", "iong": "jʊ0ŋ", "io": "jɔ0", "iei": "jei0", "o": "wo0", "ong": "ʊ0ŋ",
    "ou": "ou0", "u": "u0", "uei": "wei0", "ua": "wa0", "uai": "wai0", "uan": "wa0n", "uen": "wə0n", "uang": "wa0ŋ",
    "ueng": "wə0ŋ", "uo": "wo0", "ü": "y0", "üe": "ɥe0", "üan": "ɥɛ0n", "üen": "y0n", "üeng": "jʊ0ŋ", "ê": "ɛ0",
}  # fmt: skip
_BUZZED: Final = frozenset({"zh", "ch", "sh", "r", "z", "c", "s"})
TONES: Final = {1: "→", 2: "↗", 3: "↓", 4: "↘", 5: ""}
"""Kokoro's marks for the four tones and none."""


def spoken(initial: str, final: str, tone: int) -> str | None:
    """Kokoro's symbols of one syllable.

    Args:
        initial, final: as in :func:`nlu.dialect.profiles.parts_of` (``zh``, ``uang``; ``""``, ``ian``).
        tone: 1-4, or 5 for none.

    Returns:
        None when the inventory lacks the initial or the final.
    """
    if initial not in _INITIALS:
        return None
    if not initial and final == "o":
        vowel = "ɔ0"
    elif final == "i" and initial in _BUZZED:
        vowel = "ɨ0"
    elif final in _FINALS:
        vowel = _FINALS[final]
    else:
        return None
    return _INITIALS[initial] + vowel.replace("0", TONES[tone])
