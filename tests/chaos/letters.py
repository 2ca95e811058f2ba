"""What people were told without asking, and whether it was so."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CLOCK = timedelta(seconds=0.05)
LAG = timedelta(seconds=15)
"""What is told was so at most so long before: what the ledger takes for fresh, and one delivery."""


@dataclass(frozen=True)
class Letter:
    """News in a mailbox: when it was put there (UTC), of which case, and its words."""

    at: datetime
    case_id: str
    text: str


def letters(file: Path) -> dict[str, list[Letter]]:
    """All news in the gateway's database, by conversation, in their order."""
    found: dict[str, list[Letter]] = defaultdict(list)
    with sqlite3.connect(file, timeout=30) as gateway:
        for sender, kept, at in gateway.execute("SELECT sender, reply, created_at FROM letters ORDER BY id"):
            reply = json.loads(kept)
            if reply["kind"] == "news":
                put = datetime.fromisoformat(at)
                put = put.replace(tzinfo=UTC) if put.tzinfo is None else put
                found[sender].append(Letter(put, reply["case_id"], reply["text"]))
    gateway.close()
    return found


def untrue_news(told: Sequence[Letter], cases: Sequence[dict[str, Any]], paid: datetime | None) -> list[str]:
    """What is wrong with the news of one person.

    Args:
        told: in their order.
        cases: the person's, with their history.
        paid: when the person's own page said that the payment was made.
    """
    wrong = []
    known = {case["id"]: case for case in cases}
    for (case_id, text), times in Counter((letter.case_id, letter.text) for letter in told).items():
        if times > 1:
            wrong.append(f"news of case {case_id} told {times} times: {text[:60]!r}")
    last: dict[str, int] = {}
    for letter in told:
        case = known.get(letter.case_id)
        if case is None:
            wrong.append(f"news of case {letter.case_id}, which is not theirs")
            continue
        lines = [(h["state_text"], datetime.fromisoformat(h["at"])) for h in case["history"]]
        at = next((n for n, (state, _) in enumerate(lines) if f"现在：{state}。" in letter.text), None)
        if at is None:
            wrong.append(f"news tells no state the case had: {letter.text[:60]!r}")
            continue
        if lines[at][1] > letter.at + CLOCK:
            wrong.append(f"news told {lines[at][0]!r} before it was so")
        left = next((when for state, when in lines[at:] if state != lines[at][0]), None)
        if left is not None and letter.at > left + LAG:
            wrong.append(f"news told {lines[at][0]!r} long after it was over")
        if at < last.get(letter.case_id, -1):
            wrong.append(f"news told {lines[at][0]!r} after a later state")
        if paid is not None and letter.at > paid + LAG and "等您本人" in letter.text:
            wrong.append("news told that a payment waits which was made")
        last[letter.case_id] = at
    return wrong
