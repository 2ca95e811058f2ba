"""Privacy for tests whose subject it is not: nobody is told anything."""

from __future__ import annotations

from typing import Any

from bot.privacy import Privacy
from bot.rasa import RasaClient
from bot.store import GatewayStore


class NoCases:
    """An action server at which this sender has nothing; remembers who was to be forgotten."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def list(self, sender: str | None, limit: int) -> Any:
        return {"cases": []}

    async def forget(self, sender: str) -> None:
        self.forgotten.append(sender)


def silent(store: GatewayStore, rasa: RasaClient) -> Privacy:
    return Privacy(store, rasa, NoCases(), frozenset())
