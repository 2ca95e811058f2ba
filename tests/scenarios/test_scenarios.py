"""Every conversation in this folder, over HTTP against the real stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Stack
from tests.scenarios.runner import Scenario, load, play

SCENARIOS = [scenario for path in sorted(Path(__file__).parent.glob("*.yml")) for scenario in load(path)]


def test_scenarios_are_found() -> None:
    assert SCENARIOS


@pytest.mark.stack
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, stack: Stack) -> None:
    play(scenario, stack)
