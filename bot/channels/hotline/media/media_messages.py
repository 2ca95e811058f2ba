"""The control messages of Asterisk's ``chan_websocket``: JSON since 22.8, before that words; both are understood.

Source: Asterisk's documentation of the WebSocket channel driver, and ``chan_websocket`` of 22.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

MOST_CHARS = 8192
"""``MEDIA_START`` carries the channel's variables; nothing else is longer than a few hundred."""


@dataclass(frozen=True)
class Message:
    """What the other side says. ``fields``: strings and numbers as text; ``as_json``: how it was said."""

    event: str
    fields: dict[str, str] = field(default_factory=dict)
    as_json: bool = True


def parsed(text: str) -> Message | None:
    """A message, or None when it is none."""
    if len(text) > MOST_CHARS:
        return None
    if text.lstrip().startswith("{"):
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            return None
        event = data.get("event") if isinstance(data, dict) else None
        if not isinstance(event, str):
            return None
        plain = {key: str(value) for key, value in data.items() if isinstance(value, str | int)}
        return Message(event, plain)
    words = text.split()
    if not words or not words[0].isupper():
        return None
    fields: dict[str, str] = {}
    for word in words[1:]:
        key, colon, value = word.partition(":")
        fields.update({key: value} if colon else {"correlation_id": word})
    return Message(words[0], fields, as_json=False)


def command(name: str, correlation_id: str | None, *, as_json: bool) -> str:
    """What we say, in the manner of the other side."""
    if not as_json:
        return name if correlation_id is None else f"{name} {correlation_id}"
    return json.dumps({"command": name} | ({} if correlation_id is None else {"correlation_id": correlation_id}))
