"""Numbers as they are spoken, and their values."""
# ruff: noqa: E501 - tables read best with many cases a line (a Chinese character counts as two columns)

from __future__ import annotations

import json
import re
import time
from decimal import Decimal
from pathlib import Path

import pytest

from nlu.dialect import numbers

pytestmark = pytest.mark.unit

CASES = Path(__file__).parents[2].parent / "shared" / "data" / "amount_number_cases.jsonl"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("五万", "50000"), ("5万", "50000"), ("三万二", "32000"), ("3万5", "35000"), ("两千五", "2500"), ("两百五", "250"),
        ("两万多", "20000"), ("十来", "10"), ("廿三", "23"), ("卅", "30"), ("半", "0.5"), ("三点五万", "35000"),
        ("一百零五点八", "105.8"), ("九十二万四", "924000"), ("5亿1万4千6百", "500014600"), ("一百十五", "115"),
        ("50,000", "50000"), ("千把", "1000"), ("二零二五", "2025"), ("２５０", "250"), ("零", "0"), ("一千零五", "1005"),
        ("百三", "130"), ("万二", "12000"), ("几万", None), ("两三万", None), ("十几万", None), ("三五", None), ("五万十二", None), ("万一", None), ("千万", None),
        ("", None), ("点", None), ("五万三万", None), ("1,23", None),
    ],
)  # fmt: skip
def test_number(text: str, value: str | None) -> None:
    assert numbers.parse_number(text) == (None if value is None else Decimal(value))


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("五万", 5_000_000), ("一百零五块八", 10_580), ("五块三毛二", 532), ("三毛五", 35), ("五毛", 50), ("两块五", 250),
        ("50元6角三分", 5_063), ("三分钱", 3), ("十块半", 1_050), ("一百块零五毛", 10_050), ("一百二十三块四毛五", 12_345),
        ("我想贷三万块钱买化肥和种子", 3_000_000), ("不对我说的是五万不是三万", 5_000_000), ("不是三万，是五万", 5_000_000),
        ("贷两万一年", 2_000_000), ("贷五万十二个月", 5_000_000), ("五万半年还", 5_000_000), ("贷一万半", 1_500_000), ("贷两千半", 250_000), ("十万块八年", 10_000_000),
        ("大概三万左右吧", 3_000_000), ("充50话费", 5_000), ("50000", 5_000_000), ("￥300", 30_000), ("万把块钱", 1_000_000),
        ("我是赵家村的王二娃，想贷五万种苞谷，两年", 5_000_000), ("我养了三十头猪想扩大规模贷八万", 8_000_000),
        ("家里种了十二亩玉米想申请贷款", None), ("三到五万", None), ("两三万", None), ("十几万", None), ("好几千块", None),
        ("交12月的电费", None), ("养了两百只鸡", None), ("我有两块地", None), ("一三八零零一三八零零零", None),
        ("13800138000", None), ("百分之五", None), ("15美元", None), ("五万三万都行", None), ("五厘", None), ("0", None),
    ],
)  # fmt: skip
def test_amount(text: str, fen: int | None) -> None:
    """What a sentence names; a bare number only when it is the whole answer."""
    meant = [f.value for f in numbers.find_amounts(text) if not f.negated]
    assert (meant[0] if len(set(meant)) == 1 else numbers.parse_amount(text)) == fen


@pytest.mark.parametrize(
    "text", ["玉米一百块一袋吗", "我想贷三万块钱买化肥和种子", "交了两百", "五万两年", "五万三万都行"]
)
def test_an_answer_says_nothing_else(text: str) -> None:
    assert numbers.parse_amount(text) is None


@pytest.mark.parametrize(
    "text", ["五万", "嗯，大概五万块钱左右吧", "不是三万，是五万", "不对，我说的是五万不是三万", "50000", "改成五万"]
)
def test_answers_with_fillers(text: str) -> None:
    assert numbers.parse_amount(text) == 5_000_000


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("一年半", 18), ("半年", 6), ("俩月", 2), ("仨月", 3), ("三个来月", 3), ("一个多月", 1), ("个把月", 1), ("五万半年还", 6), ("十八个月", 18), ("一年零三个月", 15), ("俩年", 24), ("年半", 18), ("三个季度", 9),
        ("贷两万一年", 12), ("五万十二个月", 12), ("五万两年", 24), ("两年多", 24), ("2年", 24),
        ("2025年", None), ("三月", None), ("两月", None), ("半个月", None), ("十几个月", None), ("个把月前", None), ("三年前", None), ("两三年", None), ("上半年", None), ("二零二五年", None),
        ("十二", None), ("第一年", None), ("明年", None), ("十几年", None), ("两个半月", None),
    ],
)  # fmt: skip
def test_term(text: str, months: int | None) -> None:
    assert [f.value for f in numbers.find_terms(text)] == ([] if months is None else [months])


