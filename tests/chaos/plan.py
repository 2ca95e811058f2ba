"""What one run does: derived from its seed alone, so that the seed replays it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

POINTS: dict[str, tuple[str, ...]] = {
    "gateway": ("gateway:before_dialogue", "gateway:after_dialogue", "gateway:after_store"),
    "actions": ("actions:before_action", "actions:after_action", "actions:before_bank", "actions:after_bank"),
    "bank": ("bank:before_request", "bank:after_request"),
    "rasa": ("rasa:before_action", "rasa:after_action", "rasa:before_answer"),
}
"""Named points by the part that is killed there: before the exchange is passed on, or after it was answered."""

RASA_EVERY = 12
"""Rasa takes long to start: it is killed in one run of twelve (25 of 300)."""


class Fault(StrEnum):
    """What the network does to one exchange."""

    NONE = "none"
    DELAY = "delay"
    RESET = "reset"
    """The connection is cut before the request arrives."""
    LOST = "lost"
    """The request arrives, its answer does not."""
    TWICE = "twice"
    """The request arrives twice, at the same time."""


class Patience(StrEnum):
    """What a person does who gets no answer."""

    AGAIN = "again"
    """The channel delivers the same message again."""
    ASKS = "asks"
    """Asks 查进度 with a new message, then goes on."""
    DROPS = "drops"
    """Says 取消 with a new message."""


@dataclass(frozen=True)
class Plan:
    """One run: a loan and a bill dialogue at the same time.

    Attributes:
        target: the part that is killed.
        point: where.
        at_submit: when the submit is under way; otherwise at an earlier turn.
        step: that turn's number.
        pays: whether the bill's payer confirms on the bank's page.
    """

    seed: int
    target: str
    point: str
    victim: str
    at_submit: bool
    step: int
    patience: Patience
    pays: bool
    fault_chance: float

    @classmethod
    def of(cls, seed: int) -> Plan:
        """The run of ``seed``."""
        dice = random.Random(seed)
        target = "rasa" if seed % RASA_EVERY == RASA_EVERY - 1 else dice.choice(("gateway", "actions", "bank"))
        point = dice.choice(POINTS[target])
        at_bank = point.startswith("bank:") or point.endswith("_bank")
        return cls(
            seed=seed,
            target=target,
            point=point,
            victim=dice.choice(("loan", "bill")),
            at_submit=at_bank or dice.random() < 0.65,
            step=dice.randint(1, 2),
            patience=dice.choices(tuple(Patience), (6, 2, 2))[0],
            pays=dice.random() < 0.7,
            fault_chance=dice.choice((0.0, 0.05, 0.12)),
        )

    @property
    def phone(self) -> str:
        """The loan applicant's number, of this run alone."""
        return f"138{self.seed % 10**8:08d}"

    @property
    def account(self) -> str:
        """The electricity account, of this run alone."""
        return f"77{self.seed % 10**8:08d}"

    @property
    def due_fen(self) -> int:
        """What the account owes."""
        return 1000 + self.seed % 90_000

    def sender(self, kind: str) -> str:
        """The channel's name for the person."""
        return f"chaos-{self.seed:06d}-{kind}"

    def faults(self, kind: str) -> random.Random:
        """Dice of one dialogue's network."""
        return random.Random(f"{self.seed}:{kind}")


def draw(dice: random.Random, chance: float, link: str) -> tuple[Fault, float]:
    """The fate of the next exchange on a link, and a delay in seconds."""
    if dice.random() >= chance:
        return Fault.NONE, 0.0
    fault = dice.choice((Fault.DELAY, Fault.RESET, Fault.LOST, Fault.TWICE))
    longest = 10.0 if link == "bank" else 2.0  # longer than the bank's client waits
    return fault, dice.uniform(0.1, longest)
