"""An apology with the number under which the log knows what failed (``actions/problems.py``)."""

from __future__ import annotations

from actions.dialogue.turn import Message, Option, Turn
from actions.problems import noted
from actions.texts import talk as say
from actions.texts.say import Say, digits


def trouble(turn: Turn, what: str, error: Exception, told: Say | str, options: tuple[Option, ...] = ()) -> Message:
    """``told``, what the user is to know and do, and the number of the problem, by which people can find it.

    Args:
        what: failed, for the log.
    """
    number = noted(what, turn.id, error)
    said = (told if isinstance(told, Say) else Say(told)) + Say(
        say.PROBLEM.format(number=number), say.PROBLEM.format(number=digits(number))
    )
    return Message(said.text, said.spoken, options=options, kind="error")
