"""A sentence in its written and its spoken form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_SPOKEN_DIGITS = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


@dataclass(frozen=True)
class Say:
    """``spoken`` is ``None`` when the text can be read aloud as it is."""

    text: str
    spoken: str | None = None

    def __add__(self, other: Say) -> Say:
        if self.spoken is None and other.spoken is None:
            return Say(self.text + other.text)
        return Say(self.text + other.text, (self.spoken or self.text) + (other.spoken or other.text))


def digits(number: str) -> str:
    """A number spoken digit by digit in groups of three or four: 一二三，四五六."""
    cuts = (0, 3, 7, 11) if len(number) == 11 else (*range(0, len(number), 3), len(number))
    groups = (number[start:end] for start, end in pairwise(cuts))
    return "，".join("".join(_SPOKEN_DIGITS.get(char, char) for char in group) for group in groups)


def hotlines(text: str) -> Say:
    """``text`` with short telephone numbers (96110, 110) spelled out for the ear."""
    heard = re.sub(
        r"(?<!\d)(?:1\d{2}|1\d{4}|9\d{4})(?!\d|元|斤|亩)",
        lambda match: "".join(_SPOKEN_DIGITS[char] for char in match.group()),
        text,
    )
    return Say(text, heard if heard != text else None)


def speakable(text: str) -> str:
    """``text`` with every number of five and more digits spelled digit by digit."""
    return re.sub(r"\d{5,}", lambda match: digits(match.group()), text)


def masked(number: str) -> str:
    """All but the first three and last two digits hidden (last two only, when the number is short)."""
    shown = 3 if len(number) >= 8 else 0
    return number[:shown] + "*" * max(len(number) - shown - 2, 0) + number[-2:]
