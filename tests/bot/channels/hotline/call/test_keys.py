"""Keys: every question has them, a number ends by a pause or #, and 0, * and # mean the same everywhere."""

from __future__ import annotations

import pytest

from bot.channels.hotline.call.keys import (
    LONGEST_ENTRY,
    Back,
    Chosen,
    Decided,
    Entered,
    KeyPad,
    Meaning,
    Menu,
    More,
    Person,
    Repeat,
    Unknown,
    tail,
)
from bot.channels.hotline.wire import Expected
from bot.schema import Option

pytestmark = pytest.mark.unit


def options(count: int) -> list[Option]:
    return [Option(key=str(number), title=f"第{number}样") for number in range(1, count + 1)]


def pad(expects: Expected, count: int = 0) -> KeyPad:
    return KeyPad(expects, Menu(options(count)), pause_s=4.0)


@pytest.mark.parametrize("expects", [Expected.ANYTHING, Expected.MENU, Expected.YES_NO])
@pytest.mark.parametrize(("key", "meaning"), [("0", Person()), ("*", Repeat()), ("#", Back())])
def test_three_keys_mean_the_same_at_every_question(expects: Expected, key: str, meaning: Meaning) -> None:
    assert pad(expects, 3).press(key, 0.0) == meaning


def test_an_option_is_chosen_by_its_digit() -> None:
    chosen = pad(Expected.MENU, 3).press("2", 0.0)
    assert isinstance(chosen, Chosen)
    assert chosen.option.title == "第2样"


def test_a_digit_without_an_option_means_nothing() -> None:
    assert pad(Expected.MENU, 2).press("3", 0.0) == Unknown()
    assert pad(Expected.ANYTHING).press("1", 0.0) == Unknown()


def test_yes_is_one_and_no_is_two() -> None:
    assert [pad(Expected.YES_NO).press(key, 0.0) for key in "123"] == [Decided(True), Decided(False), Unknown()]


def test_three_options_at_a_time_and_nine_for_more() -> None:
    menu = Menu(options(7))
    pages = []
    for _ in range(4):
        pages.append("".join(option.key for option in menu.page))
        menu.turn_over()
    assert pages == ["123", "456", "7", "123"]
    assert KeyPad(Expected.MENU, Menu(options(4)), 4.0).press("9", 0.0) == More()
    assert KeyPad(Expected.MENU, Menu(options(3)), 4.0).press("9", 0.0) == Unknown()


@pytest.mark.parametrize(("count", "by_key", "beyond"), [(8, 8, False), (9, 9, False), (12, 8, True)])
def test_more_options_than_keys_are_to_be_named(count: int, by_key: int, beyond: bool) -> None:
    menu = Menu(options(count))
    reachable = list(menu.page)
    while menu.more:
        menu.turn_over()
        reachable += menu.page
    assert (len(reachable), menu.beyond_keys) == (by_key, beyond)


def test_nine_is_the_ninth_option_only_once_nothing_follows() -> None:
    menu = Menu(options(9))
    keys = KeyPad(Expected.MENU, menu, 4.0)
    assert keys.press("9", 0.0) == More()
    menu.turn_over()
    menu.turn_over()
    assert keys.press("9", 0.0) == Chosen(Option(key="9", title="第9样"))


def test_a_number_ends_with_the_hash_key() -> None:
    keys = pad(Expected.DIGITS)
    assert [keys.press(digit, i * 0.2) for i, digit in enumerate("13800001111")] == [None] * 11
    assert keys.collecting
    assert keys.press("#", 3.0) == Entered("13800001111")
    assert not keys.collecting


def test_a_number_ends_with_a_pause() -> None:
    keys = pad(Expected.AMOUNT)
    keys.press("5", 0.0)
    keys.press("0", 3.9)
    assert keys.due == pytest.approx(7.9)
    assert keys.tick(7.8) is None
    assert keys.tick(7.9) == Entered("50")
    assert keys.due is None
    assert keys.tick(20.0) is None


def test_a_zero_alone_calls_a_person_and_one_inside_a_number_does_not() -> None:
    keys = pad(Expected.DIGITS)
    assert keys.press("0", 0.0) is None
    assert keys.tick(4.0) == Person()
    keys = pad(Expected.DIGITS)
    for at, digit in enumerate("028"):
        keys.press(digit, float(at))
    assert keys.tick(6.0) == Entered("028")


def test_where_no_number_begins_with_zero_it_calls_a_person_at_once() -> None:
    assert pad(Expected.AMOUNT).press("0", 0.0) == Person()
    keys = pad(Expected.AMOUNT)
    assert [keys.press(key, 0.1) for key in "50#"] == [None, None, Entered("50")]


def test_a_number_may_be_keyed_for_whatever_a_question_fills() -> None:
    keys = KeyPad(Expected.ANYTHING, Menu([]), 4.0, "crop_area")
    assert [keys.press(key, 0.0) for key in "10#"] == [None, None, Entered("10")]
    assert keys.press("0", 1.0) == Person()
    assert KeyPad(Expected.ANYTHING, Menu(options(2)), 4.0, "crop").press("1", 0.0) == Chosen(options(2)[0])


def test_hash_with_nothing_entered_goes_back_and_star_begins_anew() -> None:
    keys = pad(Expected.DIGITS)
    assert keys.press("#", 0.0) == Back()
    assert keys.press("*", 0.0) == Repeat()
    keys.press("4", 1.0)
    assert keys.press("*", 2.0) == Repeat(cleared=True)
    assert keys.press("#", 3.0) == Back()


def test_a_lone_digit_at_a_question_for_a_number_may_be_its_option() -> None:
    keys = pad(Expected.DIGITS, 2)
    keys.press("1", 0.0)
    assert keys.press("#", 1.0) == Chosen(Option(key="1", title="第1样"))


def test_a_number_that_never_ends_is_ended() -> None:
    keys = pad(Expected.DIGITS)
    ended = [meaning for i in range(LONGEST_ENTRY) if (meaning := keys.press("7", i * 0.1))]
    assert ended == [Entered("7" * LONGEST_ENTRY)]


@pytest.mark.parametrize(
    ("digits", "said"), [("13800001111", "1111"), ("1234567", "67"), ("1234", ""), ("028", ""), ("", "")]
)
def test_only_the_end_of_a_number_is_said_aloud(digits: str, said: str) -> None:
    assert tail(digits) == said
