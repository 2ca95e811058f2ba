"""Case numbers: ten digits that can be spoken and keyed; the last is a Verhoeff check digit.

Verhoeff finds every single wrong digit and every swap of neighbours, the usual mistakes of speaking and
keying. The nine digits before it are random, so a number tells nothing about how many cases there are.
"""

from __future__ import annotations

import secrets

from stdnum import verhoeff


def new_number() -> str:
    """A random case number; the caller checks that it is free."""
    body = str(100_000_000 + secrets.randbelow(900_000_000))
    return body + verhoeff.calc_check_digit(body)


def is_number(text: str) -> bool:
    """Whether ``text`` can be a case number (ten digits with the right check digit)."""
    return len(text) == 10 and text.isascii() and text.isdigit() and verhoeff.is_valid(text)
