# ruff: noqa: ARG002 - rasa_sdk gives every action the domain
"""All actions of the dialogue, ready to be registered with rasa_sdk's executor."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.dialogue import emergency, handed_in, words
from actions.dialogue.answers import FraudAnswer, KnowledgeAnswer, names_fraud
from actions.dialogue.bill import BillForm
from actions.dialogue.desk import Person, Progress, is_case_number, not_connected
from actions.dialogue.form import Form
from actions.dialogue.form_spec import DIGRESSIONS, DRAFT_SEEN, KEY, MISSES, REQUESTED, TRIED, FormSpec
from actions.dialogue.guard import Guard
from actions.dialogue.handed_in import HandedIn
from actions.dialogue.loan import LoanForm
from actions.dialogue.ports import Cases, Ports
from actions.dialogue.products import LoanProducts, goes_on
from actions.dialogue.recall import DRAFT, RESUME, Recall
from actions.dialogue.talk import Bare, BareAnswer, Cancel, NotUnderstood, Repeat, Told, begin, small_talk
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Handler, Message, Reply, Turn, payload, read, write
from actions.dialogue.values import is_question
from actions.errors import ActionsError
from actions.texts import forms as form_say
from actions.texts import talk as talk_say
from nlu.dialect import secrets

log = logging.getLogger(__name__)

ACTION_OF = {
    "ask_knowledge": "action_answer_knowledge",
    "check_fraud": "action_check_fraud",
    "ask_loan_product": "action_answer_loan_product",
    "check_progress": "action_check_progress",
    "human_agent": "action_hand_off",
    "query_price": "action_not_connected",
    "trade_goods": "action_not_connected",
    "find_service_point": "action_not_connected",
    "open_account_card": "action_not_connected",
    "report_card_loss": "action_not_connected",
    "query_subsidy": "action_not_connected",
    "find_course": "action_not_connected",
    "village_affairs": "action_not_connected",
    "book_visit": "action_not_connected",
    "greet": "action_small_talk",
    "help": "action_small_talk",
    "thanks": "action_small_talk",
    "goodbye": "action_small_talk",
    "out_of_scope": "action_small_talk",
    "cancel": "action_small_talk",
    "repeat": "action_small_talk",
    "affirm": "action_choose",
    "deny": "action_choose",
    "correct_value": "action_choose",
    "choose_option": "action_choose",
    "inform": "action_choose",
    "nlu_fallback": "action_not_understood",
}
"""Which action answers which intent outside a form; ``nlu/rules/`` says the same to Rasa (a test compares them)."""

HARMLESS = frozenset(("help", "greet", "deny", "inform", "out_of_scope"))
"""What an insult is taken for by those who do not know it for one."""
BUSY = frozenset(("emergency", "warning", "error", "handoff", "fraud"))
"""Kinds of messages after which nothing else is brought up."""


class Respond(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """Answers with the handler of the turn's intent."""

    def __init__(self, name: str, handlers: Mapping[str, Handler], otherwise: Handler, recall: Recall) -> None:
        self._name = name
        self._handlers = handlers
        self._otherwise = otherwise
        self._recall = recall

    def name(self) -> str:
        """The action's name in the domain."""
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        """Read the turn, answer, write."""
        turn = read(tracker)
        reply = await self._answer(turn)
        if MISSES not in reply.slots and turn.slots.get(MISSES):
            reply = replace(reply, slots={**reply.slots, MISSES: 0})
        return _written(await self._with_unfinished(turn, reply), dispatcher)

    async def _with_unfinished(self, turn: Turn, reply: Reply) -> Reply:
        """Once a session: what was left unfinished in an earlier one is offered, after the answer."""
        busy = any(message.options or message.kind in BUSY or "advice" in message.extra for message in reply.messages)
        if turn.slots.get(DRAFT_SEEN) or reply.follow_up is not None or busy:
            return reply
        offer = await self._recall.offer(turn.sender)
        messages = reply.messages if offer is None else (*reply.messages, offer)
        return replace(reply, messages=messages, slots={**reply.slots, DRAFT_SEEN: True})

    async def _answer(self, turn: Turn) -> Reply:
        if secrets.has_secret(turn.words) or secrets.is_code(turn.words, None):
            return Reply((Message(form_say.KEEP_TO_YOURSELF, form_say.KEEP_TO_YOURSELF_SPOKEN, kind="warning"),))
        danger = emergency.found(turn.words)
        if danger and emergency.certain(turn.words):
            return Reply((emergency.message(danger),))
        intent = turn.intent
        if handed_in.wants(turn):
            return await self._handlers["handed_in"](turn)
        if is_case_number(turn.words):
            intent = "check_progress"
        elif names_fraud(turn.words):
            intent = "check_fraud"
        elif words.lost_link(turn.words) and intent in (*HARMLESS, "nlu_fallback"):
            intent = "check_progress"
        elif words.who(turn.words) and intent in (*HARMLESS, "nlu_fallback"):
            intent = "help"
        elif intent in HARMLESS and words.scolds(turn.words):
            intent = "nlu_fallback"
        elif words.repeat(turn.words):
            intent = "repeat"
        elif goes_on(turn):
            intent = "ask_loan_product"
        elif words.same_as_last(turn.words) and intent not in DIGRESSIONS and not is_question(turn.words):
            task = await self._recall.last_task(turn.sender)
            if task is not None:
                return begin(replace(turn, intent=task))
        elif words.goes_on(turn.words) and intent not in DIGRESSIONS:
            drafts = await self._recall.drafts(turn.sender)
            if drafts:
                return begin(turn.choosing(payload(drafts[0].task, field=DRAFT, value=RESUME)))
        reply = await self._handlers.get(intent, self._otherwise)(turn)
        return emergency.before(danger, reply) if danger else reply


