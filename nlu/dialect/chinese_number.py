"""Reads one Chinese number: 三万二, 3万5, 两千五, 二十多万, 一百零五点八, 廿三, 半.

``cn2an`` reads the written standard only (两千五 comes out as 2005), so the spoken forms have a grammar of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}
UNITS = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "亿": 100_000_000}

_SAME = str.maketrans(
    "０１２３４５６７８９．，〇○壹贰叁肆伍陆柒捌玖拾佰仟貳參陸萬億兩俩倆仨餘點负負",
    "0123456789.,零零一二三四五六七八九十百千二三六万亿二二二三余点--",
)
_TENS = {"廿": "二十", "卅": "三十", "卌": "四十"}
VAGUE_CHARS = "多来余把"


@dataclass(frozen=True)
class SpokenNumber:
    """A number and whether the speaker left it open (十来, 两万多)."""

    value: Decimal
    approximate: bool = False


def standard_characters(text: str) -> str:
    """Full-width, financial and variant number characters in their plain form; length and positions stay."""
    return text.translate(_SAME).replace("两", "二")


def read_number(text: str) -> SpokenNumber | None:
    """Read ``text`` as one number, nothing else in it.

    Returns:
        None when it is no number or names no single one (几万, 两三百, 三五).
    """
    plain = "".join(standard_characters(text).split())
    for char, standard in _TENS.items():
        plain = plain.replace(char, standard)
    sign = 1
    if plain.startswith("-"):
        sign, plain = -1, plain[1:]
    plain, approximate = _without_vague(plain)
    if not plain:
        return None
    if plain == "半百":
        return SpokenNumber(Decimal(sign * 50), approximate)
    if re.fullmatch("[百千万][二三四五六七八九]", plain):  # 百三, 千三, 万二: the one is left out
        plain = "一" + plain
    tokens = _tokens(plain)
    value = None if tokens is None else _value(tokens)
    return None if value is None else SpokenNumber(sign * value, approximate)


def breaks(number: str, following: str) -> list[int]:
    """Where a run of number characters falls apart into several numbers said in one breath.

    Args:
        number: the run, in standard characters.
        following: the text after it: years and months are never counted in thousands, so 二万一 before 年 is
            20,000 and 1.
    """
    last_digit_counts = following.startswith(("年", "个月", "个季")) and len(number) > 2
    if last_digit_counts and number[-2] in "百千万亿" and number[-1] in DIGITS:
        return [len(number) - 1]
    if read_number(number) is not None:
        return []
    for at in range(len(number) - 1, 0, -1):
        if number[at - 1] in "百千万亿" and read_number(number[:at]) and read_number(number[at:]):
            return [at]
    return []


def _without_vague(plain: str) -> tuple[str, bool]:
    """Drop 多, 来, 余, 把 where they may stand: after a unit or a round figure."""
    kept: list[str] = []
    approximate = False
    for i, char in enumerate(plain):
        if char in VAGUE_CHARS and kept:
            before = kept[-1]
            if before in UNITS or (before == "0" and char != "把"):
                if char == "把" and i == 1:  # 百把, 千把, 万把: about one of them
                    kept.insert(0, "一")
                approximate = True
                continue
        kept.append(char)
    return "".join(kept), approximate


@dataclass(frozen=True)
class _Token:
    kind: str  # "literal" (Arabic), "digit" (Chinese), "unit", "point", "half"
    value: Decimal
    text: str


def _tokens(plain: str) -> list[_Token] | None:
    tokens: list[_Token] = []
    i = 0
    while i < len(plain):
        char = plain[i]
        if char.isascii() and char.isdigit():
            j = i
            while j < len(plain) and plain[j] in "0123456789.,":
                j += 1
            literal = _literal(plain[i:j])
            if literal is None:
                return None
            tokens.append(_Token("literal", literal, plain[i:j]))
            i = j
            continue
        if char in DIGITS:
            tokens.append(_Token("digit", Decimal(DIGITS[char]), char))
        elif char in UNITS:
            tokens.append(_Token("unit", Decimal(UNITS[char]), char))
        elif char == "点":
            tokens.append(_Token("point", Decimal(0), char))
        elif char == "半":
            tokens.append(_Token("half", Decimal("0.5"), char))
        else:
            return None
        i += 1
    return tokens


def _literal(text: str) -> Decimal | None:
    groups = text.split(".")[0].split(",")
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(g) != 3 for g in groups[1:])):
        return None
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _value(tokens: list[_Token]) -> Decimal | None:
    """Sections of 亿 and 万 first, each read on its own."""
    for unit in (UNITS["亿"], UNITS["万"]):
        places = [i for i, t in enumerate(tokens) if t.kind == "unit" and t.value == unit]
        if not places:
            continue
        if len(places) > 1:
            return None
        at = places[0]
        left = _value(tokens[:at])
        right = _tail(tokens[at + 1 :], Decimal(unit))
        return None if left is None or right is None else left * unit + right
    return _small(tokens)


def _tail(tokens: list[_Token], unit: Decimal) -> Decimal | None:
    """What follows a unit: 三万二 means two of the next lower unit, 三万零二 two."""
    if not tokens:
        return Decimal(0)
    first = tokens[0]
    if len(tokens) == 1:
        if first.kind == "half":
            return unit / 2
        if first.kind == "digit" or (first.kind == "literal" and first.value < 10 and "." not in first.text):
            return first.value * unit / 10
    zero = first.kind == "digit" and first.value == 0
    value = _value(tokens[1:] if zero else tokens)
    if value is None or value >= unit:
        return None
    # 五万三百 is said for 五万零三百, but 五万十二 are two numbers in one breath (五万, 十二个月).
    return value if zero or value >= 100 else None


def _small(tokens: list[_Token]) -> Decimal | None:
    """A number below 万: 一千两百五, 十五, 三点五, 一零八六, 12.5, 半."""
    if not tokens:
        return None
    if any(t.kind == "point" for t in tokens):
        return _decimal(tokens)
    if tokens[0].kind == "half":
        return tokens[0].value if len(tokens) == 1 else None
    if all(t.kind != "unit" for t in tokens):
        return _without_units(tokens)
    total = Decimal(0)
    last = Decimal(10_000)
    i = 0
    while i < len(tokens):
        token = tokens[i]
        zero = token.kind == "digit" and token.value == 0
        if zero:
            i += 1
            if i == len(tokens):
                return None
            token = tokens[i]
        if token.kind in ("digit", "literal") and i + 1 < len(tokens) and tokens[i + 1].kind == "unit":
            factor, unit, step = token.value, tokens[i + 1].value, 2
        elif token.kind == "unit" and token.value == 10:
            factor, unit, step = Decimal(1), token.value, 1
        elif i + 1 == len(tokens) and token.kind != "unit":  # the last, without a unit of its own
            if token.kind == "half":
                return total + last / 2
            if token.kind == "literal" and token.value >= 10:
                return total + token.value if token.value < last else None
            return total + (token.value if zero or last == 10 else token.value * last / 10)
        else:
            return None
        if unit >= last:
            return None
        total += factor * unit
        last = unit
        i += step
    return total


def _decimal(tokens: list[_Token]) -> Decimal | None:
    at = next(i for i, t in enumerate(tokens) if t.kind == "point")
    whole, fraction = tokens[:at], tokens[at + 1 :]
    left = _small(whole)
    if left is None or not fraction or any(t.kind not in ("digit", "literal") or "." in t.text for t in fraction):
        return None
    return left + Decimal("0." + "".join(str(int(t.value)) if t.kind == "digit" else t.text for t in fraction))


def _without_units(tokens: list[_Token]) -> Decimal | None:
    if len(tokens) == 1:
        return tokens[0].value
    # 两三, 三五 leave the number open; a run of three or one with a zero is read digit by digit.
    if all(t.kind == "digit" for t in tokens) and (len(tokens) > 2 or tokens[1].value == 0 or tokens[0].value == 0):
        return Decimal("".join(str(int(t.value)) for t in tokens))
    return None
