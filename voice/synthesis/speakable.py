"""Written text to text that can be read aloud: no markup, no links, everything with digits in Chinese words.

``speakable`` is applied once to a whole reply, ``sentences`` then splits it for synthesis.
"""

from __future__ import annotations

import re
import unicodedata

from voice.synthesis.figures import read_figures

_IMAGE = re.compile(r"!\[[^\]]*\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_URL = re.compile(r"(?:https?://|ftp://|www\.)[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+", re.IGNORECASE)
_CODE_FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)
_TABLE_RULE = re.compile(r"^\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*:?-*:?\s*$", re.MULTILINE)
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+•·]\s+)", re.MULTILINE)
_NUMBERED = re.compile(r"^\s*[（(]?(\d{1,2})[.)）、]\s*(?!\d)", re.MULTILINE)
_CIRCLED = re.compile("([，、；：。\n]?)([①-⑩])")
_POINT = re.compile(r"^\s*(?:[-*+•·]\s+|[（(]?\d{1,2}[.)）、]\s*(?!\d))")
_LONGEST_LIST = 5
_EMPHASIS = re.compile(r"\*{1,3}|_{2,}|~~|`+")
_DOLLARS = re.compile(r"\$\s*(\d[\d,.]*\d|\d)")
_EMPTY_BRACKETS = re.compile(r"[（(【\[《]\s*[)）】\]》]")

_WORDS = {
    "app": "应用",
    "n-p-k": "氮磷钾",
    "npk": "氮磷钾",
    "atm": "取款机",
    "atm机": "取款机",
    "qq": "扣扣",
    "wifi": "无线网",
    "ok": "好",
    "id": "编号",
    "vip": "贵宾",
    "ph": "酸碱度",
}
_LETTERS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        [
            "诶",
            "必",
            "西",
            "弟",
            "易",
            "艾弗",
            "记",
            "诶曲",
            "爱",
            "杰",
            "开",
            "艾勒",
            "艾姆",
            "恩",
            "欧",
            "批",
            "扣",
            "阿尔",
            "艾斯",
            "替",
            "优",
            "威",
            "大不留",
            "艾克斯",
            "歪",
            "贼",
        ],
        strict=True,
    )
)
_LATIN = re.compile(r"ATM机|N-P-K|[A-Za-z]+", re.IGNORECASE)
_SYMBOLS = str.maketrans(
    {
        "|": "，", "\t": "，", "\u3000": " ", "…": "，", "—": "，", "–": "，", "·": " ", "＝": "等于", "=": "等于",
        "＋": "加", "+": "加", "×": "乘", "≥": "大于等于", "≤": "小于等于", ">": "大于", "<": "小于", "&": "和",
        "@": "，",
        "#": "", "^": "", "$": "", "{": "", "}": "", "\\": "", "~": "到", "～": "到", "/": "，", "_": " ", "*": "",
        ",": "，", ";": "；", "?": "？", "!": "！", ":": "：", "(": "（", ")": "）", "[": "（", "]": "）",
    }
)  # fmt: skip
_SENTENCE_END = re.compile(r"(?<=[。！？；!?;\n])")
_CLAUSE_END = re.compile(r"(?<=[，、：,:）])")
_LEAST_OPENING, _MOST_OPENING = 4, 14
"""Characters, the comma included: about one to three seconds of speech."""
_SAYABLE = re.compile(r"[\u3400-\u9fff]")


def speakable(text: str) -> str:
    """Text as it is to be said: Chinese characters and punctuation only; empty if nothing can be said."""
    text = _CIRCLED.sub(_circled, text)
    text = _DOLLARS.sub(r"\1美元", text)
    text = "".join(_narrow(char) for char in text)
    text = _CODE_FENCE.sub("", text)
    text = _TABLE_RULE.sub("", text)
    text = _IMAGE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _URL.sub("", text)
    text = _shortened_lists(text)
    text = _LINE_MARK.sub("", text)
    text = _NUMBERED.sub(r"第\1，", text)
    text = _EMPHASIS.sub("", text)
    text = _EMPTY_BRACKETS.sub("", text)
    text = read_figures(text)
    text = _LATIN.sub(lambda match: _word(match[0]), text)
    text = text.translate(_SYMBOLS)
    text = "".join(char for char in text if not _pictorial(char))
    lines = (re.sub(r"^[，、；：\s]+|[，、；：\s]+$", "", line) for line in text.splitlines())
    text = "\n".join(line for line in lines if _SAYABLE.search(line))
    text = re.sub(r"[ ]+", "", text)
    return re.sub(r"[，、：]{2,}", "，", re.sub(r"[，、：]+([。！？；])", r"\1", text))


def sentences(text: str, longest: int = 24) -> list[str]:
    """Split speakable text at its stops, and those over ``longest`` characters at commas, or anywhere if need be."""
    found: list[str] = []
    for sentence in _SENTENCE_END.split(text):
        found += _shortened(sentence.strip(), longest)
    return [item for item in found if _SAYABLE.search(item)]


def opening(sentence: str) -> list[str]:
    """A sentence as its first clause and the rest, where the clause is short but not too short to be said alone: a
    listener who waits hears it while the rest is made."""
    first, *rest = _CLAUSE_END.split(sentence, maxsplit=1)
    if not rest or not _LEAST_OPENING <= len(first) <= _MOST_OPENING or not _SAYABLE.search(rest[0]):
        return [sentence]
    return [first, *rest]


def _shortened_lists(text: str) -> str:
    """Of a list of more than five points the first four, and how many more there are to read."""
    kept: list[str] = []
    points = 0
    lines = [line for line in text.splitlines() if line.strip()]
    is_point = [bool(_POINT.match(line)) for line in lines]
    for index, line in enumerate(lines):
        if not is_point[index]:
            points = 0
            kept.append(line)
            continue
        if not points:
            length = next((n for n, same in enumerate(is_point[index:]) if not same), len(lines) - index)
        points += 1
        if length <= _LONGEST_LIST or points < _LONGEST_LIST:
            kept.append(line)
        elif points == _LONGEST_LIST:
            kept.append(f"还有{length - _LONGEST_LIST + 1}条，请看文字。")
    return "\n".join(kept)


def _shortened(sentence: str, longest: int) -> list[str]:
    if len(sentence) <= longest:
        return [sentence]
    pieces = [""]
    for clause in _CLAUSE_END.split(sentence):
        if len(pieces[-1]) + len(clause) > longest:
            pieces.append("")
        pieces[-1] += clause
    return [piece[start : start + longest] for piece in pieces for start in range(0, len(piece), longest)]


def _narrow(char: str) -> str:
    """Full-width digits, letters and signs of amounts in their plain form; Chinese punctuation as it is."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 and ((plain.isascii() and plain.isalnum()) or plain in "%¥+/~.-") else char


def _circled(match: re.Match[str]) -> str:
    """①先登记②再办理: a pause, and which point it is."""
    return f"{match[1] or '，'}第{'一二三四五六七八九十'[ord(match[2]) - ord('①')]}，"


def _word(latin: str) -> str:
    return _WORDS.get(latin.lower()) or "".join(_LETTERS[char] for char in latin.lower())


def _pictorial(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sk", "Cf", "Cs", "Co", "Cn", "Mn", "Me"}
