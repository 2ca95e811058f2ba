"""Sealing, blind indexes, masks and numbers."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.errors import Misconfigured
from actions.ledger.masking import mask_digits, mask_name, yuan
from actions.ledger.numbers import is_number, new_number
from actions.ledger.vault import Unsealable, Vault

pytestmark = pytest.mark.unit
OLD, NEW = b"o" * 32, b"n" * 32


@given(st.text())
def test_what_is_sealed_opens_again_and_does_not_show(text: str) -> None:
    vault = Vault([NEW])
    sealed = vault.seal(text, "1/name")
    assert vault.open(sealed, "1/name") == text
    assert len(text) < 3 or text not in sealed


def test_a_sealed_value_is_bound_to_its_place() -> None:
    vault = Vault([NEW])
    sealed = vault.seal("13812345678", "1/phone")
    with pytest.raises(Unsealable):
        vault.open(sealed, "2/phone")


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=255))
def test_any_flipped_byte_is_noticed(position: int, flip: int) -> None:
    vault = Vault([NEW])
    key_id, body = vault.seal("王小明", "1/name").split(".")
    raw = bytearray(base64.b64decode(body))
    raw[position % len(raw)] ^= flip
    with pytest.raises(Unsealable):
        vault.open(f"{key_id}.{base64.b64encode(raw).decode()}", "1/name")


def test_rotation_reads_old_values_and_writes_with_the_new_key() -> None:
    before, after = Vault([OLD]), Vault([NEW, OLD])
    sealed = before.seal("王小明", "1/name")
    assert after.open(sealed, "1/name") == "王小明"
    assert before.index("web:1", "sender") in after.indexes("web:1", "sender")
    with pytest.raises(Unsealable):
        before.open(after.seal("王小明", "1/name"), "1/name")


def test_indexes_of_different_purposes_differ() -> None:
    vault = Vault([NEW])
    assert vault.index("1", "sender") != vault.index("1", "phone")
    assert vault.index("1", "sender") != vault.index("2", "sender")


@pytest.mark.parametrize("value", ["", "  ", "not base64!", base64.b64encode(b"short").decode()])
def test_a_wrong_key_setting_stops(value: str) -> None:
    with pytest.raises(Misconfigured):
        Vault.from_setting(value)


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("13812345678", "138****5678"), ("12345678", "******78"), ("123", "***"), ("", "")],
)
def test_masked_digits(digits: str, shown: str) -> None:
    assert mask_digits(digits) == shown


@given(st.text(alphabet="0123456789", min_size=5, max_size=30))
def test_a_mask_hides_at_least_four_digits_or_half(digits: str) -> None:
    shown = mask_digits(digits)
    assert len(shown) == len(digits)
    assert shown.count("*") >= min(4, (len(digits) + 1) // 2)


@pytest.mark.parametrize(("name", "shown"), [("王小明", "王**"), ("王", "*"), ("", "*")])
def test_masked_names(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(("fen", "shown"), [(5_000_000, "50,000元"), (8650, "86.50元"), (5, "0.05元")])
def test_written_money(fen: int, shown: str) -> None:
    assert yuan(fen) == shown


def test_numbers_are_ten_digits_and_notice_a_slip() -> None:
    number = new_number()
    assert len(number) == 10
    assert is_number(number)
    for position, digit in enumerate(number):
        wrong = number[:position] + str((int(digit) + 1) % 10) + number[position + 1 :]
        assert not is_number(wrong)
    for at in range(9):
        swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        assert swapped == number or not is_number(swapped)


@pytest.mark.parametrize("text", ["", "12345", "١٢٣٤٥٦٧٨٩٠", "12345678901", "abcdefghij"])
def test_other_texts_are_no_numbers(text: str) -> None:
    assert not is_number(text)
