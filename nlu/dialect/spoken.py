"""Writes numbers the way they are said: 五万元, 两百五十元, 一年零六个月."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

_DIGITS = "零一二三四五六七八九"


class AmountText(NamedTuple):
    """An amount for the ear and for the eye."""

    spoken: str
    written: str


def format_amount(fen: int) -> AmountText:
    """``5_000_000`` -> ``("五万元", "50,000元")``; ``10_580`` -> ``("一百零五元八角", "105.80元")``.

    Args:
        fen: amount in integer fen, may be negative.
    """
    sign_spoken, sign_written = ("负", "-") if fen < 0 else ("", "")
    yuan, rest = divmod(abs(fen), 100)
    jiao, cent = divmod(rest, 10)
    written = f"{yuan:,}元" if not rest else f"{yuan:,}.{rest:02d}元"
    parts = []
    if yuan or not rest:
        parts.append(("两" if yuan == 2 else spoken_integer(yuan)) + "元")
    if jiao:
        parts.append(_DIGITS[jiao] + "角")
    if cent:
        parts.append(("零" if yuan and not jiao else "") + _DIGITS[cent] + "分")
    return AmountText(sign_spoken + "".join(parts), sign_written + written)


def format_term(months: int) -> str:
    """``6`` -> ``六个月``, ``18`` -> ``一年零六个月``, ``24`` -> ``两年``."""
    years, rest = divmod(months, 12)
    parts = []
    if years:
        parts.append(("两" if years == 2 else spoken_integer(years)) + "年")
    if rest or not years:
        parts.append(("零" if years else "") + ("两" if rest == 2 else spoken_integer(rest)) + "个月")
    return "".join(parts)


def format_area(mu: Decimal | float) -> str:
    """``12`` -> ``十二亩``, ``2.5`` -> ``二点五亩``, ``0.5`` -> ``半亩``."""
    value = Decimal(str(mu)).normalize()
    if value == Decimal("0.5"):
        return "半亩"
    if value == 2:
        return "两亩"
    text = format(value, "f")
    whole, _, fraction = text.partition(".")
    return spoken_integer(int(whole)) + ("点" + "".join(_DIGITS[int(c)] for c in fraction) if fraction else "") + "亩"


def spoken_integer(number: int) -> str:
    """``2250`` -> ``两千二百五十``; 0 to 10**16 - 1.

    Raises:
        ValueError: negative or too large.
    """
    if not 0 <= number < 10**16:
        raise ValueError(f"not speakable: {number}")
    if number == 0:
        return "零"
    parts: list[str] = []
    gap = False  # a skipped place is said as 零
    for unit, name in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, "")):
        section, number = divmod(number, unit)
        if not section:
            gap = bool(parts)
            continue
        if parts and (gap or section < 1000):
            parts.append("零")
        text = _section(section, first=not parts)
        parts.append(("两" if section == 2 and name else text) + name)
        gap = False
    return "".join(parts)


def _section(number: int, *, first: bool) -> str:
    parts: list[str] = []
    gap = False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if not digit:
            gap = gap or bool(parts)
            continue
        if gap:
            parts.append("零")
            gap = False
        if unit == 10 and digit == 1 and not parts and first:
            parts.append(name)
        elif digit == 2 and unit >= 100 and not parts:
            parts.append("两" + name)
        else:
            parts.append(_DIGITS[digit] + name)
    return "".join(parts)
