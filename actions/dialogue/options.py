"""Options chosen in words or by position: 第二个, 2, 下面那个, 最后一个."""

from __future__ import annotations

import re
from collections.abc import Sequence

from actions.dialogue.turn import Option

_DIGITS = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_ORDINAL = re.compile(
    r"^(?:我?[选要按]|就)*第?([1-9一二两三四五六七八九])(?:个|项|种|条|号)?(?:吧|嘛|呗|哈|的)*[。！.,，]*$"
)
_LAST = re.compile(r"(最后|末尾|最下面|最底下|下面)(那|的|一)*(个|项)?")
_FIRST = re.compile(r"(最上面|头一|上面|前面|打头)(那|的|一)*(个|项)?")


def chosen(words: str, options: Sequence[Option]) -> Option | None:
    """The option that ``words`` point at: by title, number or position; ``None`` if none or unclear."""
    said = words.strip(" 。！!，,.")
    if not said or not options:
        return None
    for option in options:
        if said == option.title:
            return option
    match = _ORDINAL.match(said)
    if match:
        number = _DIGITS.get(match.group(1)) or int(match.group(1))
        return options[number - 1] if number <= len(options) else None
    if len(said) <= 8:
        if _LAST.search(said):
            return options[-1]
        if _FIRST.search(said):
            return options[0]
    return None
