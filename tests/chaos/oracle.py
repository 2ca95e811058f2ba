"""Who is right: what people were told, the ledger, and the bank's own record, compared after everything has settled."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from actions.cases import CaseState
from tests.chaos.people import Person, Told

CLOCK = timedelta(seconds=0.05)
NOTHING_THERE = ("都没有交上去", "还没有交", "没填完", "您还没有在我这里办过")
"""Untrue of somebody who has a case: each person of a run has one wish."""
NOT_DONE = ("您的话还没有办", "刚才这句没办成")
"""Untrue of a message that made a case."""
STATE_OF_BANK = {
    "in_review": "in_review",
    "awaiting_confirmation": "awaiting_confirmation",
    "completed": "completed",
    "expired": "expired",
}


@dataclass(frozen=True)
class BankRow:
    """The bank's own record of one request."""

    kind: str
    client_ref: str
    status: str
    amount_fen: int
    facts: dict[str, Any]


def bank_rows(file: Path) -> dict[str, list[BankRow]]:
    """All that the bank has, by our case number."""
    rows: dict[str, list[BankRow]] = defaultdict(list)
    with sqlite3.connect(file, timeout=30) as bank:
        for ref, status, application in bank.execute("SELECT client_ref, status, application FROM loan_applications"):
            facts = json.loads(application)
            rows[ref].append(BankRow("loan", ref, status, facts["amount_fen"], facts))
        query = (
            "SELECT p.client_ref, p.status, p.amount_fen, b.account, b.paid, p.receipt FROM payments p "
            "JOIN bills b ON b.id = p.bill_id"
        )
        for ref, status, amount, account, paid, receipt in bank.execute(query):
            facts = {"account": account, "paid": paid, "receipt": receipt}
            rows[ref].append(BankRow("bill", ref, status, amount, facts))
    bank.close()
    return rows


def verdict(person: Person, cases: list[dict[str, Any]], bank: dict[str, list[BankRow]]) -> list[str]:
    """Everything that is wrong with one dialogue; empty when all three agree."""
    wrong: list[str] = []
    plan = person.run.plan
    if person.trouble:
        wrong.append(person.trouble)
    told_ids = {told.case_id for told in person.told if told.case_id}
    known = {case["id"]: case for case in cases}
    wrong += [f"case {lost} was told and is not in the ledger" for lost in told_ids - set(known)]
    if len(cases) > 1:
        wrong.append(f"doubled: {len(cases)} cases of one wish: {sorted(known)}")
    if cases and not person.submits:
        wrong.append("a case without a submit")
    for case in cases:
        rows = bank.get(case["id"], [])
        if case["state"] in ("waiting_for_bank", "checking_with_bank"):
            wrong.append(f"case {case['id']} never reached the bank")
            continue
        if len(rows) != 1:
            wrong.append(f"case {case['id']} is {len(rows)} times at the bank")
            continue
        row = rows[0]
        if STATE_OF_BANK.get(row.status) != case["state"]:
            wrong.append(f"case {case['id']} is {case['state']} here and {row.status} at the bank")
        if row.amount_fen != case["amount_fen"]:
            wrong.append(f"case {case['id']}: {case['amount_fen']} fen here, {row.amount_fen} at the bank")
        if person.kind == "loan" and (row.facts["phone"], row.amount_fen) != (plan.phone, 5_000_000):
            wrong.append(f"case {case['id']}: the bank has other facts than the person said")
        if person.kind == "bill" and (row.facts["account"], row.amount_fen) != (plan.account, plan.due_fen):
            wrong.append(f"case {case['id']}: the bank has another bill than the person said")
        if person.kind == "bill" and bool(row.facts["paid"]) != (person.confirmed_at is not None):
            wrong.append(f"case {case['id']}: paid is {row.facts['paid']}, the person's own page says otherwise")
    for number, told in enumerate(person.told):
        wrong += _untrue(told, person, cases)
        dropped = any("都没有交上去" in text for text in told.texts)
        if dropped and cases and not any(later.said.startswith("对，") for later in person.told[number:]):
            wrong.append("told that nothing was handed in, and it was")
    return wrong


def _untrue(told: Told, person: Person, cases: list[dict[str, Any]]) -> list[str]:
    """What was not so when it was told."""
    text = "".join(told.texts)
    born = min((datetime.fromisoformat(case["created_at"]) for case in cases), default=None)
    there = born is not None and born < told.asked_at - CLOCK
    wrong = []
    if there:
        wrong += [f"told {words!r} while the case was there: {text[:60]!r}" for words in NOTHING_THERE if words in text]
    if born is not None and any(words in text for words in NOT_DONE) and told.first_asked_at - CLOCK < born <= told.at:
        wrong.append("told that nothing was done of a message that was acted on")
    paid = person.confirmed_at
    if paid is not None and told.asked_at > paid + CLOCK and "上一次知道" not in text:
        for words in ("还没有扣钱", "没有扣钱", "等您本人"):
            if words in text:
                wrong.append(f"told {words!r} after the payment was made")
    if "已办成" in text and (paid is None and not _completed(cases)):
        wrong.append("told that it is done, and it is not")
    for case_id, state in re.findall(r"编号(?:是)?(\d{10})[。，](?:[^。，]*，)?现在：([^。]+)。", text):
        case = next((c for c in cases if c["id"] == case_id), None)
        if case is None:
            continue  # named above
        reached = {h["state_text"] for h in case["history"] if datetime.fromisoformat(h["at"]) <= told.at + CLOCK}
        if state not in reached:
            wrong.append(f"told state {state!r}, the case had been {sorted(reached)}")
    return wrong


def _completed(cases: list[dict[str, Any]]) -> bool:
    return any(case["state"] == CaseState.COMPLETED.value for case in cases)


def orphans(bank: dict[str, list[BankRow]], known: set[str]) -> list[str]:
    """What the bank has that no case of anybody stands for."""
    return [f"the bank has {ref}, the ledger does not" for ref in bank if ref not in known]
