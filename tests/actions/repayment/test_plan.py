"""Repayment plans: known figures, and properties that hold for every plan."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actions.repayment.plan import MOST_FEN, Method, make_plan
from actions.repayment.words import burden, headline, table

pytestmark = pytest.mark.unit

METHODS = st.sampled_from(list(Method))
AMOUNTS = st.integers(min_value=100_00, max_value=MOST_FEN)
RATES = st.decimals(min_value=0, max_value=36, places=2)
MONTHS = st.integers(min_value=1, max_value=360)


@given(METHODS, AMOUNTS, RATES, MONTHS)
@example(Method.EQUAL_PRINCIPAL, 18528756, Decimal("2.38"), 318)  # an exact half fen in month 267
def test_every_plan_adds_up(method: Method, amount: int, rate: Decimal, months: int) -> None:
    plan = make_plan(method, amount, rate, months)
    assert [payment.month for payment in plan.payments] == list(range(1, months + 1))
    assert sum(payment.principal for payment in plan.payments) == amount
    assert plan.payments[-1].left == 0
    owed = amount
    for payment in plan.payments:
        assert payment.principal >= 0
        assert payment.interest >= 0
        # half up to the fen, in integers: 2 * owed * rate / 1200 rounded
        hundredths = int(rate * 100)
        assert payment.interest == (2 * owed * hundredths + 120_000) // 240_000
        owed -= payment.principal
        assert payment.left == owed
    assert plan.total_fen == sum(payment.total for payment in plan.payments)


@given(AMOUNTS, RATES, st.integers(min_value=2, max_value=120))
def test_equal_instalments_are_equal_but_for_the_last(amount: int, rate: Decimal, months: int) -> None:
    plan = make_plan(Method.EQUAL_INSTALMENTS, amount, rate, months)
    first = plan.payments[0].total
    regular = [payment.total for payment in plan.payments[:-1] if payment.left > 0]
    assert set(regular) <= {first}
    # Rounding each instalment by at most half a fen, and each interest likewise, grows with the interest on it.
    monthly = rate / 1200
    grown = sum((1 + monthly) ** month for month in range(months))
    assert abs(plan.payments[-1].total - first) <= grown + 2


@given(AMOUNTS, RATES, st.integers(min_value=2, max_value=360))
def test_what_is_paid_back_sooner_costs_less(amount: int, rate: Decimal, months: int) -> None:
    cost = {method: make_plan(method, amount, rate, months).interest_fen for method in Method}
    slack = months  # rounding
    assert cost[Method.EQUAL_PRINCIPAL] <= cost[Method.EQUAL_INSTALMENTS] + slack
    assert cost[Method.EQUAL_INSTALMENTS] <= cost[Method.INTEREST_FIRST] + slack


@given(METHODS, AMOUNTS, RATES, MONTHS)
def test_every_plan_can_be_said(method: Method, amount: int, rate: Decimal, months: int) -> None:
    plan = make_plan(method, amount, rate, months)
    for told in (headline(plan), burden(plan)):
        assert "{" not in told.text + str(told.spoken)
        assert not any(
            char.isdigit() for char in str(told.spoken).replace(str(months), "").replace(str(months - 1), "")
        )
    assert f"第{months}个月" in table(plan)


def test_known_figures() -> None:
    """An annuity checked by hand: 50,000 at 4.35 % for 24 months is 2,179.04 a month."""
    plan = make_plan(Method.EQUAL_INSTALMENTS, 5_000_000, Decimal("4.35"), 24)
    assert plan.payments[0].total == 217_904
    assert plan.payments[0].interest == 18_125
    even = make_plan(Method.EQUAL_PRINCIPAL, 1_200_000, Decimal(6), 12)
    assert [payment.total for payment in even.payments[:2]] == [106_000, 105_500]
    assert even.interest_fen == 39_000
    first = make_plan(Method.INTEREST_FIRST, 1_000_000, Decimal("4.8"), 12)
    assert [payment.total for payment in first.payments] == [4_000] * 11 + [1_004_000]


@pytest.mark.parametrize(
    ("amount", "rate", "months"),
    [(0, "4", 12), (-5, "4", 12), (MOST_FEN + 1, "4", 12), (10_000, "4", 0), (10_000, "4", 361), (10_000, "-1", 12),
     (10_000, "NaN", 12), (10_000, "37", 12), (5, "4", 6)],
)  # fmt: skip
def test_what_is_no_loan_is_refused(amount: int, rate: str, months: int) -> None:
    with pytest.raises(ValueError):
        make_plan(Method.EQUAL_PRINCIPAL, amount, Decimal(rate), months)


def test_words() -> None:
    plan = make_plan(Method.EQUAL_INSTALMENTS, 5_000_000, Decimal("4.35"), 24)
    assert headline(plan).text == "贷50,000元，两年，年利率4.35%，等额本息"
    assert headline(plan).spoken == "贷五万元，两年，年利率百分之四点三五，等额本息"
    assert "每个月还2,179.04元，还24个月。" in burden(plan).text
    assert "两千一百七十九元零四分" in str(burden(plan).spoken)
    once = make_plan(Method.INTEREST_FIRST, 1_000_000, Decimal("4.8"), 1)
    assert "一个月到期，连本带利还10,040元。" in burden(once).text
