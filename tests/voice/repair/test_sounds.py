from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.repair.sounds import ALIKE, FAR, distance

pytestmark = pytest.mark.unit
SYLLABLES = st.sampled_from(
    [
        "zhi",
        "zi",
        "shi",
        "si",
        "nan",
        "lan",
        "fu",
        "hu",
        "yuan",
        "yan",
        "wang",
        "huang",
        "ji",
        "ju",
        "lv",
        "lu",
        "er",
        "a",
        "ai",
        "ang",
        "ying",
        "yin",
        "xue",
    ]
)


@pytest.mark.parametrize(
    ("one", "other"), [("zhi", "zi"), ("nan", "lan"), ("ying", "yin"), ("fu", "hu"), ("wang", "wan")]
)
def test_sounds_that_regions_merge_are_alike(one: str, other: str) -> None:
    assert 0 < distance(one, other) <= ALIKE


@pytest.mark.parametrize(
    ("near", "further"),
    [
        (("tu", "pu"), ("tu", "gu")),
        (("zen", "zhe"), ("zen", "zhua")),
        (("bing", "bie"), ("bing", "bao")),
        (("yang", "yao"), ("yang", "you")),
    ],
)
def test_sounds_made_alike_are_nearer(near: tuple[str, str], further: tuple[str, str]) -> None:
    assert distance(*near) < distance(*further)


def test_different_sounds_are_far() -> None:
    assert distance("ma", "qiong") >= FAR


@given(SYLLABLES, SYLLABLES)
def test_a_distance_is_symmetric_and_zero_only_for_the_same(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
