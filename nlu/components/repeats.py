"""Messages that come a second time: which were seen, and what the conversation answered to one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered

REMEMBERED = 10_000
"""Messages a process remembers having been given; older repeats are named by the gateway (``again``)."""


class Seen:
    """The newest message ids."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def before(self, sender_id: str, message_id: str) -> bool:
        """Whether the message was seen; it is from now on."""
        key = (sender_id, message_id)
        if key in self._ids:
            return True
        self._ids[key] = None
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        return False


async def answered(
    store: TrackerStore, sender_id: str, message_id: str
) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """Parse data and messages of the turn that this message made.

    None when the conversation does not hold the message, or holds no words in answer to it (the action server
    could not be reached): then it has to be run.
    """
    tracker = await store.retrieve(sender_id)
    if tracker is None:
        return None
    messages: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            messages.insert(0, contract(event.message()))
        elif isinstance(event, UserUttered):
            if event.message_id == message_id:
                return (dict(event.parse_data), messages) if any(m["text"] for m in messages) else None
            messages = []
    return None


def contract(message: Mapping[str, Any]) -> dict[str, Any]:
    """One of Rasa's messages as the gateway reads it: text, buttons and custom part together."""
    buttons = [{"title": b["title"], "payload": b.get("payload") or b["title"]} for b in message.get("buttons") or []]
    return {"text": message.get("text") or "", "buttons": buttons, "custom": message.get("custom") or None}
