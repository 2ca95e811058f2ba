"""What an answer looks like on Telegram: a list of messages that is the same each time it is made of the same turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram import texts
from bot.people.feedback import ASKED_ABOUT
from bot.schema import Reply, Turn

_MOST_CHARS = 3500
"""Of a message; Telegram takes 4096 code units, of which characters outside the basic plane use two."""
_MOST_BUTTON_CHARS = 60
_PICTURE = re.compile(r"/media/([A-Za-z0-9_-]{22})\.png")
_KEY = re.compile(r"/audio/([A-Za-z0-9_-]{22})\.ogg")

Keyboard = InlineKeyboardMarkup
Row = Sequence[tuple[str, str]]
"""Buttons side by side: (text, data)."""


@dataclass(frozen=True)
class Words:
    """A text message, with buttons below it."""

    text: str
    keyboard: Keyboard | None = None


@dataclass(frozen=True)
class Spoken:
    """A voice message; ``key`` of the text that it says."""

    key: str


@dataclass(frozen=True)
class Picture:
    """A picture that shows what the text after it says; ``key`` as in its address, ``alt`` in words."""

    key: str
    alt: str | None


@dataclass(frozen=True)
class Remove:
    """Takes the user's own message out of the chat, and says why."""

    message_id: int


Piece = Words | Spoken | Picture | Remove


def keyboard(rows: Sequence[Row]) -> Keyboard:
    """Buttons from rows."""
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(text, callback_data=data) for text, data in row] for row in rows]
    )


def pieces(turn: Turn, public_url: str | None, *, spoken: bool) -> list[Piece]:
    """The messages that show a turn; ``public_url`` of the gateway makes its own pages reachable."""
    asked = rated(turn)
    return [
        piece
        for reply in turn.replies
        for piece in _pieces(reply, turn.turn_id, public_url, spoken, rate=reply is asked)
    ]


def rated(turn: Turn) -> Reply | None:
    """The reply of a turn below which people are asked what it was worth."""
    return next((reply for reply in turn.replies if reply.kind in ASKED_ABOUT), None)


def option_rows(reply: Reply, turn_id: str) -> list[Row]:
    """The buttons of a reply's options."""
    return [[(f"{o.key}. {o.title}"[:_MOST_BUTTON_CHARS], f"{turn_id}:{o.key}")] for o in reply.options]


def rating_row(turn_id: str, chosen: str = "") -> Row:
    """The two buttons that rate an answer; ``chosen``: ``+`` or ``-``."""
    return [
        (f"{'✅' if sign == chosen else mark} {word}", f"{turn_id}:{sign}")
        for sign, (mark, word) in {"+": ("👍", texts.USEFUL), "-": ("👎", texts.USELESS)}.items()
    ]


def news(replies: Sequence[Reply], public_url: str | None, *, spoken: bool) -> list[Piece]:
    """The messages that show what was not asked for."""
    return [piece for reply in replies for piece in _pieces(reply, None, public_url, spoken)]


def _pieces(
    reply: Reply, turn_id: str | None, public_url: str | None, spoken: bool, *, rate: bool = False
) -> Iterator[Piece]:
    picture = _PICTURE.fullmatch(reply.image or "")
    if picture is not None:
        yield Picture(picture.group(1), reply.image_alt)
    lines = [reply.text]
    for source in reply.sources:
        lines.append(texts.SOURCE.format(title=source.title) + (f"\n{source.url}" if source.url else ""))
    if reply.link and reply.link.startswith("/"):
        lines.append(f"{public_url}{reply.link}" if public_url else texts.NO_PAGE)
    elif reply.link:
        lines.append(reply.link)
    rows = option_rows(reply, turn_id) if turn_id is not None else []
    if turn_id is not None and rate:
        rows.append(rating_row(turn_id))
    *first, last = list(_cut("\n\n".join(lines)))
    for text in first:
        yield Words(text)
    yield Words(last, keyboard(rows) if rows else None)
    key = _KEY.fullmatch(reply.audio or "")
    if spoken and key is not None:
        yield Spoken(key.group(1))


def _cut(text: str) -> Iterator[str]:
    """``text`` in pieces that Telegram takes, cut after sentences or lines where there are some."""
    while len(text) > _MOST_CHARS:
        ends = max(text.rfind(mark, 0, _MOST_CHARS) for mark in "\n。！？")
        cut = ends + 1 if ends > _MOST_CHARS // 2 else _MOST_CHARS
        yield text[:cut].strip()
        text = text[cut:]
    yield text.strip() or "…"
