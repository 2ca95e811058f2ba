"""Dates as they are said, and identity numbers."""
# ruff: noqa: E501 - tables read best with many cases a line (a Chinese character counts as two columns)

from __future__ import annotations

from datetime import date

import pytest

from nlu.dialect import numbers

pytestmark = pytest.mark.unit

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("下个月十五号还", "下个月十五号", "2026-12-15"), ("腊月二十三交", "腊月二十三", "农历腊月二十三"),
        ("正月初五", "正月初五", "农历正月初五"), ("开春再种", "开春", "开春"), ("大前天交的", "大前天", "2026-11-20"),
        ("夜来打的电话", "夜来", "2026-11-22"), ("明儿早上来", "明儿早上", "2026-11-24"), ("听日去", "听日", "2026-11-24"),
        ("廿三号", "廿三号", "2026-11-23"), ("明年三月份", "明年三月份", "2027-03"), ("上个礼拜三", "上个礼拜三", "2026-11-18"),
        ("周五开会", "周五", "2026-11-27"), ("三天后", "三天后", "2026-11-26"), ("半年前", "半年前", "2026-05"),
        ("2026年12月1日", "2026年12月1日", "2026-12-01"), ("二零二六年八月十五", "二零二六年八月十五", "2026-08-15"),
        ("八月十五", "八月十五", "八月十五"), ("十二月的电费", "十二月", "2026-12"), ("去年的补贴", "去年", "2025"),
        ("下下个月", "下下个月", "2027-01"), ("月份是2026-02-28", "2026-02-28", "2026-02-28"), ("国庆节", "国庆节", "2026-10-01"),
    ],
)  # fmt: skip
def test_date(text: str, said: str, value: str) -> None:
    found = numbers.find_dates(text, TODAY)
    assert [(f.text, f.value) for f in found] == [(said, value)]
    assert text[found[0].start : found[0].end] == said


@pytest.mark.parametrize(
    "text",
    [
        "三号楼", "五号病", "第三号", "10086号", "三个月", "十来天", "坐月子", "每月十五号扣钱", "每周三下乡", "十三月", "2026-13-01",
        "二月三十号", "贷两万一年", "户号一二三号", "今年轻人都出去了",
    ],
)  # fmt: skip
def test_no_date(text: str) -> None:
    assert numbers.find_dates(text, TODAY) == []


def test_without_today_words_stay() -> None:
    assert [f.value for f in numbers.find_dates("大前天")] == ["大前天"]
    assert [f.value for f in numbers.find_dates("2026年12月1号")] == ["2026-12-01"]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("身份证11010519491231002X", "11010519491231002X"),
        ("一一零一零五 一九四九一二三一 零零二叉", "11010519491231002X"),
        ("幺幺零幺零五幺九四九幺二三幺零零二X", "11010519491231002X"),
        ("440524188001010014", "440524188001010014"),
    ],
)
def test_identity_number(text: str, digits: str) -> None:
    assert [f.value for f in numbers.find_ids(text)] == [digits]


@pytest.mark.parametrize("text", ["110105194912310021", "11010519491231002", "13800138000", "没有"])
def test_no_identity_number(text: str) -> None:
    assert numbers.find_ids(text) == []


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("幺三八洞洞幺三八洞洞洞", "13800138000"),
        ("幺三拐洞洞幺三八洞洞勾", "13700138009"),
    ],
)
def test_telephone_as_radio_operators_say_it(text: str, digits: str) -> None:
    assert numbers.parse_digits(text) == digits
    assert [f.value for f in numbers.find_phones(text)] == [digits]


def test_area_code_in_brackets() -> None:
    assert [f.value for f in numbers.find_phones("座机(0551)62345678")] == ["055162345678"]
