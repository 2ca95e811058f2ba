"""Numbered options: which one does the user mean?

Every choice can be given by its number (typed, keyed or spoken), by its position ("第二个", "最后一个"), or by
its own words. What fits no option is an ordinary message.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "幺": 1}
_NUMBERED = re.compile(
    r"^(?:我?选择?|按|要)?第?([0-9]{1,2}|[一二两三四五六七八九幺]|十[一二三四五六七八九]?)(?:个|号|项|条|款)?(?:吧|那个|的)?$"
)
_NOISE = re.compile(r"[\s，。！？、,.!?;；:：\"'“”]+")
_LAST = ("最后一个", "最后那个", "最下面那个", "最下面的")
_FIRST = ("最上面那个", "头一个", "上面那个", "最上面的")
_LOWER = ("下面那个", "后面那个", "后一个")


@dataclass(frozen=True)
class OfferedOption:
    """An option the bot offered: what the user sees, and what Rasa gets when it is chosen."""

    key: str
    title: str
    payload: str


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _number(text: str) -> int | None:
    match = _NUMBERED.match(text)
    if match is None:
        return None
    word = match.group(1)
    if word.isdigit():
        return int(word)
    if word.startswith("十"):
        return 10 + (_DIGITS[word[1]] if len(word) > 1 else 0)
    return _DIGITS[word]


def choose(text: str, offered: tuple[OfferedOption, ...]) -> OfferedOption | None:
    """The option that ``text`` means, or None when it means none of them.

    Args:
        text: what the user typed, keyed or said.
        offered: the options of the bot's last message, in their order.
    """
    if not offered:
        return None
    plain = _plain(text)
    for option in offered:
        if plain == _plain(option.title):
            return option
    number = _number(plain)
    if number is not None:
        return next((option for option in offered if option.key == str(number)), None)
    if plain in _LAST:
        return offered[-1]
    if plain in _FIRST:
        return offered[0]
    if plain in _LOWER and len(offered) == 2:
        return offered[1]
    return None
