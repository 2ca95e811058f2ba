# ruff: noqa: ARG002 - the methods of one protocol
"""The loan application: what is asked, how answers are read, and the hand-over to people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from actions import plots
from actions.dialogue import crops, loan_summary, persons, words
from actions.dialogue import loan_reading as reading
from actions.dialogue import values as read
from actions.dialogue.form_spec import DIGRESSIONS, FORM_OF, SURE, Rejected, Values
from actions.dialogue.guard import GUARD, signs_of
from actions.dialogue.loan_summary import NOTHING
from actions.dialogue.ports import Loans
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Entity, Message, Option, Turn, payload
from actions.errors import ActionsError, KeyDropped
from actions.loans import LoanApplication
from actions.texts import forms
from actions.texts import loan as say
from actions.texts.say import Say, digits
from nlu.dialect.entities import find_entities

SHORTEST_PHONE = 5
"""Fewer digits are no telephone number said badly but something else (2年)."""
NOT_NAMES = (DIGRESSIONS - {"greet", "out_of_scope", "human_agent"}) | set(FORM_OF)
"""A short message that clearly means one of these is no bare name (查进度 could be one)."""


class LoanForm:
    """The loan application as a :class:`actions.dialogue.form.FormSpec`."""

    intent = "apply_loan"
    task = say.TASK
    slots: tuple[str, ...] = (
        "loan_amount",
        "loan_purpose",
        "crop_or_livestock",
        "loan_area",
        "loan_term",
        "applicant_name",
        "applicant_phone",
        "applicant_village",
        "loan_plot",
        "loan_consent",
        "loan_credit",
        "loan_confirm",
    )
    extras: tuple[str, ...] = ("loan_kind", "loan_plot_wanted", GUARD)
    confirm = "loan_confirm"

    def __init__(self, loans: Loans) -> None:
        self._loans = loans

    def required(self, values: Mapping[str, Any]) -> list[str]:
        """All slots; the area only for crops, the outline of the plot only when it is wanted."""
        left_out = set() if values.get("loan_kind") in ("crop", "unknown") else {"loan_area"}
        left_out |= set() if values.get("loan_plot_wanted") else {"loan_plot"}
        return [slot for slot in self.slots if slot not in left_out]

    def opening(self, turn: Turn) -> Values:
        """我是赵家村的王二娃，想贷五万种苞谷，两年: amount, purpose, crop, term, name, village."""
        text = turn.words or str(turn.first("question") or "")  # of an option that carries what was said
        if not text:
            return {}
        if not turn.words:
            found_now = [Entity(item.entity, item.value, item.text) for item in find_entities(text)]
            turn = replace(turn, entities=tuple(found_now))
        found = reading.measures(text)
        found.update(reading.crop_of(turn))
        found["loan_purpose"] = persons.purpose_in(text)
        found["applicant_name"] = persons.said_name(text)
        found["applicant_village"] = persons.find_village(text)
        return {name: value for name, value in found.items() if value is not None}

    def whole(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """See :class:`FormSpec`."""
        text = turn.words
        if slot == "loan_plot" or plots.looks_like(text):
            return reading.plot(text)
        if slot == "loan_amount":
            return reading.doubtful_amount(text) or reading.checked_amount(read.whole_amount(text))
        if slot == "loan_term":
            return reading.checked_term(read.whole_term(text))
        if slot == "loan_area":
            return reading.checked_area(read.whole_area(text), text)
        if slot == "applicant_phone":
            number = read.whole_digits(text)
            return reading.checked_phone(number if number and len(number) >= SHORTEST_PHONE else None)
        if slot == "loan_purpose":
            found = persons.purpose(text)
            return None if found is None else {"loan_purpose": found, **reading.crop_if_told(turn, text)}
        if slot == "crop_or_livestock":
            return reading.whole_crop(turn, text)
        if slot == "applicant_name":
            name = persons.whole_name(text)
            other = turn.intent in NOT_NAMES and turn.confidence >= SURE and persons.said_name(text) is None
            return None if name is None or other else {"applicant_name": name}
        if slot == "applicant_village":
            village = persons.whole_village(text)
            return None if village is None else {"applicant_village": village}
        if slot == "loan_consent" and words.yes(text):
            return {"loan_consent": True}
        if slot == "loan_credit" and re.search("(?:不|莫|别|甭)(?:要|想|用|让)?(?:他们|你们)?查", text):
            return None if read.is_question(text) else {"loan_credit": False}
        if slot == "loan_credit" and (words.yes(text) or words.no(text)):
            return {"loan_credit": words.yes(text)}
        return None

    def loose(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """See :class:`FormSpec`."""
        text = turn.words
        found: Values = {name: value for name, value in reading.measures(text).items() if values.get(name) is None}
        if slot == "loan_purpose" and not read.is_question(text):
            purpose = persons.purpose_in(text) or persons.loose_purpose(text)
            if purpose is not None:
                found = {**found, "loan_purpose": purpose, **reading.crop_if_told(turn, text)}
        elif slot == "crop_or_livestock" and not read.is_question(text):
            crop = reading.crop_of(turn)
            if not crop and not found and (unknown := crops.unknown(text)):
                return crops.ask_back(*unknown)
            found.update(crop)
        elif slot == "applicant_name":
            name = persons.said_name(text) or turn.first("name")
            if name is None and turn.intent == "inform":
                name = persons.loose_name(text)
            if isinstance(name, str) and not read.is_question(text):
                found["applicant_name"] = name
        elif slot == "applicant_village":
            village = persons.find_village(text) or (
                persons.loose_village(text) if turn.intent in ("inform", "nlu_fallback") else None
            )
            if village is not None and not read.is_question(text):
                found["applicant_village"] = village
        elif slot == "loan_consent" and turn.intent == "affirm" and not words.no(text):
            found["loan_consent"] = True
        elif slot == "loan_credit" and turn.intent in ("affirm", "deny"):
            found["loan_credit"] = turn.intent == "affirm" and not words.no(text)
        elif slot == "applicant_phone" and not found.get("applicant_phone"):
            typed = "".join(filter(str.isdigit, text))
            rejected = reading.checked_phone(typed) if len(typed) >= SHORTEST_PHONE else None
            if isinstance(rejected, Rejected):
                return rejected
        for name, check in (("loan_amount", reading.checked_amount), ("loan_term", reading.checked_term)):
            if name in found and isinstance(refused := check(found[name]), Rejected):
                if name == slot:
                    return refused
                del found[name]
        return found or None

    def correction(self, said: str, turn: Turn, values: Mapping[str, Any]) -> Values:
        """The known slot that ``said`` fits: by its unit or shape, by a named field first."""
        for slot, label in say.LABEL.items():
            for word in (label, *_ALSO.get(slot, ())):
                if word in turn.words and slot in values:
                    value = re.sub(rf"^{word}(?:就|应该)?是", "", said)
                    new = (
                        reading.told_crop(turn, value)
                        if slot == "crop_or_livestock"
                        else self.whole(slot, _saying(turn, value), values)
                    )
                    if isinstance(new, dict) and new and new.get("loan_kind") != "none":
                        return new
        for slot in ("applicant_phone", "loan_term", "loan_area", "loan_amount"):
            if slot not in values or (slot == "loan_area" and not any(unit in said for unit in ("亩", "分", "公顷"))):
                continue
            if slot == "applicant_phone" and not read.is_phone(read.whole_digits(said) or ""):
                continue
            new = self.whole(slot, _saying(turn, said), values)
            if isinstance(new, dict) and new.get("loan_kind") != "none":
                return new
        measured = {name: value for name, value in reading.measures(said).items() if name in values}
        if measured:
            return measured
        if "applicant_name" in values and persons.said_name(turn.words):
            return {"applicant_name": persons.said_name(turn.words)}
        if "applicant_village" in values and persons.whole_village(said):
            return {"applicant_village": persons.whole_village(said)}
        if "crop_or_livestock" in values and (crop := reading.told_crop(turn, said)):
            return crop
        if "applicant_name" in values and (name := persons.whole_name(said)):
            return {"applicant_name": name}
        purpose = persons.purpose(said)
        if "loan_purpose" in values and purpose and not purpose.startswith(("种", "养")):  # those may mean the crop
            return {"loan_purpose": purpose}
        return {}

    def named(self, said: str) -> str | None:
        """See :class:`FormSpec`."""
        labels = ((slot, (label, *_ALSO.get(slot, ()))) for slot, label in say.LABEL.items())
        return next((slot for slot, words_ in labels if any(word in said for word in words_)), None)

    def where(self, slot: str, said: str) -> str | None:
        """Everybody knows these."""
        return None

    def not_changed(self, turn: Turn) -> str:
        """A sum that is no single figure of yuan is said to be so."""
        doubtful = reading.doubtful_amount(words.correction(turn.words))
        return forms.NOT_CHANGED if doubtful is None else doubtful.why

    def field(self, slot: str, value: str) -> Values | None:
        """A pressed option."""
        if slot == "loan_purpose" and value in say.PURPOSES:
            return {slot: value}
        if slot == "loan_term" and value.isdigit() and 0 < int(value) <= reading.MOST_MONTHS:
            return {slot: int(value)}
        if slot == "crop_or_livestock" and value == NOTHING:
            return {slot: NOTHING, "loan_kind": "none", "loan_area": None}
        if slot == "crop_or_livestock":
            return crops.chosen(value)
        if slot == "loan_consent" and value == "yes":
            return {slot: True}
        if slot == "loan_credit" and value in ("yes", "no"):
            return {slot: value == "yes"}
        if slot == "loan_plot" and value == reading.LATER:
            return {slot: reading.LATER}
        return None

    def cleared(self, slot: str) -> Values:
        """A changed crop takes its area along."""
        if slot == "crop_or_livestock":
            return {slot: None, "loan_kind": None, "loan_area": None}
        return {slot: None, "loan_plot_wanted": True} if slot == "loan_plot" else {slot: None}

    def ask(self, slot: str, values: Mapping[str, Any]) -> Message:
        """The question for ``slot``, with its options."""
        if slot == self.confirm:
            return loan_summary.read_back(values)
        choices: list[Option] = []
        if slot == "loan_purpose":
            choices = [Option(title, payload("inform", field=slot, value=title)) for title in say.PURPOSES]
        elif slot == "loan_term":
            choices = [Option(title, payload("inform", field=slot, value=str(months))) for months, title in say.TERMS]
        elif slot == "crop_or_livestock":
            choices = [Option(say.NEITHER, payload("inform", field=slot, value=NOTHING))]
        elif slot == "loan_consent":
            choices = [
                Option(say.AGREE, payload("inform", field=slot, value="yes")),
                Option(say.DISAGREE, payload("deny")),
            ]
        elif slot == "loan_credit":
            choices = [
                Option(say.AGREE, payload("inform", field=slot, value="yes")),
                Option(say.DISAGREE, payload("inform", field=slot, value="no")),
            ]
        elif slot == "loan_plot":
            choices = [Option(say.PLOT_LATER, payload("inform", field=slot, value=reading.LATER))]
        question = say.ASK[slot]
        if slot == "loan_area" and values.get("loan_kind") == "unknown":
            question = say.ASK_AREA_OR_NONE
        return Message(question, options=tuple(choices), kind="form")

    def hint(self, slot: str) -> str:
        """See :class:`FormSpec`."""
        return say.HINT[slot]

    def change_options(self, values: Mapping[str, Any]) -> tuple[Option, ...]:
        """One option a filled slot, and one that drops the application."""
        filled = [slot for slot in say.LABEL if values.get(slot) is not None]
        changes = [Option(say.LABEL[slot], payload("correct_value", field=slot)) for slot in filled]
        if values.get("loan_kind") == "crop":
            changes.append(Option(say.ADD_PLOT, payload("correct_value", field="loan_plot")))
        return (*changes, Option(say.DROP, payload("cancel")))

    def started(self, values: Mapping[str, Any]) -> Message | None:
        """What the opening sentence already told, said back."""
        return loan_summary.started(values)

    async def arrived(self, turn: Turn, values: Values) -> tuple[list[Message], Values | None]:
        """Nothing to look up."""
        return [], {}

    async def refused(self, slot: str, turn: Turn) -> list[Message] | None:
        """No consent: nothing is sent, nothing is kept."""
        return [Message(say.NOT_AGREED, kind="cancelled")] if slot == "loan_consent" else None

    async def agreed(self, turn: Turn, values: Values, key: str) -> tuple[list[Message], bool]:
        """Submit once; the same key gives the same case, so a second try after an error is safe."""
        has_crop = values["crop_or_livestock"] != NOTHING
        application = LoanApplication(
            sender=turn.sender,
            amount_fen=int(values["loan_amount"]),
            purpose=str(values["loan_purpose"]),
            crop_or_livestock=str(values["crop_or_livestock"]) if has_crop else None,
            area_mu=None if values.get("loan_area") is None else Decimal(str(values["loan_area"])),
            term_months=int(values["loan_term"]),
            name=str(values["applicant_name"]),
            phone=str(values["applicant_phone"]),
            village=str(values["applicant_village"]),
            region=turn.region or "national",
            consent=bool(values["loan_consent"]),
            credit_consent=bool(values["loan_credit"]),
            plot=None if values.get("loan_plot") in (None, reading.LATER) else str(values["loan_plot"]),
            signs=signs_of(values),
        )
        try:
            case = await self._loans.submit(application, key)
        except KeyDropped as error:
            return [Message(error.message, kind="cancelled")], True
        except ActionsError as error:
            told = error.message + say.TRY_AGAIN
            return [trouble(turn, "loan submit", error, told, loan_summary.CONFIRM_OPTIONS)], False
        except Exception as error:  # noqa: BLE001 - unknown outcome: the key makes the next try safe
            return [trouble(turn, "loan submit", error, say.FAILED, loan_summary.CONFIRM_OPTIONS)], False
        texts = {"state": case.state_text, "when": case.note if case.state == "in_review" else say.WHEN_LATER}
        template = say.AGAIN if case.again else say.DONE
        done = Say(template.format(case=case.id, **texts), template.format(case=digits(case.id), **texts))
        note = Message(say.FRAUD_NOTE, say.FRAUD_NOTE_SPOKEN, kind="warning")
        extra = {"case_step": case.step}
        return [Message(done.text, done.spoken, case_id=case.id, kind="case", extra=extra), note], True


_ALSO = {
    "loan_amount": ("钱数", "贷"),
    "loan_term": ("期限", "时长", "年限"),
    "applicant_name": ("名字", "叫"),
    "applicant_phone": ("手机", "号码"),
    "applicant_village": ("住", "村"),
    "loan_area": ("亩",),
    "crop_or_livestock": ("种", "养"),
}
"""Other words people use for a field."""


def _saying(turn: Turn, said: str) -> Turn:
    """``turn`` as if only ``said`` had been said."""
    return replace(turn, text=said)
