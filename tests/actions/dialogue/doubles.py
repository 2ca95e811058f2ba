"""Doubles of the services, and a conversation with one form or action, without Rasa."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from actions.bank.api import LoanChange
from actions.bills import AccountNotFound, Bill
from actions.cases import Case, CaseEvent, CaseState, EarlierCase
from actions.catalogue.store import Catalogue
from actions.dialogue.bill import BillForm
from actions.dialogue.form import Form
from actions.dialogue.form_spec import FORM_OF, REQUESTED
from actions.dialogue.loan import LoanForm
from actions.dialogue.recall import Recall
from actions.dialogue.registry import build_actions
from actions.dialogue.turn import Entity, Message, Reading, Reply, Turn
from actions.drafts import Draft
from actions.loans import LoanApplication


def case(case_id: str, kind: str, amount_fen: int, **details: str) -> Case:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    state = CaseState.IN_REVIEW if kind == "loan" else CaseState.AWAITING_CONFIRMATION
    event = CaseEvent(now, state, "bank", "银行已收到")
    return Case(case_id, kind, state, "摘要", amount_fen, now, (event,), details)  # type: ignore[arg-type]


def hit(entry: str, title: str, topic: str = "farming", status: str = "reviewed") -> Any:
    source = SimpleNamespace(title="农药管理条例", url=None, date=date(2022, 3, 29), article="第三十四条")
    return SimpleNamespace(
        id=entry,
        title=title,
        topic=topic,
        spoken=f"{title}短",
        text=f"{title}全文",
        sources=(source,),
        region="national",
        status=status,
        date=None,
    )


@dataclass
class Services:
    """Records what it is asked to do; ``fail`` makes the next money call raise."""

    submitted: dict[str, LoanApplication] = field(default_factory=dict)
    paid: dict[str, Bill] = field(default_factory=dict)
    handed_off: list[tuple[str, str]] = field(default_factory=list)
    cases_: list[Case] = field(default_factory=list)
    earlier_: list[EarlierCase] = field(default_factory=list)
    drafts_: dict[str, Draft] = field(default_factory=dict)
    made: dict[str, Case] = field(default_factory=dict)
    decision: str = "answer"
    hits: tuple[Any, ...] = (hit("farm-wheat-rust", "小麦条锈病怎么防治"),)
    label: str = "fraud"
    fail: Exception | None = None
    partial_from: int | None = None
    parts: list[int | None] = field(default_factory=list)
    signs: list[tuple[str, ...]] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    changes: dict[str, LoanChange] = field(default_factory=dict)
    queries: list[Sequence[str]] = field(default_factory=list)
    products: Catalogue = field(default_factory=lambda: Catalogue(Path("/nowhere/products.json")))

    @property
    def knowledge(self) -> Any:
        return self

    fraud = loans = bills = cases = drafts = hand_offs = knowledge

    def search(self, queries: Sequence[str], k: int = 5, region: str | None = None) -> Any:
        self.queries.append(queries)
        return SimpleNamespace(decision=self.decision, hits=self.hits)

    def check(self, text: str) -> Any:
        return SimpleNamespace(label=self.label, signs=("叫您转到安全账户",), advice="先挂电话，打96110问。")

    def _fail(self) -> None:
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error

    async def submit(self, application: LoanApplication, key: str) -> Case:
        self._fail()
        self.submitted[key] = application
        return case("1234567897", "loan", application.amount_fen)

    async def open_case(self, sender: str) -> Case | None:
        return next((item for item in self.cases_ if item.kind == "loan" and not item.state.final), None)

    async def withdraw(self, case_id: str, sender: str, key: str) -> Case:
        self._fail()
        self.withdrawn.append(case_id)
        found = next(item for item in self.cases_ if item.id == case_id)
        event = CaseEvent(found.created_at, CaseState.WITHDRAWN, "bank", "申请已经撤回，银行不再审核。")
        return replace(found, state=CaseState.WITHDRAWN, history=(*found.history, event))

    async def change(self, case_id: str, sender: str, change: LoanChange, key: str) -> Case:
        self._fail()
        self.changes[key] = change
        return next(item for item in self.cases_ if item.id == case_id)

    async def look_up(self, bill_type: str, account: str) -> Bill:
        self._fail()
        if account == "99999999":
            raise AccountNotFound
        day = date(2026, 12, 1)
        return Bill("b1", bill_type, account, "王*", 10_580, "2026年10月", "示例电力", day, False, self.partial_from)

    async def pay(
        self, bill: Bill, sender: str, key: str, part_fen: int | None = None, signs: tuple[str, ...] = ()
    ) -> Case:
        self._fail()
        self.paid[key] = bill
        self.parts.append(part_fen)
        self.signs.append(signs)
        return case("2234567895", "bill", bill.amount_fen, confirm_url="http://127.0.0.1:1/pay/1")

    async def get(self, case_id: str, sender: str | None = None) -> Case | None:
        return next((item for item in self.cases_ if item.id == case_id), None)

    async def latest(self, sender: str, kind: str | None = None) -> Case | None:
        return next((item for item in self.cases_ if kind in (None, item.kind)), None)

    async def others_open(self, sender: str, case_id: str) -> list[Case]:
        return [item for item in self.cases_ if not item.state.final and item.id != case_id]

    async def earlier(self, sender: str, kind: str) -> list[EarlierCase]:
        return [item for item in self.earlier_ if item.kind == kind]

    async def keep(self, sender: str, task: str, values: Mapping[str, Any]) -> None:
        self.drafts_[task] = Draft(task, json.loads(json.dumps(dict(values))), datetime.now(UTC))

    async def of(self, sender: str) -> list[Draft]:
        return sorted(self.drafts_.values(), key=lambda draft: draft.updated_at, reverse=True)

    async def drop(self, sender: str, task: str) -> None:
        self.drafts_.pop(task, None)

    async def made_by(self, key: str) -> Case | None:
        return self.made.get(key)

    async def drop_key(self, key: str) -> Case | None:
        return self.made.get(key)

    async def request(self, sender: str, reason: str) -> str:
        self.handed_off.append((sender, reason))
        return "305"


@dataclass
class Talk:
    """A conversation with one form: keeps slots and the last reply as Rasa does."""

    intent: str
    services: Services = field(default_factory=Services)
    slots: dict[str, Any] = field(default_factory=dict)
    last: tuple[Message, ...] = ()
    follow_up: str | None = None

    def __post_init__(self) -> None:
        actions = {action.name(): action for action in build_actions(self.services)}
        handlers = actions["action_answer_knowledge"]._handlers
        self.action = actions[f"validate_{FORM_OF[self.intent]}"]
        spec = LoanForm(self.services) if self.intent == "apply_loan" else BillForm(self.services)
        self.form = Form(spec, handlers, handlers["repeat"], Recall(self.services, self.services))
        self.slots[REQUESTED] = None

    async def say(self, text: str, intent: str = "inform", confidence: float = 0.95, *entities: Entity) -> str:
        """One user message; returns everything the assistant says."""
        turn = Turn(
            sender="u1", text=text, intent=intent, confidence=confidence, entities=entities, queries=(text,),
            slots=dict(self.slots), last_messages=self.last, active_form=FORM_OF[self.intent],
        )  # fmt: skip
        return self._took(await self.action._step(turn))

    async def heard(self, *readings: tuple[str, float], intent: str = "inform", choices: bool = False) -> str:
        """A voice message with all its readings, the likeliest first."""
        found = tuple(Reading(text, share, intent, 0.9) for text, share in readings)
        turn = Turn(
            sender="u1", text=readings[0][0], intent="nlu_fallback" if choices else intent, confidence=0.9,
            queries=tuple(text for text, _ in readings), readings=found, choices=found[:2] if choices else (),
            slots=dict(self.slots), last_messages=self.last, active_form=FORM_OF[self.intent],
        )  # fmt: skip
        return self._took(await self.form.step(turn))

    def next_day(self) -> None:
        """The session has ended: Rasa has forgotten every slot."""
        self.slots = {REQUESTED: None}
        self.last = ()

    async def press(self, title: str) -> str:
        """The user presses the option called ``title``."""
        option = next(option for message in self.last for option in message.options if option.title == title)
        turn = Turn(sender="u1", text="", intent="", slots=dict(self.slots), last_messages=self.last)
        return self._took(await self.action._step(replace(turn.choosing(option.payload))))

    def _took(self, reply: Reply) -> str:
        self.slots.update(reply.slots)
        self.last = reply.messages
        self.follow_up = reply.follow_up
        return "\n".join(message.text for message in reply.messages)

    @property
    def asked(self) -> str | None:
        return self.slots[REQUESTED]

    @property
    def titles(self) -> list[str]:
        return [option.title for message in self.last for option in message.options]
