"""Repayment plans in integer fen.

Formulas (ordinary annuity, end of month): with monthly rate r = yearly rate / 12, amount P and n months an equal
instalment is P * r * (1 + r)^n / ((1 + r)^n - 1); with equal principal each month pays P / n and the interest on what
is left; interest first pays P * r each month and P in the last. All sums are kept exact and each figure that is paid is
rounded once, half up to the fen. What rounding leaves over is settled in the last month, so the principal adds up to P.
A bank that counts days arrives at slightly different interest; the text beside a plan says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum

MOST_MONTHS = 360
MOST_FEN = 10_000_000_000
_EXACT = Context(prec=50)


class Method(StrEnum):
    """How a loan is paid back; the value is its name in Chinese."""

    EQUAL_INSTALMENTS = "等额本息"
    EQUAL_PRINCIPAL = "等额本金"
    INTEREST_FIRST = "先息后本"


@dataclass(frozen=True)
class Payment:
    """One month, in fen: ``total`` = ``principal`` + ``interest``; ``left`` is owed afterwards."""

    month: int
    principal: int
    interest: int
    left: int

    @property
    def total(self) -> int:
        return self.principal + self.interest


@dataclass(frozen=True)
class Plan:
    """A loan and all its payments; ``annual_percent`` is the nominal yearly rate in percent."""

    method: Method
    amount_fen: int
    annual_percent: Decimal
    payments: tuple[Payment, ...]

    @property
    def months(self) -> int:
        return len(self.payments)

    @property
    def interest_fen(self) -> int:
        """All interest."""
        return sum(payment.interest for payment in self.payments)

    @property
    def total_fen(self) -> int:
        return self.amount_fen + self.interest_fen


def make_plan(method: Method, amount_fen: int, annual_percent: Decimal, months: int) -> Plan:
    """The plan.

    Args:
        method: how it is paid back.
        amount_fen: integer fen, at least one for each month.
        annual_percent: 0 to 36.
        months: 1 to 360.

    Raises:
        ValueError: out of range.
    """
    if not 1 <= months <= MOST_MONTHS:
        raise ValueError("months out of range")
    if not months <= amount_fen <= MOST_FEN:
        raise ValueError("amount out of range")
    if not (annual_percent.is_finite() and 0 <= annual_percent <= 36):
        raise ValueError("rate out of range")
    instalment = _instalment(amount_fen, annual_percent, months) if method is Method.EQUAL_INSTALMENTS else 0
    share = amount_fen // months
    payments, left = [], amount_fen
    for month in range(1, months + 1):
        # Divided last: a rounded monthly rate would put an exact half fen below the half.
        interest = _fen(_EXACT.divide(_EXACT.multiply(Decimal(left), annual_percent), Decimal(1200)))
        if month == months:
            principal = left
        elif method is Method.EQUAL_INSTALMENTS:
            principal = min(max(instalment - interest, 0), left)
        else:
            principal = share if method is Method.EQUAL_PRINCIPAL else 0
        left -= principal
        payments.append(Payment(month, principal, interest, left))
    return Plan(method, amount_fen, annual_percent, tuple(payments))


def _instalment(amount_fen: int, annual_percent: Decimal, months: int) -> int:
    rate = _EXACT.divide(annual_percent, Decimal(1200))
    if rate == 0:
        return amount_fen // months
    growth = _EXACT.power(_EXACT.add(Decimal(1), rate), months)
    due = _EXACT.multiply(_EXACT.multiply(Decimal(amount_fen), rate), growth)
    return _fen(_EXACT.divide(due, _EXACT.subtract(growth, Decimal(1))))


def _fen(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP, context=_EXACT))
