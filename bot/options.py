"""Numbered options: which one does the user mean?

Every choice can be given by its number (typed, keyed or spoken), by its position, or by its own words
(``nlu.dialect.choices``). What fits no option is an ordinary message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nlu.dialect import choices


@dataclass(frozen=True)
class OfferedOption:
    """An option the bot offered: what the user sees, and what Rasa gets when it is chosen."""

    key: str
    title: str
    payload: str


def read_out(text: str, options: Sequence[tuple[str, str]]) -> str:
    """``text`` for the ear, followed by its options, (key, title) each."""
    return f"{text.rstrip('。')}{_choices(options)}" if options else text


def without_options(spoken: str, options: Sequence[tuple[str, str]]) -> str:
    """What :func:`read_out` was given, with a stop at its end."""
    choices = _choices(options)
    if not options or not spoken.endswith(choices):
        return spoken
    text = spoken.removesuffix(choices)
    return text if text.endswith(("？", "！")) else f"{text}。"


def _choices(options: Sequence[tuple[str, str]]) -> str:
    return f"。请您选：{'。'.join(f'{key}，{title}' for key, title in options)}。"


def choose(text: str, offered: tuple[OfferedOption, ...]) -> OfferedOption | None:
    """The option that ``text`` means, or None when it means none of them.

    Args:
        text: what the user typed, keyed or said.
        offered: the options of the bot's last message, numbered from 1 in their order.
    """
    number = choices.chosen(text, [option.title for option in offered])
    return None if number is None else offered[number]
