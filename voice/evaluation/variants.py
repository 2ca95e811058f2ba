"""The four ways a recording is measured: with and without repair, with one hypothesis and with all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voice.recognisers.base import Hypothesis
from voice.repair.repairer import Repairer


@dataclass(frozen=True)
class Variant:
    """One combination of parts."""

    name: str
    repair: bool
    all_hypotheses: bool

    def of(self, heard: Sequence[Hypothesis], repairer: Repairer) -> list[Hypothesis]:
        """What this variant hands on for one utterance."""
        hypotheses = repairer.repair(heard) if self.repair else list(heard)
        return hypotheses if self.all_hypotheses else hypotheses[:1]


VARIANTS = (
    Variant("raw", repair=False, all_hypotheses=False),
    Variant("repaired", repair=True, all_hypotheses=False),
    Variant("n-best", repair=False, all_hypotheses=True),
    Variant("n-best repaired", repair=True, all_hypotheses=True),
)
