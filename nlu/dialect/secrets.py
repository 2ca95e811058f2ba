"""Notices when somebody sends a password or a one-time code, which the assistant must never accept or keep."""

from __future__ import annotations

import re

_BLANK = "*"
_NUMBER = rf"[0-9０-９零〇一二三四五六七八九幺{_BLANK}]"
"""Blanked digits count: what was blanked on the way in is still known for a secret."""
_ONE = r"一(?![直样起定般共个次天会下块点月年])"
_REPEATED = rf"[两俩二三四五六七八2-8２-８]\s*个\s*(?:[0-9０-９零〇二三四五六七八九幺]|{_ONE})(?![个位次天年月号])"
"""A figure said by how often it comes: six eights."""
_GAP = r"[\s,，、-]?"
_FIGURES = rf"(?:(?:{_NUMBER}{_GAP}){{0,8}}?(?:{_REPEATED}{_GAP})+(?:{_NUMBER}{_GAP}){{0,6}}|(?:{_NUMBER}{_GAP}){{4,}})"
_WELL_KNOWN = r"(?:生日|出生年月日?|(?:身份证|手机|电话)号?码?的?最?[后前尾][四五六七八4-8]位)"
"""What a password is often made of; who says so has said it."""
_WHOSE = r"(?:我|俺|咱|他|她|你|娃|儿|女|老|爱人|媳妇|孙)"
_NAME = r"(?:密码|验证码|校验码|动态码|短信码)"
_SECRET = re.compile(
    rf"(?:{_NAME}|口令|CVV|安全码)[^。！？?0-9]{{0,8}}?{_FIGURES}"
    rf"|密码(?:就|都|还|也)?(?:是|为|叫|用的?是?|设的?是?){_WHOSE}[^。！？?，,]{{0,5}}?{_WELL_KNOWN}"
    rf"|{_WHOSE}[^。！？?，,]{{0,5}}?{_WELL_KNOWN}(?:就|都)?是[^。！？?]{{0,4}}密码"
    rf"|(?<!{_NUMBER})(?:(?:{_REPEATED}{_GAP})+|(?:{_NUMBER}{_GAP}){{4,8}})[，,]?(?:这|那)?(?:个)?就?是[^。！？?]{{0,4}}{_NAME}",
    re.I,
)
_BARE = re.compile(rf"[\s，,。.、：:]*(?:(?:{_NUMBER}){{6}}|(?:{_NUMBER}[\s,，、-]+){{5}}{_NUMBER})[\s，,。.、]*")
_ROUND = re.compile(r"[0０零〇]{3}[\s，,。.、]*$")
NUMBERS = frozenset(("loan_amount", "loan_area", "applicant_phone", "bill_account", "bill_part", "call_back_number"))
"""Slots whose answers are numbers; the last is asked for on the telephone alone."""
_WHOLE = re.compile(rf"{_REPEATED}|{_WELL_KNOWN}")
"""Blanked as one, for a figure is not seen in its parts."""


def has_secret(text: str) -> bool:
    """Whether ``text`` holds a password or code (a word for it beside four digits, "six eights" or "my birthday")."""
    return _SECRET.search(text) is not None


def is_code(text: str, asked: str | None) -> bool:
    """Whether ``text`` is six figures and nothing else, as one-time codes and card passwords are.

    Args:
        asked: the slot that was asked for: what answers with a number is no code, nor is a round sum anywhere.
    """
    return asked not in NUMBERS and _BARE.fullmatch(text) is not None and _ROUND.search(text) is None


def blank_code(text: str, asked: str | None) -> str:
    """:func:`blank`, and a bare code blanked as well; ``is_code`` still holds for it."""
    return re.sub(_NUMBER, _BLANK, text) if is_code(text, asked) else blank(text)


def was_secret(understood: str) -> bool:
    """Whether what is kept of a message shows that a secret was in it."""
    return has_secret(understood) or (_BLANK in understood and is_code(understood, None))


def blank(text: str) -> str:
    """``text`` with the figures of every secret in it blanked; ``has_secret`` still holds for it."""
    return _SECRET.sub(lambda match: re.sub(_NUMBER, _BLANK, _WHOLE.sub(_BLANK * 4, match.group())), text)
