"""Dialect areas: places, names, sounds."""
# ruff: noqa: E501 - tables read best with many cases a line (a Chinese character counts as two columns)

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from pypinyin import lazy_pinyin

from nlu.dialect import pinyin
from nlu.dialect.profiles import fold, profile_for_region, profile_named, profile_of, profiles, sound_rules

pytestmark = pytest.mark.unit

AREAS = Path(__file__).parents[2].parent / "shared" / "data" / "admin" / "areas.csv"


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("510104", "西南官话"), ("410500", "晋语"), ("410526", "中原官话"), ("410100", "中原官话"), ("210200", "胶辽官话"),
        ("320300", "中原官话"), ("320500", "吴语"), ("320100", "江淮官话"), ("360700", "客家话"), ("430700", "西南官话"),
        ("440500", "闽语"), ("441400", "客家话"), ("61", "中原官话"), ("national", None), ("999999", None), ("", None),
    ],
)  # fmt: skip
def test_a_place_speaks_its_dialect(code: str, name: str | None) -> None:
    found = profile_for_region(code)
    assert (found.name if found else None) == name


def test_every_county_but_tibet_has_an_area() -> None:
    if not AREAS.exists():
        pytest.skip("the shared list of counties is not beside this checkout")
    with AREAS.open(encoding="utf-8") as file:
        codes = [row["code"] for row in csv.DictReader(file)]
    assert {code[:2] for code in codes if profile_for_region(code) is None} == {"54"}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("四川话", "西南官话"), ("我讲河南话", "中原官话"), ("东北话", "东北官话"), ("粤语", "粤语"), ("广东话", "粤语"),
        ("温州话", "吴语"), ("闽南语", "闽语"), ("普通话", "普通话"), ("yue", "粤语"), ("英语", None), ("", None),
    ],
)  # fmt: skip
def test_people_name_their_dialect(said: str, name: str | None) -> None:
    found = profile_named(said)
    assert (found.name if found else None) == name


def test_names_belong_to_one_area() -> None:
    names = [n for p in profiles().values() for n in (p.name, p.code, *p.aliases)]
    assert len(names) == len(set(names))
    assert len(profiles()) == 15


@pytest.mark.parametrize(
    ("profile", "one", "other"),
    [
        ("西南官话", "niang", "liang"), ("西南官话", "hua", "fa"), ("西南官话", "ying", "yin"), ("西南官话", "zhang", "zang"),
        ("东北官话", "ren", "yin"), ("中原官话", "shui", "fei"), ("晋语", "xin", "xing"), ("江淮官话", "tang", "tan"),
        ("吴语", "huang", "wang"), ("闽语", "fan", "huan"), ("客家话", "yu", "yi"), ("粤语", "kai", "hai"),
        ("510100", "nan", "lan"), ("四川话", "ju", "ji"),
    ],
)  # fmt: skip
def test_areas_join_their_sounds(profile: str, one: str, other: str) -> None:
    assert fold(one, profile) == fold(other, profile)


@pytest.mark.parametrize(
    ("profile", "one", "other"),
    [("东北官话", "nan", "lan"), ("晋语", "hua", "fa"), ("中原官话", "shi", "fei"), ("粤语", "zheng", "zhen")],
)
def test_areas_keep_apart_what_they_keep_apart(profile: str, one: str, other: str) -> None:
    assert fold(one, profile) != fold(other, profile)


def test_folding_is_settled_and_standard_changes_nothing() -> None:
    syllables = sorted({lazy_pinyin(chr(c))[0] for c in range(0x4E00, 0x9FA6)} - {""})
    syllables = [s for s in syllables if s.isalpha() and s.isascii()]
    assert len(syllables) > 390
    assert all(fold(s, "普通话") == s for s in syllables)
    for name in profiles():
        classes = {fold(s, name) for s in syllables}
        assert 250 < len(classes) <= len(syllables)
        settled = {fold(c, name) for c in classes}
        assert len(settled) > 0.97 * len(classes), name


def test_every_rule_is_used_and_sourced() -> None:
    used = {rule.name for profile in profiles().values() for rule in profile.sounds}
    assert used == set(sound_rules())
    assert all(rule.source and rule.plain for rule in sound_rules().values())


def test_the_general_folding_is_what_models_were_trained_on() -> None:
    assert pinyin.folded("黄牛吃玉米会生病吗") == ["fan", "liu", "ci", "yu", "mi", "fei", "sen", "bin", "ma"]
    assert pinyin.folded("黄牛", "national") == pinyin.folded("黄牛")
    assert pinyin.folded("黄牛", "吴语") == ["wang", "niu"]
    profile = profile_of("510100")
    assert profile is not None
    assert pinyin.folded("黄牛", profile.name) == ["fang", "liu"]
