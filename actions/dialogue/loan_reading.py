"""Reads the values of a loan application out of what people say: sums, terms, areas, crops, outlines of plots."""

from __future__ import annotations

import re

from actions import plots
from actions.dialogue import persons, words
from actions.dialogue import values as read
from actions.dialogue.form_spec import Rejected, Values
from actions.dialogue.loan_summary import NOTHING
from actions.dialogue.turn import Turn
from actions.texts import loan as say
from actions.texts.money import amount, area, term
from nlu.dialect import lexicon, numbers

LEAST_FEN, MOST_FEN = 1_000_00, 10_000_000_00
"""Outside this range an amount was probably misheard and is asked again; it is no limit of any loan."""
MOST_MONTHS, MOST_MU = 360, 100_000
LATER = "later"
"""``loan_plot`` of somebody who brings the outline another time."""


def measures(text: str) -> Values:
    """Amount, term, area and phone, each by its unit or shape."""
    found: Values = {}
    text = read.plain_money(text)
    terms, areas, phones = numbers.find_terms(text), numbers.find_areas(text), numbers.find_phones(text)
    taken = [(item.start, item.end) for item in (*terms, *areas, *phones)]
    amounts = [
        item
        for item in numbers.find_amounts(text)
        if not any(item.start < end and start < item.end for start, end in taken)
    ]
    amounts = [item for item in amounts if not item.negated]
    if read.is_foreign(text) or read.is_negative(text) or any(item.approximate for item in amounts):
        amounts = []
    if len(amounts) == 1 and LEAST_FEN <= int(amounts[0].value) <= MOST_FEN:
        found["loan_amount"] = int(amounts[0].value)
    if len(terms) == 1 and 0 < int(terms[0].value) <= MOST_MONTHS:
        found["loan_term"] = int(terms[0].value)
    if len(areas) == 1 and 0 < float(areas[0].value) <= MOST_MU:
        found["loan_area"] = float(areas[0].value)
    if len(phones) == 1 and read.is_phone(str(phones[0].value)):
        found["applicant_phone"] = str(phones[0].value)
    return found


def crop_of(turn: Turn) -> Values:
    """The crop or livestock the extractor found, if it is the only one."""
    crops = {str(entity.value): entity.kind for entity in turn.entities if entity.kind in ("crop", "livestock")}
    if len(crops) != 1:
        return {}
    name, kind = next(iter(crops.items()))
    return {"crop_or_livestock": name, "loan_kind": kind, **({"loan_area": None} if kind == "livestock" else {})}


def crop_if_told(turn: Turn, text: str) -> Values:
    """The crop or livestock, if the text says that it is grown or raised."""
    return crop_of(turn) if any(verb in text for verb in ("种", "养", "栽", "喂", "育")) else {}


def whole_crop(turn: Turn, text: str) -> Values | None:
    """What is grown or raised, or that nothing is, as the whole answer."""
    if persons.says_none(text):
        return {"crop_or_livestock": NOTHING, "loan_kind": "none", "loan_area": None}
    return told_crop(turn, text)


def told_crop(turn: Turn, text: str) -> Values | None:
    """A known crop or livestock that ``text`` names and nothing else."""
    if read.is_question(text):
        return None
    bare = read.core(text).strip()
    for verb in ("种植", "养殖", "种", "养", "喂", "栽"):
        bare = bare.removeprefix(verb)
    for kind in ("crop", "livestock"):
        names = {entity.text: str(entity.value) for entity in turn.entities if entity.kind == kind}
        name = lexicon.terms(kind).get(bare) or names.get(bare)
        if name is None and bare in names.values():
            name = bare
        if name is not None:
            area = {"loan_area": None} if kind == "livestock" else {}
            return {"crop_or_livestock": name, "loan_kind": kind, **area}
    return None


def plot(text: str) -> Values | Rejected | None:
    """The outline of a plot as GeoJSON, or that it comes later."""
    if plots.looks_like(text):
        try:
            return {"loan_plot": plots.outline(text)}
        except plots.PlotInvalid as error:
            return Rejected(error.message)
    return {"loan_plot": LATER} if words.no(text) or words.later(text) or persons.says_none(text) else None


def doubtful_amount(text: str) -> Rejected | None:
    """An answer that is no single sum of yuan: the reason is said."""
    said = read.plain_money(text)
    if read.is_question(re.sub("几", "", said)) or len(said) > 20 or numbers.find_areas(said):
        return None
    if read.is_foreign(said):
        return Rejected(say.ONLY_YUAN)
    if read.is_negative(said):
        return Rejected(say.HINT["loan_amount"])
    return Rejected(say.AMOUNT_VAGUE) if read.is_vague_amount(said) else None


def checked_amount(fen: int | None) -> Values | Rejected | None:
    """A sum within bounds, in fen; otherwise why not."""
    if fen is None:
        return None
    if not LEAST_FEN <= fen <= MOST_FEN:
        return Rejected(say.AMOUNT_ODD.format(amount=amount(fen).text))
    return {"loan_amount": fen}


def checked_term(months: int | None) -> Values | Rejected | None:
    """A term within bounds, in months; otherwise why not."""
    if months is None:
        return None
    return {"loan_term": months} if 0 < months <= MOST_MONTHS else Rejected(say.TERM_ODD.format(term=term(months)))


def checked_area(mu: float | None, text: str) -> Values | Rejected | None:
    """An area within bounds, in mu, or that there is no land; otherwise why not."""
    if mu is None:
        no_land = persons.says_none(text)
        return {"loan_area": None, "loan_kind": "none"} if no_land else None
    return {"loan_area": mu} if 0 < mu <= MOST_MU else Rejected(say.AREA_ODD.format(area=area(mu).text))


def checked_phone(number: str | None) -> Values | Rejected | None:
    """A telephone number; otherwise why not."""
    if number is None:
        return None
    return {"applicant_phone": number} if read.is_phone(number) else Rejected(say.PHONE_ODD.format(count=len(number)))
