"""One call's conversation, from the greeting to its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.channels.hotline.line import Line
from bot.channels.hotline.pace import Pace
from bot.channels.hotline.prompts import PromptBook
from bot.channels.hotline.upstream import Upstream
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


class Recording(Protocol):
    """The recording of a call, where there is one. Nothing is kept before ``begin`` nor while it pauses."""

    def begin(self) -> None: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class Session:
    """One call. Whoever answered it awaits :meth:`run` and then tells the telephone system what is next."""

    def __init__(
        self,
        line: Line,
        upstream: Upstream,
        prompts: PromptBook,
        ears: Callable[[int], object],
        *,
        recording: Recording | None = None,
        pace: Pace = Pace(),  # noqa: B008 - frozen
    ) -> None:
        """Args: ``ears`` makes an ``EndPointer`` for a rate in Hz."""

    async def run(self) -> Ended:
        """Talk until the call is over; greets at once. Never raises but when it is cancelled: what goes wrong ends at a
        person. Does not hang the line up: the caller of this does, once it knows what is next."""
        raise NotImplementedError
