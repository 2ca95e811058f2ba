"""Numbers, amounts, terms, areas and telephone numbers in spoken Chinese, with normalised values.

``find_*`` list what a sentence names, ``parse_*`` read an answer: one clear value or None. What is open
(几万, 两三年, 三到五万) or said twice differently gives None, so that the dialogue asks again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from nlu.dialect.chinese_number import read_number, standard_characters
from nlu.dialect.digits import parse_digits
from nlu.dialect.quantities import NUMBER, Found, fen, find_amounts, find_areas, find_phones, find_terms
from nlu.dialect.spoken import AmountText, format_amount, format_area, format_term, spoken_integer

__all__ = [
    "AmountText",
    "Found",
    "find_amounts",
    "find_areas",
    "find_phones",
    "find_terms",
    "format_amount",
    "format_area",
    "format_term",
    "parse_amount",
    "parse_area",
    "parse_digits",
    "parse_number",
    "parse_term",
    "spoken_integer",
]

_BEFORE = "嗯|呃|额|哦|那个|那|就|大概|大约|差不多|可能|我|想|要|是|种了?|有|贷|借|,|、| "
_AFTER = "左右|上下|的?样子|吧|嘛|啊|呀|哈|噻|咯|的|哦|呢|就行|就够了|就好|[。.,、!！?？ ]"
_FILLER = re.compile(rf"^(?:{_BEFORE})*|(?:{_AFTER})*$")


def parse_number(text: str) -> Decimal | None:
    """``text`` as one number (三万二, 3万5, 两千五, 半, 廿), or None."""
    number = read_number(text)
    return None if number is None else number.value


def parse_amount(text: str) -> int | None:
    """The amount of an answer in integer fen; a bare number counts as yuan. None: none, several or open."""
    found = find_amounts(text)
    if _named(found):
        value = _only(found)
        return None if value is None else int(value)
    number = _bare(text)
    return None if number is None else fen(number)


def parse_term(text: str) -> int | None:
    """The term of an answer in whole months (半年, 一年半, 十八个月); a bare number is None: months or years?"""
    value = _only(find_terms(text))
    return None if value is None else int(value)


def parse_area(text: str) -> Decimal | None:
    """The area of an answer in mu (一亩半, 三分地, 一公顷 = 15 mu); a bare number counts as mu."""
    found = find_areas(text)
    if _named(found):
        value = _only(found)
        return None if value is None else Decimal(value)
    stripped = _strip(text)
    tenths = re.fullmatch(rf"({NUMBER})分", stripped)
    if tenths:
        number = read_number(tenths.group(1))
        return None if number is None else number.value / 10
    return _bare(text)


def _named(found: Sequence[Found]) -> list[Found]:
    """What is meant: 不是三万是五万 names only 五万."""
    return [f for f in found if not f.negated]


def _only(found: Sequence[Found]) -> int | Decimal | str | None:
    values = {f.value for f in _named(found)}
    return values.pop() if len(values) == 1 else None


def _strip(text: str) -> str:
    return _FILLER.sub("", standard_characters(text).strip())


def _bare(text: str) -> Decimal | None:
    """A number that is the whole answer but for fillers (嗯, 大概三万左右吧); telephone-like runs are none."""
    stripped = _strip(text)
    if not re.fullmatch(NUMBER, stripped) or re.fullmatch(r"[\d零一二三四五六七八九]{8,}", stripped):
        return None
    number = read_number(stripped)
    return number.value if number is not None and number.value > 0 else None
