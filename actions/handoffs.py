"""Hand-offs: a user wants (or needs) a person; the wish gets a number and waits for staff."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from actions.ledger.ledger import Ledger


class HandOffs:
    """Registers wishes to talk to a person."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def request(self, sender: str, reason: str) -> str:
        """Register the wish and return its number (digits, to be told to the user).

        A sender whose earlier wish is still open gets the same number again.

        Raises:
            LedgerUnavailable: it is not certain that it was stored; asking again finds out.
        """
        return await asyncio.to_thread(self._ledger.request_hand_off, sender, reason)
