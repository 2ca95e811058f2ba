"""What was understood of a loan application, said back to the applicant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.dialogue.turn import Message, Option, payload
from actions.texts import loan as say
from actions.texts.money import amount, area, term
from actions.texts.say import Say, digits, speakable
from nlu.dialect.entities import find_entities

NOTHING = "无"
"""``crop_or_livestock`` of somebody who grows and raises nothing."""
_GROW, _RAISE = ("种植", "种", "栽"), ("养殖", "养", "喂")
_VERBS = {"crop": _GROW, "livestock": _RAISE, "unknown": (*_GROW, *_RAISE)}
CONFIRM_OPTIONS = (
    Option(say.SUBMIT, payload("affirm")),
    Option(say.CHANGE, payload("correct_value")),
    Option(say.DROP, payload("cancel")),
)


def started(values: Mapping[str, Any]) -> Message:
    """The first sentence, with what the opening already told."""
    parts = _parts(values)
    text = Say(say.START)
    if parts:
        text = text + Say(say.NOTED) + _joined(parts) + Say("。")
    return Message(text.text, text.spoken, kind="form")


def read_back(values: Mapping[str, Any]) -> Message:
    """Everything, to be agreed to before it is submitted."""
    parts = _parts(values)
    more = say.CREDIT_TOLD[bool(values.get("loan_credit"))]
    if values.get("loan_plot") not in (None, "later"):
        more += say.PLOT_TOLD
    text = Say(say.READ_BACK) + _joined(parts) + Say("。") + Say(more) + Say(say.IS_IT_RIGHT)
    return Message(text.text, text.spoken, options=CONFIRM_OPTIONS, kind="confirm")


def each_once(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """``values`` to be told: who wants the money to grow what they grow is not told so twice."""
    same = _same_doing(values)
    return values if same is None else {**values, "loan_purpose": same, "crop_or_livestock": None}


def _parts(values: Mapping[str, Any]) -> list[Say]:
    told = each_once(values)
    return [_told(slot, told) for slot in say.LABEL if told.get(slot) is not None]


def _same_doing(values: Mapping[str, Any]) -> str | None:
    """The purpose, where it says what is grown or raised and nothing else; with the crop's usual name beside theirs."""
    purpose, crop = values.get("loan_purpose"), values.get("crop_or_livestock")
    verbs = _VERBS.get(str(values.get("loan_kind")), ())
    verb = next((verb for verb in verbs if str(purpose).startswith(verb)), None)
    if crop is None or verb is None:
        return None
    theirs = str(purpose).removeprefix(verb)
    if theirs == crop:
        return str(purpose)
    if [(found.text, found.value) for found in find_entities(theirs)] != [(theirs, crop)]:
        return None
    return say.SAME_CROP.format(purpose=purpose, crop=crop)


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
