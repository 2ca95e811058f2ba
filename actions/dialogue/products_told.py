"""Loan products and plans as messages: every figure from the catalogue, with its source and day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from actions.catalogue.advice import Advice, Suggestion
from actions.catalogue.need import Need
from actions.catalogue.product import Product
from actions.dialogue import persons
from actions.dialogue.turn import Message, Option, payload
from actions.pictures import picture_of
from actions.repayment import words
from actions.repayment.plan import Plan
from actions.texts import advice as say
from actions.texts import repayment as plan_say
from actions.texts.money import amount, term
from actions.texts.say import Say

_PURPOSE = re.compile("种|养|买|盖|修|做|开|收|加工|运输|创业|周转|学费|看病|冷库|大棚|农机")


def names_purpose(said: str) -> bool:
    """Whether a use of the money is named at all."""
    return _PURPOSE.search(said) is not None


def need_of(state: Mapping[str, Any], region: str | None) -> Need:
    """The need that :func:`state_of` wrote down."""
    return Need(
        said=str(state.get("said") or ""),
        things=tuple(state.get("things") or ()),
        amount_fen=state.get("amount"),
        months=state.get("months"),
        people=frozenset(state.get("people") or ()),
        region=region,
    )


def state_of(need: Need, *, asks: str | None = None, plan: bool = False, product: str | None = None) -> dict[str, Any]:
    """What the next message needs to know."""
    return {
        "advice": {
            "said": need.said,
            "things": list(need.things),
            "amount": need.amount_fen,
            "months": need.months,
            "people": sorted(need.people),
            "asks": asks,
            "plan": plan,
            "product": product,
        }
    }


def applying(need: Need) -> tuple[Option, ...]:
    """Start an application with what is known, or not."""
    parts = [f"贷{amount(need.amount_fen).text}"] if need.amount_fen else []
    parts += [f"{need.months}个月"] if need.months else []
    parts += [purpose] if (purpose := persons.purpose_in(need.said)) else []
    said = {"question": "，".join(parts)} if parts else {}
    return Option(say.APPLY, payload("apply_loan", **said)), Option(say.NOT_NOW, payload("thanks"))


def ask(missing: str, need: Need, *, plan: bool, product: Product | None = None, again: bool = False) -> Message:
    """The question for what is missing: ``purpose``, ``amount`` or ``term``."""
    state = state_of(need, asks=missing, plan=plan, product=product.id if product else None)
    choices: tuple[Option, ...] = ()
    if missing == "purpose":
        choices = tuple(Option(title, payload("ask_loan_product", question=title)) for title in say.PURPOSES)
        return Message(say.ASK_PURPOSE, options=choices, kind="question", extra=state)
    if missing == "amount":
        return Message(say.AMOUNT_AGAIN if again else say.ASK_AMOUNT, kind="question", extra=state)
    field = {"field": "plan"} | ({"entry": product.id} if product else {})
    choices = tuple(Option(title, payload("ask_loan_product", question=title, **field)) for _months, title in say.TERMS)
    return Message(say.TERM_AGAIN if again else say.ASK_TERM, options=choices, kind="question", extra=state)


def suggestions(advice: Advice, need: Need, *, in_form: bool) -> Message:
    """At most three products, each with its reasons."""
    if not advice.suggestions:
        why = f"{advice.obstacle or say.NOTHING}{say.PEOPLE_DECIDE}"
        return Message(why, options=() if in_form else applying(need), kind="answer", extra=state_of(need))
    chosen = [suggestion.product for suggestion in advice.suggestions]
    lines = [_line(number, suggestion) for number, suggestion in enumerate(advice.suggestions, start=1)]
    head = say.FOUND.format(count=len(lines))
    text = Say("\n".join([head, *(line.text for line in lines)]), head + "".join(str(line.spoken) for line in lines))
    text = text + Say("\n" + _from(chosen) + say.PEOPLE_DECIDE, _from(chosen) + say.PEOPLE_DECIDE)
    choices = tuple(
        Option(say.LOOK.format(name=product.name), payload("ask_loan_product", entry=product.id)) for product in chosen
    )
    return Message(
        text.text,
        text.spoken,
        options=() if in_form else (*choices, *applying(need)[:1]),
        sources=_sources(chosen),
        kind="answer",
        extra=state_of(need),
    )


def detail(product: Product | None, need: Need) -> Message:
    """One product: what it asks for, what it costs."""
    assert product is not None
    texts = {
        "title": product.title,
        "conditions": product.conditions,
        "guarantee": product.guarantee,
        "shortest": term(product.shortest),
        "longest": term(product.longest),
        "methods": "、".join(f"{method.value}（{plan_say.METHODS[method.value]}）" for method in product.methods),
    }
    tail = _from([product]) + say.PEOPLE_DECIDE
    text = Say(
        say.DETAIL.format(**texts, **_limits(product)) + tail,
        say.DETAIL_SPOKEN.format(**texts, **_limits(product, spoken=True)) + tail,
    )
    costs = Option(say.HOW_MUCH, payload("ask_loan_product", field="plan", entry=product.id))
    state = state_of(need, product=product.id)
    return Message(
        text.text,
        text.spoken,
        options=(costs, *applying(need)),
        sources=_sources([product]),
        kind="answer",
        extra=state,
    )


def plan(made: Plan, product: Product, need: Need, *, in_form: bool) -> Message:
    """What is to be paid each month: in words, as a table and as a picture."""
    head = Say(say.PLAN_OF.format(title=product.title)) + words.headline(made) + Say("。") + words.burden(made)
    tail = plan_say.ROUGH + _from([product]) + say.PEOPLE_DECIDE
    text = head + Say(f"\n{words.table(made)}\n{tail}", tail)
    asked = {"field": "plan", "entry": product.id}
    others = tuple(
        Option(say.OTHER_WAY.format(method=method.value), payload("ask_loan_product", **asked, value=method.value))
        for method in product.methods
        if method is not made.method
    )
    extra = state_of(need, product=product.id) | {"picture": picture_of(made, sample=product.sample)}
    choices = () if in_form else (*others, *applying(need))
    return Message(text.text, text.spoken, options=choices, sources=_sources([product]), kind="plan", extra=extra)


def holds(product: Product, need: Need) -> bool:
    """Whether amount and term (both known) lie within the product's limits."""
    assert need.amount_fen is not None
    assert need.months is not None
    return (
        product.least_fen <= need.amount_fen <= product.most_fen and product.shortest <= need.months <= product.longest
    )


