"""What a message changes of what a form knows already: one value or several, named or corrected."""

from __future__ import annotations

import re

from actions.dialogue import form_answers, words
from actions.dialogue.form_spec import DIGRESSIONS, SURE, FormSpec, Values
from actions.dialogue.turn import Turn
from actions.dialogue.values import is_question
from nlu.dialect.digits import digit_runs


def corrected(spec: FormSpec, turn: Turn, values: Values) -> Values:
    """What the message changes of what is known; nothing if it says the same again."""
    known = {name: value for name, value in values.items() if value is not None}
    changed = _correction(spec, turn, known)
    for clause in _clauses(turn.words):  # several at once: 电话错了，是139…，时间改成三年
        if words.corrects(clause) or spec.named(clause):
            changed = {**changed, **_correction(spec, form_answers.meaning(turn, clause), known)}
    return changed if any(values.get(slot) != changed[slot] for slot in changed if slot in spec.slots) else {}


def may_change(turn: Turn) -> bool:
    """Whether a message at the confirmation may name another value: no question, no other matter."""
    if words.corrects(turn.words) or turn.intent == "correct_value":
        return True
    other = turn.intent in DIGRESSIONS and turn.confidence >= SURE and not digit_runs(turn.words, shortest=5)
    return not is_question(turn.words) and not other


def _correction(spec: FormSpec, turn: Turn, known: Values) -> Values:
    said = words.correction(turn.words)
    return spec.correction(said, turn, known) if said else {}


def _clauses(text: str) -> list[str]:
    """The parts of a sentence, if it has several."""
    parts = [part for part in re.split(r"[，,。；;！!\s]+", text.strip()) if part]
    joined: list[str] = []
    for part in parts:  # 名字错了，刘大友: what is wrong and what it is belong together
        if joined and words.only_changes(joined[-1]):
            joined[-1] += f"，{part}"
        else:
            joined.append(part)
    return joined if len(parts) > 1 else []
