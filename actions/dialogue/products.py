"""ask_loan_product: products that fit with the reason for each, what a loan costs each month, and general questions.

What has been said so far travels in the ``advice`` of the last message, so that 五万 answers "how much?" without a
form.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from actions.catalogue.advice import Advice, advise
from actions.catalogue.need import Need
from actions.catalogue.product import Product
from actions.dialogue import products_told as told
from actions.dialogue.answers import KnowledgeAnswer, answer_of
from actions.dialogue.ports import Products
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Message, Option, Reply, Turn, payload
from actions.dialogue.values import is_question, plain_money
from actions.errors import ActionsError
from actions.repayment.plan import Method, make_plan
from actions.texts import advice as say
from actions.texts import services as service_say

log = logging.getLogger(__name__)

LOAN_FORM = "loan_form"
_COSTS = re.compile(
    r"(?:还|要还|得还|该还|需还)(?:多少|好多|几多|几个?钱|多钱)|月供|每(?:个)?月(?:要|得|该)?(?:还|交)|一个?月(?:要|得|该)?还|一年(?:要|得|该)?还"
    r"|(?:算|算算|算一下|算一哈)[^，。]{0,12}(?:利息|还)|利息(?:要|得|是|有)?(?:多少|好多|几多|几个?钱|多少钱)|(?:多少|好多|几多)(?:钱)?(?:的)?利息"
)
_GENERAL = re.compile(
    r"条件|资料|材料|手续|抵押|担保|征信|黑户|提前还|违约|延期|展期|还不[上起清]|逾期|手续费|批下来|多久能|几天|放款|岁|意思|区别|哪个好|贴息|政策|骗|怎么还|咋还"
)
"""Questions that an entry of the knowledge base answers, if it has one."""
_METHODS = {
    Method.EQUAL_INSTALMENTS: re.compile("等额本息|每(?:个)?月(?:都)?(?:还)?(?:一样|一般)多"),
    Method.EQUAL_PRINCIPAL: re.compile("等额本金|越还越少"),
    Method.INTEREST_FIRST: re.compile("先息后本|先还利息|先还息|到期还本"),
}
_ASKED = frozenset(("inform", "nlu_fallback", "choose_option", "out_of_scope", "affirm", "ask_loan_product"))
"""Intents that may be an answer to a question of ours."""


def goes_on(turn: Turn) -> bool:
    """Whether the message answers what :class:`LoanProducts` asked last."""
    asks = _state(turn).get("asks")
    if not asks or turn.is_payload or not turn.words:
        return False
    if asks == "purpose":
        return turn.intent in _ASKED and not is_question(turn.words)
    new = Need().told(plain_money(turn.words))
    found = new.amount_fen if asks == "amount" else new.months
    return found is not None or (turn.intent in _ASKED and not is_question(turn.words))


class LoanProducts:
    """Answers everything about loans that is no application."""

    def __init__(self, products: Products, knowledge: KnowledgeAnswer) -> None:
        self._products = products
        self._knowledge = knowledge

    async def __call__(self, turn: Turn) -> Reply:
        """Products, a plan, or an entry of the knowledge base."""
        state, field = _state(turn), turn.first("field")
        text = plain_money(turn.words or str(turn.first("question") or ""))
        going_on = turn.is_payload or goes_on(turn)
        need = _known(turn, state if going_on else {}).told(text)
        costs = field == "plan" or _COSTS.search(text) is not None or (going_on and bool(state.get("plan")))
        if not turn.is_payload and not going_on and _GENERAL.search(text):
            entry = await self._entry(turn)
            if entry is not None:
                return Reply((entry, self._offer(turn, need)))
        try:
            if turn.first("entry") or costs:
                chosen = await self._chosen(turn, need, state if going_on else {})
                if isinstance(chosen, Message):
                    return Reply((chosen,))
                if costs:
                    return Reply(await self._costs(turn, need, chosen, text, state))
                return Reply((told.detail(chosen, need),))
            return await self._suggested(turn, need, state if going_on else {})
        except ActionsError as error:
            return Reply((trouble(turn, "catalogue", error, say.CATALOGUE_DOWN),))

    async def _suggested(self, turn: Turn, need: Need, state: Mapping[str, Any]) -> Reply:
        if not need.known or (not _tells(need) and not state):
            entry = await self._entry(turn) if turn.words else None
            if turn.active_form == LOAN_FORM:
                return Reply((*([entry] if entry else []), Message(service_say.LOAN_PRODUCT, kind="answer")))
            if entry is not None:
                return Reply((entry, self._offer(turn, need)))
            return Reply((told.ask("purpose", need, plan=False),))
        advice = await self._advice(need)
        return Reply((told.suggestions(advice, need, in_form=turn.active_form == LOAN_FORM),))

    async def _chosen(self, turn: Turn, need: Need, state: Mapping[str, Any]) -> Product | Message | None:
        """The product that is meant: pressed, talked about just now, or None."""
        number = turn.first("entry") or state.get("product")
        if number is None:
            return None
        product = await asyncio.to_thread(self._products.get, str(number))
        return product if product is not None else Message(say.GONE, options=told.applying(need), kind="answer")

    async def _costs(
        self, turn: Turn, need: Need, product: Product | None, text: str, state: Mapping[str, Any]
    ) -> tuple[Message, ...]:
        in_form = turn.active_form == LOAN_FORM
        missing = "amount" if need.amount_fen is None else "term" if need.months is None else None
        if missing:
            if in_form:
                return (Message(say.FILL_FIRST, kind="answer"),)
            again = state.get("asks") == missing and not turn.is_payload
            return (told.ask(missing, need, plan=True, product=product, again=again),)
        assert need.amount_fen is not None
        assert need.months is not None
        if product is not None and not told.holds(product, need):
            refused = told.not_held(product, need)
            return (refused if not in_form else replace(refused, options=()),)
        if product is None:
            advice = await self._advice(need)
            if not advice.suggestions:
                return (told.suggestions(advice, need, in_form=in_form),)
            product = advice.suggestions[0].product
        wanted = str(turn.first("value") or "")
        method = next((m for m in product.methods if m.value == wanted or _METHODS[m].search(text)), product.methods[0])
        plan = make_plan(method, need.amount_fen, product.annual_percent, need.months)
        return (told.plan(plan, product, need, in_form=in_form),)

    async def _advice(self, need: Need) -> Advice:
        products = await asyncio.to_thread(self._products.products)
        return advise(products, need, datetime.now(UTC).date())

    async def _entry(self, turn: Turn) -> Message | None:
        try:
            found = await self._knowledge.search(turn.queries, turn.region)
        except Exception as error:  # noqa: BLE001 - the rest of the answer is still true
            log.error("knowledge search failed type=%s", type(error).__name__)
            return None
        fits = found.decision == "answer" and found.hits and found.hits[0].topic == "finance"
        return answer_of(found.hits[0]) if fits else None

    def _offer(self, turn: Turn, need: Need) -> Message:
        """After an entry: that people decide, and what can be done now."""
        if turn.active_form == LOAN_FORM:
            return Message(service_say.LOAN_PRODUCT, kind="answer")
        which = Option(say.WHICH_FITS, payload("ask_loan_product", field="ask", question=need.said[-100:]))
        text = service_say.LOAN_PRODUCT + service_say.OFFER_APPLICATION
        return Message(text, options=(which, *told.applying(need)), kind="answer")


def _tells(need: Need) -> bool:
    """Whether more than the question itself is known."""
    return bool(need.things or need.people or need.amount_fen or need.months or told.names_purpose(need.said))


def _state(turn: Turn) -> Mapping[str, Any]:
    """What was said so far about a loan, from the last message that carries it."""
    for message in reversed(turn.last_messages):
        state = message.extra.get("advice")
        if isinstance(state, dict):
            return state
    return {}


def _known(turn: Turn, state: Mapping[str, Any]) -> Need:
    if turn.active_form == LOAN_FORM:
        slots = turn.slots
        thing = slots.get("crop_or_livestock")
        return Need(
            said=str(slots.get("loan_purpose") or ""),
            things=(str(thing),) if thing and thing != "无" else (),
            amount_fen=slots.get("loan_amount"),
            months=slots.get("loan_term"),
            region=turn.region,
        )
    return told.need_of(state, turn.region)
