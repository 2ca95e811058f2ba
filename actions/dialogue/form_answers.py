"""Finds the answer to a form's question in a message, of a voice message in all its readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.dialogue import words
from actions.dialogue.form_spec import FREE_TEXT, FormSpec, Rejected, Values
from actions.dialogue.turn import Option, Reading, Turn, meant, payload
from actions.dialogue.values import is_question
from actions.texts import talk as say

AGREED = 0.6
"""Share of the readings that must give the same value; the threshold for intents (``nlu.components.understanding``)."""
WORTH = 0.3
"""A value that fewer speak for is no answer when the likeliest reading gives none."""


def whole(spec: FormSpec, asked: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
    """Slots filled by a message that is nothing but an answer.

    Of a voice message the readings that give a value decide: most of them agree, or the two likeliest values are
    read back. What only an unlikely reading says is no answer.
    """
    likeliest = spec.whole(asked, turn, values)
    if len(turn.readings) < 2:
        return likeliest
    given: dict[str, tuple[float, Reading, Values]] = {}
    for reading in turn.readings:
        said = turn.saying(reading.text, intent=reading.intent, confidence=reading.confidence)
        value = spec.whole(asked, said, values)
        if isinstance(value, dict) and value:
            key = json.dumps(value, sort_keys=True, default=str)
            share, first, _ = given.get(key, (0.0, reading, value))
            given[key] = share + reading.share, first, value
    ranked = sorted(given.values(), key=lambda item: -item[0])
    total = sum(share for share, _, _ in ranked)
    if not ranked or (not likeliest and total < WORTH):
        return likeliest
    if len(ranked) > 1 and ranked[0][0] / total < AGREED:
        choices = tuple(Option(reading.text, meant("inform", reading.text)) for _, reading, _ in ranked[:2])
        none = Option(say.NONE_OF_THESE, payload("nlu_fallback"))
        return Rejected(say.WHICH_HEARD, (*choices, none), yes_or_no=False)
    return ranked[0][2]


def divided(turn: Turn) -> bool:
    """Whether one likely reading says yes and another no: then neither counts."""
    likely = [reading.text for reading in turn.readings if reading.share >= WORTH]
    return any(words.yes(text) for text in likely) and any(words.no(text) for text in likely)


def others(spec: FormSpec, turn: Turn, values: Mapping[str, Any]) -> Values:
    """Missing slots that the message fills although another was asked for: 我叫王二娃，住赵家村."""
    if is_question(turn.words):
        return {}
    found = spec.opening(turn)
    taken = {slot: value for slot, value in found.items() if values.get(slot) is None and slot not in FREE_TEXT}
    return taken if any(slot in spec.slots for slot in taken) else {}


def meaning(turn: Turn, said: str) -> Turn:
    """``turn`` as if only its part ``said`` had been said."""
    return replace(turn, text=said, entities=tuple(e for e in turn.entities if e.text in said), readings=())
