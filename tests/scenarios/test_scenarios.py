"""Every conversation in this folder, over HTTP against the real stack; several at a time, each with its own sender."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.running import Stack
from tests.scenarios.runner import Scenario, load, play

SCENARIOS = [scenario for path in sorted(Path(__file__).parent.glob("*.yml")) for scenario in load(path)]
AT_ONCE = 3
"""Two cores serve the stack; one conversation more keeps them busy while another waits for the database."""


@pytest.fixture(scope="session")
def played(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Mapping[str, Future[None]]]:
    """All scenarios that this run asks for, under way."""
    wanted = {item.callspec.params["scenario"].name for item in request.session.items if hasattr(item, "callspec")
              and "scenario" in item.callspec.params}  # fmt: skip
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {s.name: pool.submit(play, s, stack) for s in SCENARIOS if s.name in wanted}


@pytest.mark.unit
def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(SCENARIOS) >= 80
    assert [name for name, count in Counter(s.name for s in SCENARIOS).items() if count > 1] == []


@pytest.mark.stack
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(scenario: Scenario, played: Mapping[str, Future[None]]) -> None:
    played[scenario.name].result()
