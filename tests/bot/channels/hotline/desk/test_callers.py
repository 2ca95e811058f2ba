"""Numbers as telephone systems send them."""

from __future__ import annotations

import pytest

from bot.channels.hotline.desk.callers import is_mobile, normalised, region_of, region_said, sender_of

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("sent", "number"),
    [
        ("13800138000", "13800138000"),
        ("+8613800138000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("+862887654321", "02887654321"),
        ("028-87654321", "02887654321"),
        ("0086(28)87654321", "02887654321"),
        ("+4915112345678", "004915112345678"),
        ("8001", "8001"),
        ("anonymous", None),
        ("", None),
        (None, None),
        ("0000", None),
        ("sip:13800138000@x", None),
        ("1" * 40, None),
        ("１３８００１３８０００", None),
    ],
)
def test_one_form_for_every_way_to_send_a_number(sent: str | None, number: str | None) -> None:
    assert normalised(sent) == number


@pytest.mark.parametrize(
    ("number", "region"),
    [
        ("01065432100", "110000"),
        ("02887654321", "510000"),
        ("03108765432", "130000"),
        ("03498765432", "140000"),
        ("03718765432", "410000"),
        ("05238765432", "320000"),
        ("06338765432", "370000"),
        ("06628765432", "440000"),
        ("08918765432", "540000"),
        ("08988765432", "460000"),
        ("09018765432", "650000"),
        ("13800138000", None),
        ("004930123456", None),
        ("8001", None),
        (None, None),
    ],
)
def test_a_landline_tells_its_province(number: str | None, region: str | None) -> None:
    assert region_of(number) == region


@pytest.mark.parametrize(
    ("answer", "region"),
    [
        ("我是四川的", "510000"),
        ("0371", "410000"),
        ("10", "110000"),
        ("河南还是河北", None),
        ("不告诉你", None),
        ("1", None),
    ],
)
def test_where_somebody_says_they_are_from(answer: str, region: str | None) -> None:
    assert region_said(answer) == region


def test_a_sender_id_is_the_numbers_and_tells_nothing() -> None:
    one = sender_of("secret", "13800138000", "call-1")
    assert one == sender_of("secret", "13800138000", "call-2")
    assert one != sender_of("another", "13800138000", "call-1")
    assert sender_of("secret", None, "call-1") != sender_of("secret", None, "call-2")
    assert "138" not in one or len(one) == 32


def test_only_mobiles_get_messages() -> None:
    assert is_mobile("13800138000")
    assert not is_mobile("02887654321")
    assert not is_mobile(None)
