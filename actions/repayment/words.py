"""A plan in words: for the ear, for the eye, and in place of its picture."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from actions.repayment.plan import Method, Payment, Plan
from actions.texts import repayment as say
from actions.texts.money import amount, term
from actions.texts.say import Say
from nlu.dialect.spoken import spoken_integer

ALL_ROWS = 6
"""A plan of so many months is told whole; a longer one by its first months and its last."""


def percent(rate: Decimal) -> str:
    """``Decimal("4.350")`` as 4.35."""
    return format(rate.normalize(), "f")


def headline(plan: Plan) -> Say:
    """贷50,000元，两年，年利率4.35%，等额本息."""
    parts = {"term": term(plan.months), "method": plan.method.value}
    sum_ = amount(plan.amount_fen)
    return Say(
        say.TITLE.format(amount=sum_.text, rate=percent(plan.annual_percent), **parts),
        say.TITLE_SPOKEN.format(amount=sum_.spoken, rate=spoken_percent(plan.annual_percent), **parts),
    )


def burden(plan: Plan) -> Say:
    """What is paid each month and altogether."""
    first, last = plan.payments[0].total, plan.payments[-1].total
    count = plan.months
    if count == 1:
        told = _filled(say.ONCE, last=last)
    elif plan.method is Method.INTEREST_FIRST:
        told = _filled(say.INTEREST_FIRST.replace("{count}", str(count - 1)), each=first, last=last)
    elif plan.method is Method.EQUAL_PRINCIPAL and first != last:
        told = _filled(say.FALLING.replace("{count}", str(count)), first=first, last=last)
    else:
        told = _filled(say.EVEN.replace("{count}", str(count)), each=first)
        if last != first:
            told = told + _filled(say.LAST, last=last)
    return told + _filled(say.TOTAL, total=plan.total_fen, interest=plan.interest_fen)


def rows_told(plan: Plan, most: int = ALL_ROWS) -> tuple[Sequence[Payment], Sequence[Payment]]:
    """The payments that are told: the first ones, and after a gap the last (empty when all are told)."""
    if plan.months <= most:
        return plan.payments, ()
    return plan.payments[: most // 2], plan.payments[-1:]


def table(plan: Plan) -> str:
    """One line a month, a long plan with a gap."""
    first, last = rows_told(plan)
    lines = [_row(payment) for payment in first]
    if last:
        lines += [say.MORE_ROWS, *(_row(payment) for payment in last)]
    return "\n".join(lines)


def _row(payment: Payment) -> str:
    return say.ROW.format(
        month=payment.month,
        total=amount(payment.total).text,
        principal=amount(payment.principal).text,
        interest=amount(payment.interest).text,
    )


def _filled(template: str, **fen: int) -> Say:
    sums = {name: amount(value) for name, value in fen.items()}
    return Say(
        template.format(**{name: sum_.text for name, sum_ in sums.items()}),
        template.format(**{name: sum_.spoken for name, sum_ in sums.items()}),
    )


def spoken_percent(rate: Decimal) -> str:
    """``Decimal("4.35")`` as 四点三五."""
    whole, _, fraction = percent(rate).partition(".")
    digits = "零一二三四五六七八九"
    return spoken_integer(int(whole)) + ("点" + "".join(digits[int(char)] for char in fraction) if fraction else "")
