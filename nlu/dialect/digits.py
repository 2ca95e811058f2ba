"""Digit strings as they are read out: telephone and account numbers (幺三八, 138 0013 8000, 三个零)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nlu.dialect.chinese_number import DIGITS, standard_characters

_DIGIT = "[0-9零一二三四五六七八九幺]"
_NOT_COUNTED = "(?![十百千万亿]|[年月亩块元岁点]|个[^0-9零一二三四五六七八九幺])"
_ITEM = rf"(?:[二三四五六]个{_DIGIT}|{_DIGIT}{_NOT_COUNTED})"
_PAUSE = r"[ \-—_()（）]*"
_RUN = re.compile(rf"{_ITEM}(?:(?:{_PAUSE}|[,、。. ]+){_ITEM})*")
_PIECE = re.compile(rf"{_ITEM}(?:{_PAUSE}{_ITEM})*")
_REPEATED = re.compile(rf"([二三四五六])个({_DIGIT})")

_RADIO = str.maketrans("洞拐勾", "079")
_RADIO_RUN = re.compile(r"[0-9零一二三四五六七八九幺洞拐勾]{7,}")
"""Seven figures and more in one breath: only there is 拐 a seven and not a bend."""

_MOBILE = re.compile(r"1[3-9]\d{9}")
_LANDLINE = re.compile(r"0\d{2,3}\d{7,8}|[48]00\d{7}")


@dataclass(frozen=True)
class DigitRun:
    """A stretch ``text[start:end]`` that reads as ``digits``."""

    start: int
    end: int
    digits: str


def digit_runs(text: str, shortest: int = 5) -> list[DigitRun]:
    """All read-out digit strings of at least ``shortest`` digits.

    Pauses written as commas join the parts when the whole is a telephone number, and when no part is long
    enough to stand alone.
    """
    plain = _RADIO_RUN.sub(lambda m: m.group().translate(_RADIO), standard_characters(text))
    found: list[DigitRun] = []
    for run in _RUN.finditer(plain):
        whole = DigitRun(run.start(), run.end(), _digits(run.group()))
        pieces = [
            DigitRun(run.start() + p.start(), run.start() + p.end(), _digits(p.group()))
            for p in _PIECE.finditer(run.group())
        ]
        long = [p for p in pieces if len(p.digits) >= shortest]
        if (
            is_phone(whole.digits)
            or len(pieces) == 1
            or not long
            or (len(long) == 1 and not any(is_phone(p.digits) for p in long))
        ):
            found.append(whole)
        else:
            found.extend(long)
    return [f for f in found if len(f.digits) >= shortest]


def is_phone(digits: str) -> bool:
    """A Chinese mobile, landline with area code, or 400/800 number."""
    return bool(_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits))


_ID_LAST = re.compile(r"[ \-—_]*(?:[xX×叉]|艾克斯|埃克斯)")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_runs(text: str) -> list[DigitRun]:
    """Citizen identity numbers of 18 places, spoken or written, whose check character (GB 11643) is right."""
    found = []
    for run in digit_runs(text, shortest=17):
        digits, end = run.digits, run.end
        if len(digits) == 17 and (last := _ID_LAST.match(text, run.end)):
            digits, end = digits + "X", last.end()
        if len(digits) == 18 and digits[-1] == _id_check(digits):
            found.append(DigitRun(run.start, end, digits))
    return found


def _id_check(digits: str) -> str:
    return "10X98765432"[sum(int(d) * w for d, w in zip(digits[:17], _ID_WEIGHTS, strict=True)) % 11]


def parse_digits(text: str) -> str | None:
    """``text`` as one read-out digit string and nothing else: ``一零二三四五`` -> ``"102345"``; 幺 is 1."""
    plain = standard_characters(text).strip(" ,。.、!?！？；;")
    plain = _RADIO_RUN.sub(lambda m: m.group().translate(_RADIO), plain)
    return _digits(plain) if plain and _RUN.fullmatch(plain) else None


def _digits(text: str) -> str:
    spread = _REPEATED.sub(lambda m: m.group(2) * DIGITS[m.group(1)], text)
    return "".join(
        "1" if c == "幺" else str(DIGITS.get(c, c)) for c in spread if c in DIGITS or c == "幺" or c.isdigit()
    )
