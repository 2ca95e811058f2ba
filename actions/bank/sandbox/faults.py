"""How the sandbox bank misbehaves when it is told to: for development, drills and tests.

Two ways, which may be combined: counts (the next so many requests) and chances with a seed (the same seed, the same
sequence). ``POST /control/faults`` sets both, signed like any other request.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Fault(StrEnum):
    """What happens to one request under ``/v1``."""

    NONE = "none"
    FAIL = "fail"
    """Answer 500 without doing anything."""
    LOSE = "lose"
    """Do it, then cut the connection instead of answering."""
    TWICE = "twice"
    """Do it and send the answer twice over the same connection."""
    OUTAGE = "outage"
    """Cut the connection without doing anything."""


class Chances(BaseModel):
    """Probabilities of a request's fate; what is left of 1 goes well."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    seed: int = 0
    slow: float = Field(0.0, ge=0, le=1)
    slow_s: float = Field(1.0, ge=0, le=60)
    fail: float = Field(0.0, ge=0, le=1)
    lose: float = Field(0.0, ge=0, le=1)
    twice: float = Field(0.0, ge=0, le=1)


class FaultOrder(BaseModel):
    """The body of ``POST /control/faults``: replaces what was ordered before."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    delay_s: float = Field(0.0, ge=0, le=60)
    fail: int = Field(0, ge=0, le=100_000)
    lose: int = Field(0, ge=0, le=100_000)
    twice: int = Field(0, ge=0, le=100_000)
    outage_s: float = Field(0.0, ge=0, le=86_400)
    chances: Chances | None = None


@dataclass
class Faults:
    """Counts go down with each request under ``/v1``.

    Attributes:
        delay_s: before each answer.
        outage_until: on the monotonic clock; until then connections are cut.
    """

    delay_s: float = 0.0
    fail: int = 0
    lose: int = 0
    twice: int = 0
    outage_until: float = 0.0
    chances: Chances | None = None
    _dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311  (a fault's dice)

    def order(self, order: FaultOrder) -> None:
        """From now on as ordered."""
        self.delay_s, self.fail, self.lose, self.twice = order.delay_s, order.fail, order.lose, order.twice
        self.outage_until = time.monotonic() + order.outage_s if order.outage_s else 0.0
        self.chances = order.chances
        self._dice = random.Random(order.chances.seed if order.chances else 0)  # noqa: S311

    def next(self) -> tuple[Fault, float]:
        """The fate of the next request and the seconds it is held back."""
        if time.monotonic() < self.outage_until:
            return Fault.OUTAGE, 0.0
        delay_s = self.delay_s
        for fault in (Fault.FAIL, Fault.LOSE, Fault.TWICE):
            left = int(getattr(self, fault.value))
            if left > 0:
                setattr(self, fault.value, left - 1)
                return fault, delay_s
        if self.chances is None:
            return Fault.NONE, delay_s
        if self._dice.random() < self.chances.slow:
            delay_s += self._dice.uniform(0, self.chances.slow_s)
        draw, reached = self._dice.random(), 0.0
        for fault in (Fault.FAIL, Fault.LOSE, Fault.TWICE):
            reached += float(getattr(self.chances, fault.value))
            if draw < reached:
                return fault, delay_s
        return Fault.NONE, delay_s

    def notices(self) -> int:
        """How often the next call-back is sent."""
        if self.twice > 0:
            self.twice -= 1
            return 2
        return 2 if self.chances is not None and self._dice.random() < self.chances.twice else 1
