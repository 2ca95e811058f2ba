"""Which option a user means."""

from __future__ import annotations

import pytest

from bot.options import OfferedOption, choose

pytestmark = pytest.mark.unit

OFFERED = (
    OfferedOption("1", "对，提交", "/affirm"),
    OfferedOption("2", "有地方要改", "/correct_value"),
    OfferedOption("3", "先不办了", "/cancel"),
)


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("1", "1"),
        ("２", "2"),
        ("第二个", "2"),
        ("选三", "3"),
        ("我选第3个吧", "3"),
        ("三号", "3"),
        ("对，提交", "1"),
        ("对提交。", "1"),
        ("先不办了", "3"),
        ("最后一个", "3"),
        ("头一个", "1"),
        ("按2", "2"),
    ],
)
def test_number_position_and_words_choose(said: str, key: str) -> None:
    chosen = choose(said, OFFERED)
    assert chosen is not None
    assert chosen.key == key


@pytest.mark.parametrize("said", ["4", "第五个", "两万", "三万二", "不对，是五万", "小麦", "", "二十", "三亩"])
def test_anything_else_is_a_message(said: str) -> None:
    assert choose(said, OFFERED) is None


def test_position_words_of_two() -> None:
    chosen = choose("下面那个", OFFERED[:2])
    assert chosen is not None
    assert chosen.key == "2"
    assert choose("下面那个", OFFERED) is None, "of three, 'the lower one' is not clear"


def test_nothing_offered_nothing_chosen() -> None:
    assert choose("1", ()) is None


@pytest.mark.parametrize(
    ("said", "of_two"),
    [
        ("下面那个", "2"),
        ("底下那个", "2"),
        ("后头那个", "2"),
        ("后面的", "2"),
        ("上面那个", "1"),
        ("前头那个吧", "1"),
        ("头一个", "1"),
        ("头里那个", "1"),
        ("我要第二个", "2"),
        ("就第一个吧", "1"),
        ("倒数第二个", "1"),
        ("末了那个", "2"),
        ("还是2吧", "2"),
        ("就要有地方要改那个", "2"),
    ],
)
def test_positions_as_villages_say_them(said: str, of_two: str) -> None:
    chosen = choose(said, OFFERED[:2])
    assert chosen is not None
    assert chosen.key == of_two


@pytest.mark.parametrize(
    ("said", "key"), [("中间那个", "2"), ("最底下的", "3"), ("最上头那个", "1"), ("倒数第一个", "3")]
)
def test_positions_of_three(said: str, key: str) -> None:
    chosen = choose(said, OFFERED)
    assert chosen is not None
    assert chosen.key == key


@pytest.mark.parametrize("said", ["中间那个", "第三个", "上面写的啥", "后面再说", "下面怎么办", "前面那家店", "二亩"])
def test_no_option_of_two(said: str) -> None:
    assert choose(said, OFFERED[:2]) is None
