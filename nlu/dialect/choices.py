"""Which of the numbered options somebody means: by number, by position (下面那个, 倒数第二个), by its words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"两": 2, "幺": 1}
_NOISE = re.compile(r"[\s，。！？、,.!?;；:：\"'“”]+")
_LEAD = r"(?:嗯+|呃+|哦|那|就|我|俺|咱|还是|想|要|选择?|按|挑|来|办|用|是|的话)*"
_TAIL = r"(?:那|这|的|吧|嘛|呗|哈|啊|呀|嘞|咯|噻|行|就行|就好|就中|了)*"
_NUMBERED = re.compile(
    rf"{_LEAD}第?([0-9]{{1,2}}|[一二两三四五六七八九幺]|十[一二三四五六七八九]?)(?:个|号|项|条|款|样|种)?{_TAIL}"
)
_FROM_END = re.compile(rf"{_LEAD}倒数第?([1-9一二两三四五六七八九])(?:个|号|项|条)?{_TAIL}")
_WHICH = r"(?:的)?(?:那|这)?(?:一)?(?:个|项|条|样|种)?"
_SIDE = r"(?:面|头|边)"
_FIRST = re.compile(rf"{_LEAD}(?:头(?:一|里|前)|第一|打头|最(?:上|前|先)(?:{_SIDE}|的)?|顶上|开头){_WHICH}{_TAIL}")
_LAST = re.compile(
    rf"{_LEAD}(?:最(?:后|末|尾|下|底下|终)(?:{_SIDE}|的)?|末(?:了|尾|后)|尾(?:巴|上)|压尾|煞尾){_WHICH}{_TAIL}"
)
_UPPER = re.compile(rf"{_LEAD}(?:上{_SIDE}|前{_SIDE}|前一|上一|高头){_WHICH}{_TAIL}")
_LOWER = re.compile(rf"{_LEAD}(?:下{_SIDE}|后{_SIDE}|底下|后一|下一|二一){_WHICH}{_TAIL}")
_MIDDLE = re.compile(rf"{_LEAD}(?:中间|当中|当间儿?){_WHICH}{_TAIL}")
_AROUND = re.compile(rf"{_LEAD}(.+?)(?:(?:那|这)一?(?:个|项|条|样|种))?{_TAIL}")


def chosen(text: str, titles: Sequence[str]) -> int | None:
    """Index of the title that ``text`` means; None when it means none of them or it is not clear which.

    "The lower one" is clear of two only, "the middle one" of an odd number.
    """
    said = _plain(text)
    if not said or not titles:
        return None
    plain = [_plain(title) for title in titles]
    if said in plain:
        return plain.index(said)
    number = _number(said)
    if number is not None:
        return number - 1 if 1 <= number <= len(titles) else None
    if match := _FROM_END.fullmatch(said):
        back = _value(match.group(1))
        return len(titles) - back if back <= len(titles) else None
    position = _position(said, len(titles))
    return position if position is not None else _by_words(said, plain)


def _position(said: str, count: int) -> int | None:
    if _FIRST.fullmatch(said):
        return 0
    if _LAST.fullmatch(said):
        return count - 1
    if _MIDDLE.fullmatch(said):
        return count // 2 if count % 2 else None
    if count == 2:
        if _UPPER.fullmatch(said):
            return 0
        if _LOWER.fullmatch(said):
            return 1
    return None


def _by_words(said: str, titles: Sequence[str]) -> int | None:
    """就要电费那个: a title with nothing but small words around it, if only one fits."""
    match = _AROUND.fullmatch(said)
    fitting = [number for number, title in enumerate(titles) if match and match.group(1) == title]
    return fitting[0] if len(fitting) == 1 else None


def _plain(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _number(said: str) -> int | None:
    match = _NUMBERED.fullmatch(said)
    return None if match is None else _value(match.group(1))


def _value(word: str) -> int:
    if word.isdigit():
        return int(word)
    if word.startswith("十"):
        return 10 + (_DIGITS[word[1]] if len(word) > 1 else 0)
    return _DIGITS[word]
