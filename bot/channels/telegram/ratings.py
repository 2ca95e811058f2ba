"""Buttons below an answer: was it of use, and if not, why."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bot.channels.telegram import texts
from bot.channels.telegram.outgoing import Row, option_rows, rated, rating_row
from bot.people.feedback import Feedback, Reason
from bot.people.texts import REASONS
from bot.schema import Turn
from bot.store import GatewayStore

_REASONS = tuple(Reason)


@dataclass(frozen=True)
class Pressed:
    """What is told quickly, and the buttons from now on; None: they stay."""

    told: str
    rows: list[Row] | None


@dataclass(frozen=True)
class Ratings:
    """Presses are kept with those of the other channels; one repeated changes nothing more."""

    store: GatewayStore
    feedback: Feedback

    @staticmethod
    def holds(choice: str) -> bool:
        """Whether a button's choice rates; an option's is its number."""
        return choice[:1] in ("+", "-") and (choice[1:] == "" or (choice[1:].isdigit() and choice[0] == "-"))

    async def pressed(self, conversation: str, turn_id: str, choice: str) -> Pressed:
        """Keep what a button of an answer says."""
        useful = choice == "+"
        number = int(choice[1:] or 0)
        reason = _REASONS[number - 1] if 0 < number <= len(_REASONS) else None
        if not await self.feedback.rate(conversation, turn_id, useful, reason):
            return Pressed(texts.NOT_RATED, None)
        rows = [*await self._options(conversation, turn_id), rating_row(turn_id, chosen=choice[:1])]
        if useful or reason:
            return Pressed(texts.RATED if useful else texts.REASON_KEPT, rows)
        why = [(REASONS[one], f"{turn_id}:-{n}") for n, one in enumerate(_REASONS, start=1)]
        return Pressed(texts.WHY_NOT, [*rows, *([button] for button in why)])

    async def _options(self, conversation: str, turn_id: str) -> list[Row]:
        """The options that stand above, while they can still be chosen."""
        question = await asyncio.to_thread(self.store.question_of, conversation)
        kept = await asyncio.to_thread(self.store.turn, conversation, turn_id)
        reply = rated(Turn.model_validate_json(kept)) if kept and question.turn_id == turn_id else None
        return option_rows(reply, turn_id) if reply else []
