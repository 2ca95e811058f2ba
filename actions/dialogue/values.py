"""Reads slot values out of what people say. Pure functions: text in, value or ``None`` out, never a guess.

``whole_*`` accept a message only if nothing but the value (and filler words) is in it, so they may be trusted whatever
the intent classifier thought. ``find_*`` look for a value inside a longer sentence.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from nlu.dialect import numbers
from nlu.dialect.digits import digit_runs
from nlu.dialect.numbers import Found

_LEAD = re.compile(
    r"^(?:嗯+|呃+|额|哦|噢|啊|唉|哎|喂|那个|那|这个|就是|就|是的|是|对|大概|大约|差不多|可能|估计|怕是|总共|一共|应该|我想|我要|想|要|给我|帮我|贷款|贷|借|拿|用|"
    r"我们|俺们|我|俺|咱|家里|屋头|家|有|的|种了|种|养了|养|期限|时间|面积|金额|改成|改为|换成|[，,。、！\s])"
)
_TAIL = re.compile(
    r"(?:吧|啊|呢|嘛|嘞|咯|噻|哈|呗|呀|哦|哟|喽|了|的|地|左右|上下|那个样子|的样子|这样|就行|就行了|就可以|就够|就中|就好|够了|钱|[，,。、！!.\s])$"
)
_PHONE_LEAD = re.compile(
    r"^(?:我的|俺的|我|俺)?(?:手机号码|手机号|手机|电话号码|电话|号码|联系方式|联系电话)?(?:就)?(?:是|为)?[:：，,\s]*"
)
_ACCOUNT_LEAD = re.compile(
    r"^(?:我的|俺的|我家的?|我|俺)?(?:电费|水费|燃气费?|气费|话费|缴费|客户|用户)?(?:户号|编号|账号|帐号|号码|卡号|手机号|身份证号?|号)?(?:就)?(?:是|为)?[:：，,\s]*"
)
_QUESTION = re.compile(
    r"[?？]|吗$|呢$|么$|咋|啥|怎么|什么|为何|为什么|多少|哪|几[个时天]|谁|能不能|可不可以|是不是|有没有|要不要|好不好|行不行|.{3}不$|啵$"
)


def core(text: str) -> str:
    """``text`` without filler words at its ends."""
    said = text.strip()
    while True:
        shorter = _TAIL.sub("", _LEAD.sub("", said, count=1), count=1)
        if shorter == said or not shorter:
            return said
        said = shorter


def is_question(text: str) -> bool:
    """Whether ``text`` asks something rather than telling it."""
    return _QUESTION.search(text.strip(" 。！!")) is not None


def _only_filler(rest: str) -> bool:
    """Whether nothing but filler words is left."""
    while rest:
        shorter = _TAIL.sub("", _LEAD.sub("", rest, count=1), count=1)
        if shorter == rest:
            return False
        rest = shorter
    return True


def _alone(text: str, found: Sequence[Found]) -> Any:
    """The value of ``found`` if it is one value and the rest of ``text`` is filler."""
    meant = [item for item in found if not item.negated]
    if len({item.value for item in meant}) != 1:
        return None
    rest = text
    for item in reversed(found):
        rest = rest[: item.start] + rest[item.end :]
    return meant[0].value if _only_filler(rest) else None


_VAGUE = re.compile(
    r"[几数][十百千万]|(?<![\d零一二三四五六七八九十百千万.点])(?:[一二两三四五六七八九]{2,})[十百千万]|\d\s*[-~—到至]\s*\d"
    r"|[一二两三四五六七八九十百千万]\s*[-~—到至]\s*[\d一二两三四五六七八九十]"
)
_FOREIGN = re.compile(r"美元|美金|美钞|欧元|英镑|日元|日圆|港币|港元|韩元|卢布|外币|澳元|加元|泰铢|越南盾|[$€£]")
_NEGATIVE = re.compile(r"(?:^|[^\d万千百十一二两三四五六七八九])[-−–负]\s*[\d一二两三四五六七八九十百千万]|^负")


def plain_money(text: str) -> str:
    """3w and 5k as people type them, written 3万 and 5千."""
    text = re.sub(r"(?<=\d)\s+(?=[万千百元块])", "", text)
    return re.sub(
        r"([\d.])\s*([wWkK])(?![A-Za-z])", lambda match: match[1] + ("万" if match[2] in "wW" else "千"), text
    )


def is_foreign(text: str) -> bool:
    """Names another currency than yuan."""
    return _FOREIGN.search(text) is not None


def is_vague_amount(text: str) -> bool:
    """No single figure: 三五万, 几万块, 万把块, 五万多, 三到五万."""
    return _VAGUE.search(text) is not None or any(
        item.approximate and not item.negated for item in numbers.find_amounts(text)
    )


def is_negative(text: str) -> bool:
    """-5万: not a sum anybody can mean."""
    return _NEGATIVE.search(text) is not None


def whole_amount(text: str) -> int | None:
    """Fen, if the text is an amount and nothing else (a bare number counts as yuan)."""
    text = plain_money(text)
    if is_foreign(text) or is_negative(text) or is_vague_amount(text):
        return None
    found = numbers.find_amounts(text)
    value = _alone(text, found) if found else numbers.parse_amount(core(text))
    return None if value is None else int(value)


def whole_term(text: str) -> int | None:
    """Months, if the text is a length of time and nothing else. A bare number has no unit and is not taken."""
    value = _alone(text, numbers.find_terms(text))
    return None if value is None else int(value)


def whole_area(text: str) -> float | None:
    """Mu, if the text is an area or a bare number and nothing else."""
    said = re.sub("(?:地|田|土)+(?=$|[，,。了的吧啊])", "", text)
    found = numbers.find_areas(said)
    value = _alone(said, found) if found else numbers.parse_area(core(said))
    return None if value is None else float(value)


def whole_digits(text: str, *, account: bool = False) -> str | None:
    """The digits of a phone number or account, if the text says nothing else; any length from three."""
    said = (_ACCOUNT_LEAD if account else _PHONE_LEAD).sub("", text.strip(), count=1)
    runs = digit_runs(said, shortest=3)
    if len(runs) != 1 or not _only_filler(said[: runs[0].start] + said[runs[0].end :]):
        return None
    return runs[0].digits


def is_phone(digits: str) -> bool:
    """Whether ``digits`` can be a mobile number or a landline with its area code."""
    return re.fullmatch(r"1[3-9]\d{9}|0\d{9,11}", digits) is not None
