"""How a call's conversation ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.channels.hotline.wire import Outcome


class Next(StrEnum):
    """What the telephone system does with the caller after us."""

    PERSON = "person"
    HANGUP = "hangup"


@dataclass(frozen=True)
class Ended:
    """How a conversation ended.

    Attributes:
        outcome: as it is recorded.
        next: where the caller goes now.
        summary: one line for the person who takes over; personal, never logged.
    """

    outcome: Outcome
    next: Next
    summary: str | None = None


class Over(Exception):
    """The conversation has come to its end."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended.outcome)
        self.ended = ended


def to_person(summary: str | None = None) -> Over:
    """The caller goes to a person."""
    return Over(Ended(Outcome.TRANSFERRED, Next.PERSON, " ".join(summary.split()) if summary else None))


class PersonWanted(Exception):
    """The caller asks for a person.

    Attributes:
        forced: there is no other way: the caller cannot be heard.
    """

    def __init__(self, *, forced: bool = False) -> None:
        super().__init__()
        self.forced = forced