def not_held(product: Product, need: Need) -> Message:
    """The product has other limits; another one may fit."""
    limits = {"shortest": term(product.shortest), "longest": term(product.longest)}
    text = say.NOT_HELD.format(title=product.title, **limits, **_limits(product))
    others = Option(say.WHICH_FITS, payload("ask_loan_product", field="ask"))
    return Message(text, options=(others, *applying(need)), sources=_sources([product]), extra=state_of(need))


def _line(number: int, suggestion: Suggestion) -> Say:
    product = suggestion.product
    texts = {
        "number": number,
        "title": product.title,
        "shortest": term(product.shortest),
        "longest": term(product.longest),
        "why": "；".join(suggestion.reasons[:3]),
    }
    return Say(
        say.ITEM.format(**texts, **_limits(product)), say.ITEM_SPOKEN.format(**texts, **_limits(product, spoken=True))
    )


def _limits(product: Product, *, spoken: bool = False) -> dict[str, str]:
    least, most = amount(product.least_fen), amount(product.most_fen)
    return {
        "least": str(least.spoken) if spoken else least.text,
        "most": str(most.spoken) if spoken else most.text,
        "rate": words.spoken_percent(product.annual_percent) if spoken else words.percent(product.annual_percent),
    }


def _from(products: list[Product]) -> str:
    """Where the figures stand and of which day; that they are samples, if they are."""
    days = sorted({(product.source, product.published) for product in products})
    told = "".join(say.SOURCE.format(source=source, day=_day(day)) for source, day in days)
    return told + (say.SAMPLE if any(product.sample for product in products) else "")


def _day(day: Any) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _sources(products: list[Product]) -> tuple[dict[str, Any], ...]:
    found = {(product.source, product.published): product for product in products}
    return tuple(
        {"id": product.id, "title": source, "url": None, "date": str(day)} for (source, day), product in found.items()
    )
