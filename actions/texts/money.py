"""Amounts, terms and areas as people write and say them."""

from __future__ import annotations

from actions.texts.say import Say
from nlu.dialect import numbers


def amount(fen: int) -> Say:
    """``fen`` as 50,000元, spoken 五万元."""
    formatted = numbers.format_amount(fen)
    return Say(formatted.written, formatted.spoken)


def term(months: int) -> str:
    """Months as 两年, 半年, 十八个月."""
    return "半年" if months == 6 else numbers.format_term(months)


def area(mu: float) -> Say:
    """Mu as 3.5亩, spoken 三点五亩."""
    return Say(f"{mu:g}亩", numbers.format_area(mu))
