"""Which products fit a need: rules and the catalogue alone, the same need always gives the same products.

A product must be offered in the region, be meant for somebody like this, and its limits must hold the amount and the
term as far as they were said. What fits is ordered by how much speaks for it (a crop it is meant for 4, a purpose it
names 3, a group it is meant for 3), then by rate, amount and number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from actions.catalogue.need import Need
from actions.catalogue.product import ANYONE, EVERYWHERE, Product
from actions.texts import advice as say
from actions.texts.money import amount, term

MOST = 3
"""A list read aloud is forgotten after three."""
THING, PURPOSE, PEOPLE, PLACE = 4, 3, 3, 1
GENERAL = frozenset(("整村授信",))
"""Categories for any purpose, suggested when nothing special fits."""


@dataclass(frozen=True)
class Suggestion:
    """A product and why it is named, in plain words; the weightiest reason first."""

    product: Product
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Advice:
    """What fits, and if nothing does, why: ``say.TOO_MUCH`` and its like, filled in."""

    suggestions: tuple[Suggestion, ...]
    obstacle: str | None = None


def advise(products: Sequence[Product], need: Need, today: date) -> Advice:
    """At most three products for the need, best first."""
    open_to = [p for p in products if p.serves(need.region, today) and _meant_for(p, need)]
    scored = [(_score(product, need), product) for product in open_to]
    wanted = [(score, product) for score, product in scored if score > 0]
    if not wanted:
        wanted = [(0, product) for product in open_to if product.category in GENERAL]
    fitting = [(score, product) for score, product in wanted if _fits(product, need)]
    if not fitting:  # nothing special holds the figures; something general may
        fitting = [(0, p) for p in open_to if p.category in GENERAL and _fits(p, need)]
    if not fitting:
        return Advice((), _obstacle([product for _score, product in wanted or scored], need))
    fitting.sort(key=lambda item: (-item[0], item[1].annual_percent, -item[1].most_yuan, item[1].id))
    best = fitting[0][0]
    near = [product for score, product in fitting if score >= min(best, PURPOSE)]
    return Advice(tuple(Suggestion(product, _reasons(product, need)) for product in near[:MOST]))


def _meant_for(product: Product, need: Need) -> bool:
    return ANYONE in product.audience or bool(need.people.intersection(product.audience))


def _score(product: Product, need: Need) -> int:
    score = THING if set(product.things).intersection(need.things) else 0
    if product.things and need.things and not score:
        return 0  # meant for other crops or animals
    score += PURPOSE if _purpose(product, need) else 0
    score += PEOPLE if need.people.intersection(product.audience) else 0
    return score + (PLACE if score and EVERYWHERE not in product.regions else 0)


def _purpose(product: Product, need: Need) -> str | None:
    """The longest of the product's purposes that was said."""
    said = [word for word in product.purposes if word in need.said]
    return max(said, key=len) if said else None


def _fits(product: Product, need: Need) -> bool:
    amount_fits = need.amount_fen is None or product.least_fen <= need.amount_fen <= product.most_fen
    return amount_fits and (need.months is None or product.shortest <= need.months <= product.longest)


def _reasons(product: Product, need: Need) -> tuple[str, ...]:
    reasons = []
    things = [thing for thing in need.things if thing in product.things]
    if things:
        reasons.append(say.FOR_THING.format(thing="、".join(things)))
    elif purpose := _purpose(product, need):
        reasons.append(say.FOR_PURPOSE.format(purpose=purpose))
    people = sorted(need.people.intersection(product.audience))
    if people:
        reasons.append(say.FOR_PEOPLE.format(people="、".join(people)))
    if EVERYWHERE not in product.regions:
        reasons.append(say.FOR_PLACE)
    if need.amount_fen is not None:
        reasons.append(say.HOLDS_AMOUNT.format(amount=amount(need.amount_fen).text, most=amount(product.most_fen).text))
    if need.months is not None:
        reasons.append(say.HOLDS_TERM.format(term=term(need.months), longest=term(product.longest)))
    if product.category in GENERAL:
        reasons.append(say.GENERAL)
    return tuple(reasons) or (say.GENERAL,)


def _obstacle(products: Sequence[Product], need: Need) -> str:
    if not products:
        return say.NOTHING
    if need.amount_fen is not None:
        most = max(product.most_fen for product in products)
        if need.amount_fen > most:
            return say.TOO_MUCH.format(most=amount(most).text)
        least = min(product.least_fen for product in products)
        if need.amount_fen < least:
            return say.TOO_LITTLE.format(least=amount(least).text)
    if need.months is not None:
        longest = max(product.longest for product in products)
        if need.months > longest:
            return say.TOO_LONG.format(longest=term(longest))
    return say.NOT_TOGETHER
