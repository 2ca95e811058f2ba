"""Options chosen in words or by position, where the message reached the dialogue as it was said."""

from __future__ import annotations

from collections.abc import Sequence

from actions.dialogue.turn import Option
from nlu.dialect import choices


def chosen(words: str, options: Sequence[Option]) -> Option | None:
    """The option that ``words`` point at: by title, number or position; ``None`` if none or unclear."""
    number = choices.chosen(words, [option.title for option in options])
    return None if number is None else options[number]
