"""Numbered options: which one does the user mean?

Every choice can be given by its number (typed, keyed or spoken), by its position, or by its own words
(``nlu.dialect.choices``). What fits no option is an ordinary message.
"""

from __future__ import annotations

from dataclasses import dataclass

from nlu.dialect import choices


@dataclass(frozen=True)
class OfferedOption:
    """An option the bot offered: what the user sees, and what Rasa gets when it is chosen."""

    key: str
    title: str
    payload: str


def choose(text: str, offered: tuple[OfferedOption, ...]) -> OfferedOption | None:
    """The option that ``text`` means, or None when it means none of them.

    Args:
        text: what the user typed, keyed or said.
        offered: the options of the bot's last message, numbered from 1 in their order.
    """
    number = choices.chosen(text, [option.title for option in offered])
    return None if number is None else offered[number]
