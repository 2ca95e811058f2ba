"""Choosing the strength: standard speech must stay as it was; changes come with an interval."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from voice.adaptation import figures
from voice.adaptation.figures import Said
from voice.adaptation.steps import chosen
from voice.evaluation.measures import Errors
from voice.recognisers.base import Hypothesis

pytestmark = pytest.mark.unit
TEXT = "我想贷三万块钱买化肥"
SAID = {
    **{f"s{n}": Said(TEXT, ("own standard",)) for n in range(10)},
    **{f"a{n}": Said(TEXT, ("own trained accents",)) for n in range(10)},
}


class Unrepaired:
    """Repair that finds nothing to do."""

    def repair(self, heard: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Leaves everything as it is."""
        return list(heard)


def _heard(standard: int, accents: int) -> dict[str, list[Hypothesis]]:
    """So many of ten clips of a kind are heard without their last two characters."""
    wrong = {f"s{n}" for n in range(standard)} | {f"a{n}" for n in range(accents)}
    return {name: [Hypothesis(TEXT[:-2] if name in wrong else TEXT, 0.9)] for name in SAID}


@pytest.mark.parametrize(
    ("half", "full", "strength"),
    [((2, 5), (2, 3), 1.0), ((2, 5), (8, 1), 0.5), ((8, 1), (9, 0), None), ((1, 6), (2, 6), 0.5)],
)
def test_the_best_on_accents_that_leaves_standard_speech(
    half: tuple[int, int], full: tuple[int, int], strength: float | None
) -> None:
    after = {0.5: _heard(*half), 1.0: _heard(*full)}
    assert chosen(SAID, _heard(2, 8), after, Unrepaired()) == strength  # type: ignore[arg-type]


def test_nothing_heard_counts_as_all_wrong() -> None:
    found = figures.each(SAID, {name: [] for name in SAID}, None)
    assert figures.table(SAID, found, found)["own standard"].raw == 1.0


def test_a_change_lies_in_its_interval_and_no_change_is_none() -> None:
    before = {str(n): Errors(10, 4) for n in range(40)}
    after = {str(n): Errors(10, 4 - 2 * (n % 2)) for n in range(40)}
    change, low, high = figures.difference(before, after, list(before))
    assert change == pytest.approx(-0.1)
    assert low < change < high < 0
    assert figures.difference(before, before, list(before)) == (0.0, 0.0, 0.0)
