"""What the repair's language model is made from: how people and the assistant speak about what the assistant is for.

Texts of this repository, read as plain files (knowledge entries, training sentences), sentences made of the dialogue's
patterns, and what no text holds often enough: amounts, areas, figures, names, dialect words. Written for counting, not
for reading.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from nlu.dialect import lexicon
from nlu.dialect.entities import BILL_TYPES
from nlu.sentences import from_patterns

Weighted = tuple[str, float]
SPOKEN = 3.0
"""A sentence people say counts as much as three of an entry's text."""
MADE = 1.0
"""Up to eight sentences come from one pattern."""
WORD = 2.0
SEED = 7

_NAMES = Path(__file__).with_name("names.txt")
_FIGURES = "零一二三四五六七八九"
_SPOKEN_FIGURES = "零幺二三四五六七八九"
_UNITS = (
    "块钱",
    "块",
    "元",
    "万",
    "万块钱",
    "千",
    "千块钱",
    "百块",
    "亩",
    "亩地",
    "头猪",
    "头牛",
    "只羊",
    "只鸡",
    "斤",
    "吨",
    "年",
    "个月",
    "天",
    "亩玉米",
    "亩麦子",
    "亩水稻",
)
_BEFORE = (
    "我想贷",
    "贷",
    "借",
    "要",
    "不对是",
    "是",
    "我要借",
    "一共",
    "种了",
    "有",
    "养了",
    "我养了",
    "家里种了",
    "大概",
    "改成",
    "交",
    "充",
    "欠",
    "卖",
    "",
    "",
)
_PAY = ("充", "交", "缴", "给手机充", "帮我交", "我要交", "先充", "想充")
_MONEY = ("块", "块钱", "元")
_CORRECTED = ("不对是", "不对我说的是", "错了是", "我说的是", "应该是", "不对改成")
_NUMBER_OF = ("户号是", "户号是", "户号", "电话是", "电话", "手机号是", "号码是", "账号是", "后四位是", "", "")
_OUTSIDE = re.compile(r"https?://\S+|\[[^\]]*\]\([^)]*\)|\([a-z_]+\)")


def sentences(root: Path) -> Iterator[Weighted]:
    """Everything to learn from, with its weight.

    Args:
        root: a checkout, with ``knowledge/content`` and ``nlu/data``; what is missing is left out. Patterns are always
            those beside this code.
    """
    for path in sorted(root.glob("knowledge/content/*/*.md")):
        _, front, body = path.read_text(encoding="utf-8").split("---", 2)
        entry = yaml.safe_load(front)
        yield body, 1.0
        yield str(entry.get("spoken") or ""), 1.0
        yield str(entry["title"]), SPOKEN
        for question in entry["questions"]:
            yield str(question), SPOKEN
    for path in sorted(root.glob("nlu/data/*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip().startswith("- ") and not line.strip().startswith("- intent"):
                yield _OUTSIDE.sub("", line.strip()[2:]), SPOKEN
    for made in from_patterns():
        yield made.text, MADE
    for word in lexicon.words():
        yield word.word, WORD
        yield word.mandarin, WORD
    yield from generated(random.Random(SEED))  # noqa: S311 - no secret


def generated(rng: random.Random) -> Iterator[Weighted]:
    """Names, figures, amounts and areas as they are said."""
    _, surnames, given_names = _NAMES.read_text(encoding="utf-8").splitlines()
    for surname in surnames.split():
        for rank, given in enumerate(given_names.split(), 1):
            yield f"{rng.choice(('我叫', '我是', '名字叫', '叫', ''))}{surname}{given}", 2 / (rank + 3)
        yield f"{surname}家村", 0.5
    for _ in range(1500):
        figures = rng.choice((_FIGURES, _SPOKEN_FIGURES))
        said = "".join(rng.choice(figures) for _ in range(rng.choice((4, 8, 8, 10, 11))))
        yield f"{rng.choice(_NUMBER_OF)}{said}", 1.0
    for _ in range(2500):
        yield f"{rng.choice(_BEFORE)}{_number(rng)}{rng.choice(_UNITS)}", 1.0
    bills = [name for names in BILL_TYPES.values() for name in names.split("|") if name.endswith("费")]
    for _ in range(500):
        paid = f"{_number(rng)}{rng.choice(_MONEY)}{rng.choice(('', '的'))}{rng.choice(bills)}"
        yield f"{rng.choice(_PAY)}{paid}", 1.0
        yield f"{rng.choice(_CORRECTED)}{_sum_said(rng)}不是{_sum_said(rng)}", 1.0


def _sum_said(rng: random.Random) -> str:
    return _number(rng) + rng.choice(("", "", "万")) + rng.choice(("", *_MONEY))


def _number(rng: random.Random) -> str:
    one = rng.choice("一两三四五六七八九")
    ten = rng.choice(("十", "二十", "三十", "四十", "五十", "六十", "八十"))
    return rng.choice(
        (
            one,
            one,
            one + "百",
            one + "百五十",
            ten,
            ten + rng.choice("一二三四五六七八"),
            one + "十来",
            one + "千",
            one + "万" + rng.choice("二三五八"),
        )
    )
