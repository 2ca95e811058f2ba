"""What a message says once its disguise is off: width, look-alikes, separators, traditional and sound-alike characters.

Senders write ``V 芯``, ``奔-跑-吧``, ``安佺账户`` or a Greek ``ο`` to get past filters, and a recogniser of
speech mishears whole words. Signs and classifier read the plain text made here; the user is never shown it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from nlu.dialect.pinyin import syllables

_WORDS = Path(__file__).with_name("fraud_data") / "words.txt"
_HAN = "一-鿿"
_SPACE = re.compile(r"[\s\u200b-\u200f\u2060\ufeff]+")
_ALIKE_PAIRS = """
    οo оo ΟO ОO аa еe іi ıi ѕs рp сc хx νv ѵv √v ❶1 ❷2 ❸3 ❹4 ❺5 ❻6 ❼7 ❽8 ❾9 ➊1 ➋2 ➌3 ➍4 ➎5 ➏6 ➐7 ➑8 ➒9
    硪我 莪我 伱你 妳你 沵你 哋的 咑打 菿到 査查 傢家 卝卡 銀银 佺全 戸户 帐账 帳账 喯奔
"""
_ALIKE = {ord(pair[0]): pair[1] for pair in _ALIKE_PAIRS.split()}
"""Greek and Cyrillic letters for Latin ones, ringed digits, characters drawn like others."""
_MASKS = (
    (re.compile(r"\[(?:网址|链接|url)\]|\{(?:url|link)\}"), "网址"),
    (re.compile(r"\[(?:手机号码?|mobile)\]"), "手机号"),
    (re.compile(r"\[(?:电话|固话|phone)\]|hotline"), "电话号"),
    (re.compile(r"\[(?:银行卡|卡号|账号)\]|(?<![a-z])bank(?![a-z])"), "卡号"),
    (re.compile(r"\[(?:数字|金额)\]|(?<![a-z])x{2,}(?=元|万|分|年)"), "8"),
    (re.compile(r"\[(?:姓名|地名|人名|公司|日期|时间)\]"), ""),
)
"""Texts passed on with private details masked, as collections and screenshots show them."""
_CONTACTS = (
    (
        re.compile(
            r"wechat|weixin|[薇徽溦威微v][信芯❤心x]|(?<![a-z])(?:wx|vx)(?![a-z])|➕v"
            r"|加[薇微v](?=[^a-z信芯❤心博商观笑])"
        ),
        "微信",
    ),
    (re.compile(r"[扣叩]{2}|企鹅号?|球球号|秋秋|q群|qq群"), "qq群"),
)
_LINK = re.compile(
    r"(?:https?://|www\.)[\x21-\x7e]+"
    r"|(?<![a-z0-9.-])(?:[a-z0-9-]{1,63}\.){1,4}(?:com|cn|cc|top|net|org|vip|pw|xyz|info|club|site|online|shop|tk|ml|me|la|co|in|hk|tv|app|io|ly|gd)"
    r"(?![a-z])[\x21-\x7e]*"
    r"|(?<![a-z0-9./-])[a-z0-9./-]{1,80}\.apk"
)
_MOBILE = re.compile(r"(?<!\d)(?:\+?86-?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")
_PHONE = re.compile(r"(?<!\d)(?:400[ -]?\d{3,4}[ -]?\d{3,4}|0\d{2,3}[ -]?\d{7,8})(?!\d)")
_CARD = re.compile(r"(?<!\d)(?:\d{4}[ -]?){3,4}\d{1,4}(?!\d)")
_SEPARATED = re.compile(
    rf"[{_HAN}](?:([^{_HAN}\w\s。，！？；：,!?;:()（）“”《》])[{_HAN}](?:\1[{_HAN}])+)"
    rf"|(?:[{_HAN}]一){{3,}}[{_HAN}]"
)
_CALLER = re.compile(r"(?:来电方|来电人|呼叫方|对方|骗子)\s*[:：]")
_CALLED = re.compile(r"(?:接听方|接听人|被叫方|我|本人)\s*[:：]")
_TURN = re.compile(r"(?:来电方|来电人|呼叫方|对方|骗子|接听方|接听人|被叫方|我|本人)\s*[:：]")
_SIDE = re.compile(rf"[{_HAN}]{{3}}(?=\s*[:：])")
_SIDES = ("来电方", "来电人", "呼叫方", "接听方", "接听人", "被叫方")


@cache
def _simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


@cache
def _sounds() -> dict[tuple[str, ...], str]:
    """The words of fraud by their toneless sound."""
    words = [line.strip() for line in _WORDS.read_text(encoding="utf-8").splitlines()]
    return {tuple(syllables(word)): word for word in words if word and not word.startswith("#")}


@cache
def _sides() -> dict[tuple[str, ...], str]:
    """The names of both sides of a call by their sound."""
    return {tuple(syllables(side)): side for side in _SIDES}


def _side(match: re.Match[str]) -> str:
    return _sides().get(tuple(syllables(match.group())), match.group())


@cache
def _lengths() -> tuple[int, ...]:
    return tuple(sorted({len(sound) for sound in _sounds()}, reverse=True))


def caller_words(text: str) -> str:
    """What the caller says when ``text`` is a written-down call with both sides named; else ``text`` itself.

    What the called person answers ("I read about such fraud") tells nothing about the caller. The names of the sides
    may be misheard like the rest.
    """
    text = _SIDE.sub(_side, text)
    if not (_CALLER.search(text) and _CALLED.search(text)):
        return text
    turns = [(match.start(), match.end()) for match in _TURN.finditer(text)]
    ends = [start for start, _ in turns[1:]] + [len(text)]
    said = [text[after:end] for (start, after), end in zip(turns, ends, strict=True) if _CALLER.match(text, start)]
    return "\n".join(part.strip() for part in said)


def repaired(text: str) -> str:
    """``text`` with each stretch that sounds like a word of fraud written as that word; the longest word first.

    The length stays. Only words of three and more characters, and two-character ones nothing else sounds like.
    """
    sounds = syllables(text)
    letters = list(text)
    known, place = _sounds(), 0
    while place < len(letters):
        for length in _lengths():
            word = known.get(tuple(sounds[place : place + length]))
            if word is not None and all(_is_han(char) for char in letters[place : place + length]):
                letters[place : place + length] = word
                place += length
                break
        else:
            place += 1
    return "".join(letters)


def _is_han(char: str) -> bool:
    return "一" <= char <= "鿿"


def plain_text(text: str) -> str:
    """The text without disguise: folded, simplified, unmasked, without spaces, and misheard words repaired.

    Links, mobile and other phone numbers, and card numbers become one word each.
    """
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE).lower()
    for pattern, word in (*_MASKS, (_LINK, "网址"), (_MOBILE, "手机号"), (_PHONE, "电话号"), (_CARD, "卡号")):
        text = pattern.sub(word, text)
    text = _SPACE.sub("", text)
    text = _SEPARATED.sub(_joined, text)
    for pattern, word in _CONTACTS:
        text = pattern.sub(word, text)
    return repaired(_simplified().convert(text))


def _joined(match: re.Match[str]) -> str:
    separator = match.group(1) or "一"
    return match.group().replace(separator, "")