class ValidateForm(Action):  # type: ignore[misc]  # rasa_sdk has no types
    """One turn of a form: Rasa calls it for every message while the form is active."""

    def __init__(self, name: str, form: Form, guard: Guard, cases: Cases) -> None:
        self._name = f"validate_{name}"
        self._form = form
        self._form_name = name
        self._guard = guard
        self._cases = cases

    def name(self) -> str:
        """``validate_<form>``."""
        return self._name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> list[dict[str, Any]]:
        """Read the turn, step, write. Whatever fails, the form stays where it was and the user hears so."""
        turn = read(tracker)
        try:
            reply = await self._step(turn)
        except Exception as error:  # noqa: BLE001 - without a slot event Rasa would drop the apology and leave the form
            kept = {REQUESTED: turn.slots.get(REQUESTED), MISSES: turn.slots.get(MISSES) or 0}
            reply = Reply((trouble(turn, f"action {self._name}", error, form_say.BROKEN),), kept)
        return _written(reply, dispatcher)

    async def _step(self, turn: Turn) -> Reply:
        """One step of the form, unless it was handed in already or a warning stands before it.

        Whether it was handed in the ledger knows, not the conversation: the answer may have been lost with a part.
        """
        key = turn.slots.get(KEY)
        if key is not None:
            try:
                case = await self._cases.made_by(str(key))
            except ActionsError as error:
                log.warning("form goes on unsure action=%s code=%s", self._name, error.code)
                turn = replace(turn, slots={**turn.slots, TRIED: True})
            else:
                if case is not None:
                    return await self._form.handed_in(turn, case)
        stopped = await self._guard.before(turn, self._form_name)
        if stopped is not None:
            if stopped.slots.get(REQUESTED) is None:  # dropped: nobody is asked to go on with it later
                await self._form.dropped(turn)
            return stopped
        turn = self._guard.resumed(turn) or turn
        return self._guard.after(turn, self._form_name, await self._form.step(turn))


def _written(reply: Reply, dispatcher: CollectingDispatcher) -> list[dict[str, Any]]:
    write(reply, dispatcher)
    events: list[dict[str, Any]] = [SlotSet(name, value) for name, value in reply.slots.items()]
    if reply.follow_up is not None:
        events.append(FollowupAction(reply.follow_up))
    return events


def build_actions(ports: Ports) -> list[Action]:
    """The actions to register, with the services they use."""
    knowledge = KnowledgeAnswer(ports.knowledge)
    repeat, misunderstood, recall = Repeat(), NotUnderstood(knowledge), Recall(ports.drafts, ports.cases)
    handlers: dict[str, Handler] = {
        "ask_knowledge": knowledge,
        "check_fraud": FraudAnswer(ports.fraud),
        "ask_loan_product": LoanProducts(ports.products, knowledge),
        "check_progress": Progress(ports.cases),
        "human_agent": Person(ports.hand_offs),
        "handed_in": HandedIn(ports.loans),
        **not_connected(knowledge),
        **small_talk(repeat, misunderstood, Cancel(recall)),
    }
    bare: dict[str, Handler] = {
        "affirm": Bare(handlers, Told(talk_say.NOTHING_TO_CONFIRM), misunderstood),
        "deny": Bare(handlers, Told(talk_say.NOTHING_TO_CONFIRM), misunderstood),
        "correct_value": Bare(handlers, Told(talk_say.NOTHING_TO_CORRECT)),
        "choose_option": Bare(handlers, Told(talk_say.NOTHING_TO_CHOOSE)),
        "inform": Bare(handlers, BareAnswer()),
        "nlu_fallback": Bare(handlers, misunderstood),
    }
    every: dict[str, Handler] = {**handlers, **bare}
    # A form counts what leads nowhere itself.
    digressions: dict[str, Handler] = {**handlers, "out_of_scope": Told(talk_say.OUT_OF_SCOPE)}
    specs: dict[str, FormSpec] = {"loan_form": LoanForm(ports.loans), "bill_form": BillForm(ports.bills)}
    forms = {name: Form(spec, digressions, repeat, recall) for name, spec in specs.items()}
    guard = Guard(
        first={name: spec.slots[0] for name, spec in specs.items()},
        confirm={name: spec.confirm for name, spec in specs.items()},
        person=handlers["human_agent"],
    )
    names = dict.fromkeys(ACTION_OF.values())
    return [
        *(Respond(name, every, misunderstood, recall) for name in names),
        *(ValidateForm(name, form, guard, ports.cases) for name, form in forms.items()),
    ]
