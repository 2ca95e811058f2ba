"""Entities in whole sentences: what is found, what is left alone, and the labelled development sentences."""

from __future__ import annotations

import pytest

from benchmarks.understanding_cases import labelled
from benchmarks.understanding_scores import entity_scores
from nlu.dialect.entities import find_entities

pytestmark = pytest.mark.unit


def found(text: str) -> list[tuple[str, object]]:
    return [(e.entity, e.value) for e in find_entities(text)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "我是赵家村的王二娃，想贷五万种苞谷，两年",
            [("place", "赵家村"), ("name", "王二娃"), ("amount", 5_000_000), ("crop", "玉米"), ("term", 24)],
        ),
        ("刘玉兰，杨树屯", [("name", "刘玉兰"), ("place", "杨树屯")]),
        ("我爹叫孙福贵", [("name", "孙福贵")]),
        ("我住李家沟", [("place", "李家沟")]),
        ("我住龙山县召市镇", [("place", "龙山县召市镇")]),
        ("下个星期三来", [("date", "下个星期三")]),
        ("鸡蛋多少钱一箱", [("product", "鸡蛋"), ("price_unit", "箱")]),
        ("号码13900001234不对，是13900001235", [("phone", "13900001235")]),
    ],
)
def test_found(text: str, wanted: list[tuple[str, object]]) -> None:
    assert found(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["村上啥时候开村民大会", "有个人搁俺村", "请问村里选举", "听说县里办班", "高粱，十里铺都有", "手机跟卡一块掉了"],
)
def test_no_names_places_or_sums_are_invented(text: str) -> None:
    assert [kind for kind, _ in found(text) if kind in ("name", "place", "amount")] == []


def test_labelled_development_sentences() -> None:
    scores = entity_scores(labelled("development"), find_entities)
    assert len(scores) == 13
    assert {kind: round(s.f1, 2) for kind, s in scores.items() if s.f1 < 0.9} == {}
