"""Sample customers and bills, for every kind of bill; names and companies are made up and say so.

Each kind has an account ending in 1-5 with something due, one ending in 8 paid already, and one ending in 0
with nothing due; any other account is unknown.
"""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.bank.sandbox.models import BillRow

_COMPANIES = {
    "electricity": "样例供电公司",
    "water": "样例自来水公司",
    "gas": "样例燃气公司",
    "phone": "样例通信公司",
    "cable_tv": "样例广电公司",
    "medical_insurance": "样例医保局",
    "pension": "样例社保局",
}

SAMPLE_BILLS: tuple[tuple[str, str, str, int, bool], ...] = (
    # kind, account, holder (masked), due in fen, paid
    ("electricity", "12345678", "样例户王**", 8650, False),
    ("electricity", "20230001", "样例户李*", 12680, False),
    ("electricity", "20230002", "样例户张**", 5310, False),
    ("electricity", "20230003", "样例户赵*", 23475, False),
    ("electricity", "20230004", "样例户孙**", 15760, False),
    ("electricity", "20230005", "样例户周*", 6690, False),
    ("electricity", "20230006", "样例户吴**", 30120, False),
    ("electricity", "20230008", "样例户陈**", 9920, True),
    ("electricity", "20230000", "样例户刘*", 0, False),
    ("water", "30010001", "样例户王**", 3240, False),
    ("water", "30010002", "样例户李*", 4860, False),
    ("water", "30010008", "样例户张**", 2700, True),
    ("water", "30010000", "样例户赵*", 0, False),
    ("gas", "40010001", "样例户王**", 7790, False),
    ("gas", "40010002", "样例户陈**", 10260, False),
    ("gas", "40010008", "样例户李*", 5130, True),
    ("gas", "40010000", "样例户刘*", 0, False),
    ("phone", "13800000001", "样例户王**", 5900, False),
    ("phone", "13800000002", "样例户李*", 3880, False),
    ("phone", "13800000008", "样例户张**", 1900, True),
    ("phone", "13800000000", "样例户赵*", 0, False),
    ("cable_tv", "50010001", "样例户王**", 2400, False),
    ("cable_tv", "50010002", "样例户刘*", 28800, False),
    ("cable_tv", "50010008", "样例户李*", 2400, True),
    ("cable_tv", "50010000", "样例户陈**", 0, False),
    ("medical_insurance", "60010001", "样例户王**", 40000, False),
    ("medical_insurance", "60010002", "样例户李*", 160000, False),
    ("medical_insurance", "60010008", "样例户张**", 40000, True),
    ("medical_insurance", "60010000", "样例户赵*", 0, False),
    ("pension", "70010001", "样例户王**", 20000, False),
    ("pension", "70010002", "样例户刘*", 300000, False),
    ("pension", "70010008", "样例户李*", 50000, True),
    ("pension", "70010000", "样例户陈**", 0, False),
)
"""Amounts are ordinary round figures for trying things out, taken from no tariff."""


PARTIAL_FROM = {"electricity": 1000, "water": 1000, "gas": 1000, "phone": 1000}
"""Kinds of which a part may be paid, from this many fen; insurance, pension and television only as a whole."""


def seed(session: Session, today: date) -> None:
    """Add the samples that are not there yet; what was paid stays paid."""
    there = {(kind, account) for kind, account in session.execute(select(BillRow.bill_type, BillRow.account))}
    for kind, least in PARTIAL_FROM.items():  # of a database from before parts could be paid
        empty = (BillRow.bill_type == kind, BillRow.partial_from_fen.is_(None), BillRow.id.startswith("sample-"))
        session.execute(update(BillRow).where(*empty).values(partial_from_fen=least))
    for kind, account, holder, due, paid in SAMPLE_BILLS:
        if (kind, account) in there:
            continue
        yearly = kind in ("medical_insurance", "pension")
        session.add(
            BillRow(
                id=f"sample-{kind}-{account}",
                bill_type=kind,
                account=account,
                holder=holder,
                company=_COMPANIES[kind],
                period=f"{today.year}年" if yearly else f"{today.year}年{today.month}月",
                due_fen=due,
                due_on=today + timedelta(days=20) if due and not paid else None,
                paid=paid,
                partial_from_fen=PARTIAL_FROM.get(kind),
            )
        )
