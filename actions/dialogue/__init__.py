"""What the assistant does with an understood message: forms, answers, hand-offs (rasa_sdk actions).

``turn`` reads Rasa's tracker and writes replies, ``values`` reads slot values out of what people say, ``form`` leads
through a form, ``loan`` and ``bill`` are the two forms, the other modules answer one kind of question each, and
``registry`` lists everything for the action server. The outside world is reached only through ``ports``.
"""

from actions.dialogue.registry import build_actions

__all__ = ["build_actions"]