@pytest.mark.parametrize(
    ("text", "mu"),
    [
        ("半亩", "0.5"), ("一亩半", "1.5"), ("十来亩", "10"), ("廿来亩", "20"), ("卅多亩地", "30"), ("一亩半地", "1.5"), ("三分地", "0.3"), ("一公顷", "15"), ("两亩三分地", "2.3"),
        ("两亩三", "2.3"), ("亩把地", "1"), ("2.5亩", "2.5"), ("一亩三分五厘地", "1.35"), ("种了5亩", "5"), ("十二", "12"), ("三分", "0.3"),
        ("两顷", "200"), ("十二亩地", "12"),
        ("耕地补贴一亩给多少", None), ("几亩", None), ("两三亩", None), ("每亩", None), ("十分满意", None), ("一垧地", None),
    ],
)  # fmt: skip
def test_area(text: str, mu: str | None) -> None:
    assert numbers.parse_area(text) == (None if mu is None else Decimal(mu))


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("一零二三四五六七八九", "1023456789"), ("幺三八零零幺三八零零零", "13800138000"),
        ("138 0013 8000", "13800138000"), ("一三八，零零一三，八零零零", "13800138000"),
        ("一三八三个零一三八三个零", "138000138000"), ("我家户号12345678", None), ("幺幺零", "110"),
        ("五万", None), ("三亩", None), ("没有号", None),
    ],
)  # fmt: skip
def test_digits(text: str, digits: str | None) -> None:
    assert numbers.parse_digits(text) == digits


def test_phones_are_told_from_accounts() -> None:
    found = numbers.find_phones("我叫李秀英电话一三八零零一三八零零零")
    assert [(f.value, f.text) for f in found] == [("13800138000", "一三八零零一三八零零零")]
    assert numbers.find_phones("座机0551-62345678")[0].value == "055162345678"
    assert numbers.find_phones("户号12345678") == []


def test_positions_hold_when_numbers_run_together() -> None:
    text = "贷两万一年"
    amount, term = numbers.find_amounts(text)[0], numbers.find_terms(text)[0]
    assert (text[amount.start : amount.end], text[term.start : term.end]) == ("两万", "一年")


def test_open_figures_are_marked() -> None:
    assert numbers.find_amounts("两万多块")[0].approximate
    assert numbers.find_amounts("五块多")[0].approximate
    assert numbers.find_amounts("一百好几")[0].approximate
    assert numbers.find_areas("十来亩地")[0].approximate
    assert numbers.find_terms("一个多月")[0].approximate
    assert numbers.find_amounts("不是三万是五万")[0].negated


@pytest.mark.parametrize(
    ("fen", "spoken", "written"),
    [
        (5_000_000, "五万元", "50,000元"), (10_580, "一百零五元八角", "105.80元"), (25_000, "两百五十元", "250元"),
        (200, "两元", "2元"), (305, "三元零五分", "3.05元"), (1_001_000, "一万零一十元", "10,010元"),
        (2_200_000, "两万两千元", "22,000元"), (0, "零元", "0元"), (-500, "负五元", "-5元"),
    ],
)  # fmt: skip
def test_amount_in_words(fen: int, spoken: str, written: str) -> None:
    assert numbers.format_amount(fen) == (spoken, written)


@pytest.mark.parametrize("fen", [1, 10, 101, 12_345, 100_000, 1_000_100, 10_100_000, 123_456_789, 20_000_200_002])
def test_spoken_amounts_are_heard_as_meant(fen: int) -> None:
    assert numbers.parse_amount(numbers.format_amount(fen).spoken + "钱") == fen


@pytest.mark.parametrize("months", [1, 6, 12, 14, 18, 24, 120])
def test_spoken_terms_are_heard_as_meant(months: int) -> None:
    assert numbers.parse_term(numbers.format_term(months)) == months


_APPLIES = re.compile(r"[-\d.,，．０-９零〇一二三四五六七八九十百千万亿两俩壹贰叁肆伍陆柒捌玖拾佰仟萬億點点]+")


_NOT_SPOKEN = {"10万万", "四万万", "10萬萬", "四萬萬", "两千万点五五四四", ".23456000", ".5", "-.5"}
"""Written forms nobody says: they are asked about, not guessed."""


def test_against_the_shared_cases() -> None:
    """Cases that are one plain number; the whole input must read as the expected value."""
    if not CASES.exists():
        pytest.skip("the shared number cases are not beside this checkout")
    wrong, count = [], 0
    for line in CASES.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        text, expected = case["input"], case["expected"]
        whole = len(expected) == 1 and expected[0]["text"] == text
        if case["model"] != "Number_NumberModel" or not whole or not _APPLIES.fullmatch(text):
            continue
        count += 1
        if numbers.parse_number(text) != Decimal(expected[0]["resolution"]["value"]):
            wrong.append(text)
    assert count > 50
    assert set(wrong) <= _NOT_SPOKEN


@pytest.mark.parametrize("text", ["9" * 400, "1" * 20 + "到", "一" * 2000, "1.5" * 300, "9,999" * 200])
def test_a_long_row_of_digits_takes_no_long_time(text: str) -> None:
    """Twenty digits once took the expression's engine minutes, and a message may have two thousand characters."""
    began = time.perf_counter()
    numbers.find_terms(text)
    numbers.find_areas(text)
    numbers.find_amounts(text)
    assert time.perf_counter() - began < 5
