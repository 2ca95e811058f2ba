"""What every chat's inbox may hold; a channel adds the kinds of its own. ``kind`` tells them apart in JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.schema import Reply


@dataclass(frozen=True)
class Text:
    text: str
    kind: Literal["text"] = "text"


@dataclass(frozen=True)
class News:
    """Not from a person but for one: what :meth:`bot.channels.base.Channel.deliver` was given."""

    replies: tuple[Reply, ...]
    kind: Literal["news"] = "news"
