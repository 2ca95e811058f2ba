"""A few runs of kill and break with every part killed once (300: ``python -m benchmarks.chaos``)."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from settings import load_settings
from tests.chaos.campaign import campaign
from tests.chaos.letters import Letter, untrue_news
from tests.chaos.oracle import BankRow, orphans
from tests.chaos.plan import POINTS, Fault, Patience, Plan, draw
from tests.running import state_beside

SEEDS = (4, 5, 12, 22)
"""Kills at gateway, action server and sandbox; Rasa takes too long to start for every day."""


@pytest.mark.unit
def test_a_seed_is_a_plan_and_all_plans_together_reach_every_point() -> None:
    plans = [Plan.of(seed) for seed in range(300)]
    assert plans == [Plan.of(seed) for seed in range(300)]
    assert {plan.point for plan in plans} == {point for points in POINTS.values() for point in points}
    assert {plan.patience for plan in plans} == set(Patience)
    assert sum(plan.target == "rasa" for plan in plans) >= 20
    assert len({plan.account for plan in plans} | {plan.phone for plan in plans}) == 600
    dice = random.Random(1)
    assert {draw(dice, 0.5, "web")[0] for _ in range(200)} == set(Fault)


@pytest.mark.unit
def test_the_oracle_names_what_only_the_bank_has() -> None:
    row = BankRow("loan", "1570478727", "in_review", 1, {})
    assert orphans({"1570478727": [row]}, set()) == ["the bank has 1570478727, the ledger does not"]
    assert orphans({"1570478727": [row]}, {"1570478727"}) == []


@pytest.mark.unit
def test_news_is_judged() -> None:
    began = datetime(2026, 11, 28, 8, tzinfo=UTC)
    states = ("等待送达银行", "银行已收到，工作人员正在审核", "银行审核通过")
    times = [began + timedelta(minutes=minute) for minute in range(3)]
    history = [{"state_text": text, "at": at.isoformat()} for text, at in zip(states, times, strict=True)]
    cases = [{"id": "1570478727", "history": history}]

    def letter(state: int, seconds: float, case_id: str = "1570478727") -> Letter:
        at = times[state] + timedelta(seconds=seconds)
        return Letter(at, case_id, f"您办的事有消息了。贷款申请，1元，编号{case_id}。现在：{states[state]}。")

    assert untrue_news([letter(1, 1), letter(2, 1)], cases, None) == []
    assert "2 times" in untrue_news([letter(1, 1), letter(1, 1)], cases, None)[0]
    assert "before it was so" in untrue_news([letter(2, -1)], cases, None)[0]
    assert "long after" in untrue_news([letter(1, 90)], cases, None)[0]
    assert "after a later state" in untrue_news([letter(2, 1), letter(1, 62)], cases, None)[0]
    assert "not theirs" in untrue_news([letter(1, 1, "2899447861")], cases, None)[0]


@pytest.mark.stack
@pytest.mark.slow
async def test_nothing_is_lost_doubled_or_untrue(tmp_path: Path) -> None:
    state_beside(load_settings().state_dir, tmp_path / "state")
    outcome = await campaign(SEEDS, tmp_path / "state", at_once=4)
    assert outcome.wrong == {}
    assert sum(outcome.kills.values()) >= len(SEEDS) - 1, f"seeds {outcome.unkilled} killed nothing"
    assert sum(outcome.cases.values()) >= len(SEEDS)
    print("news judged:", outcome.news)  # none where an answer or a later state came first
