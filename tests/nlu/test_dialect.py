"""Sounds, words and entities of village Chinese."""

from __future__ import annotations

import pytest

from nlu.dialect import lexicon
from nlu.dialect.entities import find_entities
from nlu.dialect.pinyin import fold, folded, syllables

pytestmark = pytest.mark.unit


def test_a_syllable_a_character() -> None:
    assert syllables("银行卡A1") == ["yin", "hang", "ka", "A", "1"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhong", "zong"), ("nan", "lan"), ("hua", "fa"), ("ying", "yin"), ("sheng", "sen"), ("huang", "fang")],
)
def test_what_dialects_join_sounds_the_same(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_sounds_stay_different() -> None:
    assert len({fold(s) for s in ("ba", "pa", "ma", "da", "ta", "ga", "ka", "za", "ca", "sa")}) == 10
    assert folded("玉米") != folded("小麦")


def test_lexicon_is_whole() -> None:
    words = lexicon.words()
    assert len(words) >= 250
    assert all(word.source for word in words)


@pytest.mark.parametrize(
    ("dialect", "mandarin"),
    [("俺屋头的苞谷咋个办", "我家里的玉米怎么办"), ("为什么", "为什么"), ("中不中", "行不行")],
)
def test_mandarin_of_dialect(dialect: str, mandarin: str) -> None:
    assert lexicon.normalise(dialect) == mandarin


def test_misleading_words_wait_for_the_region() -> None:
    assert lexicon.normalise("好多钱") == "好多钱"
    assert lexicon.normalise("好多钱", "西南官话") == "多少钱"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "我是赵家村的王二娃，想贷五万种苞谷，两年",
            {"place": "赵家村", "name": "王二娃", "amount": 5_000_000, "crop": "玉米", "term": 24},
        ),
        ("帮我交电费户号是一零二三四五六七八九", {"bill_type": "electricity", "account": "1023456789"}),
        ("我叫李秀英电话一三八零零一三八零零零", {"name": "李秀英", "phone": "13800138000"}),
        ("不对我说的是五万不是三万", {"amount": 5_000_000}),
        ("家里种了十二亩洋芋", {"area": 12.0, "crop": "马铃薯"}),
        ("返乡创业有什么扶持政策", {}),
        ("再说一遍", {}),
    ],
)
def test_entities(text: str, values: dict[str, object]) -> None:
    found = find_entities(text)
    assert {e.entity: e.value for e in found} == values
    assert all(text[e.start : e.end] == e.text for e in found)
