"""What was understood of a loan application, said back to the applicant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.dialogue.turn import Message, Option, payload
from actions.texts import loan as say
from actions.texts.money import amount, area, term
from actions.texts.say import Say, digits, speakable

NOTHING = "无"
"""``crop_or_livestock`` of somebody who grows and raises nothing."""
CONFIRM_OPTIONS = (
    Option(say.SUBMIT, payload("affirm")),
    Option(say.CHANGE, payload("correct_value")),
    Option(say.DROP, payload("cancel")),
)


def started(values: Mapping[str, Any]) -> Message:
    """The first sentence, with what the opening already told."""
    parts = [_told(slot, values) for slot in say.LABEL if values.get(slot) is not None]
    text = Say(say.START)
    if parts:
        text = text + Say(say.NOTED) + _joined(parts) + Say("。")
    return Message(text.text, text.spoken, kind="form")


def read_back(values: Mapping[str, Any]) -> Message:
    """Everything, to be agreed to before it is submitted."""
    parts = [_told(slot, values) for slot in say.LABEL if values.get(slot) is not None]
    more = say.CREDIT_TOLD[bool(values.get("loan_credit"))]
    if values.get("loan_plot") not in (None, "later"):
        more += say.PLOT_TOLD
    text = Say(say.READ_BACK) + _joined(parts) + Say("。") + Say(more) + Say(say.IS_IT_RIGHT)
    return Message(text.text, text.spoken, options=CONFIRM_OPTIONS, kind="confirm")


def _told(slot: str, values: Mapping[str, Any]) -> Say:
    value = values[slot]
    label = say.LABEL[slot]
    if slot == "loan_amount":
        return Say(label) + amount(int(value))
    if slot == "loan_term":
        return Say(label + term(int(value)))
    if slot == "loan_area":
        return Say(label) + area(float(value))
    if slot == "applicant_phone":
        return Say(label + str(value), label + digits(str(value)))
    if slot == "crop_or_livestock":
        doing = say.DOING.get(str(values.get("loan_kind")), label)
        return Say(say.NEITHER if value == NOTHING else doing + str(value))
    return Say(label + str(value), speakable(label + str(value)))


def _joined(parts: list[Say]) -> Say:
    return Say("，".join(part.text for part in parts), "，".join(part.spoken or part.text for part in parts))
