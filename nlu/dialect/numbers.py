"""Numbers, amounts, terms, areas, dates, telephone and identity numbers in spoken Chinese, with normalised values.

``find_*`` list what a sentence names. ``parse_*`` read a text that is the value and nothing else but fillers
(嗯, 大概五万块钱左右吧; 不是三万，是五万). What is open (几万, 两三年, 三到五万) gives None, so that the dialogue asks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from nlu.dialect.chinese_number import read_number, standard_characters
from nlu.dialect.dates import find_dates
from nlu.dialect.digits import parse_digits
from nlu.dialect.quantities import NUMBER, Found, fen, find_amounts, find_areas, find_ids, find_phones, find_terms
from nlu.dialect.spoken import AmountText, format_amount, format_area, format_term, spoken_integer

__all__ = [
    "AmountText",
    "Found",
    "find_amounts",
    "find_areas",
    "find_dates",
    "find_ids",
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

_FILLER = re.compile(
    "(?:嗯|呃|额|哦|那个|那|就|大概|大约|差不多|可能|我|俺|想|要|是|种了?|有|贷款?|借款?|不对|不是|错了|说的|应该|改成|改为|个"
    "|左右|上下|的?样子|吧|嘛|啊|呀|哈|噻|咯|的|哦|呢|就行|就够|了|就好|地|田|土|[。.,、!！?？ ])*"
)


def parse_number(text: str) -> Decimal | None:
    """``text`` as one number (三万二, 3万5, 两千五, 半, 廿), or None."""
    number = read_number(text)
    return None if number is None else number.value


def parse_amount(text: str) -> int | None:
    """An amount as integer fen; a bare number counts as yuan."""
    found = find_amounts(text)
    if found:
        value = _only(text, found)
        return None if value is None else int(value)
    number = _bare(text)
    return None if number is None else fen(number)


def parse_term(text: str) -> int | None:
    """A term as whole months (半年, 一年半, 十八个月); a bare number is None: months or years?"""
    value = _only(text, find_terms(text))
    return None if value is None else int(value)


def parse_area(text: str) -> Decimal | None:
    """An area in mu (一亩半, 三分, 一公顷 = 15 mu); a bare number counts as mu."""
    found = find_areas(text)
    if found:
        value = _only(text, found)
        return None if value is None else Decimal(value)
    plain = standard_characters(text)
    tenths = re.search(rf"({NUMBER})分$", plain)
    if tenths and _FILLER.fullmatch(plain[: tenths.start()]):
        number = read_number(tenths.group(1))
        return None if number is None else number.value / 10
    return _bare(text)


def _only(text: str, found: Sequence[Found]) -> int | Decimal | str | None:
    """The one value meant by ``text``, if it says nothing else."""
    values = {f.value for f in found if not f.negated}
    rest = list(standard_characters(text))
    for f in found:
        rest[f.start : f.end] = [" "] * (f.end - f.start)
    return values.pop() if len(values) == 1 and _FILLER.fullmatch("".join(rest)) else None


def _bare(text: str) -> Decimal | None:
    """A number that is the whole answer but for fillers; telephone-like runs are none."""
    plain = standard_characters(text)
    runs = list(re.finditer(NUMBER, plain))
    if len(runs) != 1 or re.fullmatch(r"[\d零一二三四五六七八九]{8,}", runs[0].group()):
        return None
    run = runs[0]
    if not _FILLER.fullmatch(plain[: run.start()]) or not _FILLER.fullmatch(plain[run.end() :]):
        return None
    number = read_number(run.group())
    return number.value if number is not None and number.value > 0 else None
