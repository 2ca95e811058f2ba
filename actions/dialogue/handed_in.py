"""An application that was handed in: the applicant changes it or takes it back, after a read-back and a yes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from actions.bank.api import LoanChange
from actions.cases import Case, CaseState
from actions.dialogue import values as read
from actions.dialogue import words
from actions.dialogue.ports import Loans
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Message, Option, Reply, Turn, payload
from actions.errors import ActionsError
from actions.loans import NotOpen
from actions.texts import handed_in as say
from actions.texts.money import amount, term
from actions.texts.say import Say, digits
from nlu.dialect import numbers

STATE = "handed_in"
"""Key of a message's ``extra``: what was asked about which application."""
_CHANGED = (
    r"(?:贷款|申请)[^，。]{0,8}(?:金额|钱数|期限|时间|年限|电话|手机|号码)[^，。]{0,4}(?:想|要|得|给我)?(?:改|换|变)"
)
_CHANGE = re.compile(
    r"(?:改|换|变更|调整)[^，。]{0,6}(?:贷款|申请)[^，。]{0,4}(?:金额|钱数|期限|时间|年限|电话|手机|号码)?|" + _CHANGED
)


def wants(turn: Turn) -> bool:
    """Whether the message is about an application handed in: to take it back, to change it, or an answer to that."""
    if _asked(turn):
        return turn.intent in ("affirm", "deny") or bool(words.yes(turn.words) or words.no(turn.words)) or _tells(turn)
    return words.withdraws(turn.words) or (_CHANGE.search(turn.words) is not None and not read.is_question(turn.words))


def changes(text: str) -> bool:
    """Names what is to be changed of an application: 贷款申请的金额改成六万. That begins no other one."""
    return re.search(_CHANGED, text) is not None and not read.is_question(text)


class HandedIn:
    """Changes and withdrawals of the sender's own application."""

    def __init__(self, loans: Loans) -> None:
        self._loans = loans

    async def __call__(self, turn: Turn) -> Reply:
        """Read back what is wanted, then have it done once."""
        asked = _asked(turn)
        if asked and not (words.withdraws(turn.words) or _CHANGE.search(turn.words)):
            return await self._answered(turn, asked)
        try:
            case = await self._loans.open_case(turn.sender)
        except ActionsError as error:
            return Reply((trouble(turn, "applications", error, say.DOWN),))
        if case is None:
            person = Option(say.PERSON, payload("human_agent"))
            return Reply((Message(say.NONE, options=(person, Option(say.NO, payload("thanks"))), kind="question"),))
        if words.withdraws(turn.words):
            return Reply((_question(case, say.WITHDRAW, say.WITHDRAW_YES, {"do": "withdraw"}),))
        return Reply((_change_question(case, turn.words),))

    async def _answered(self, turn: Turn, asked: Mapping[str, Any]) -> Reply:
        case_id = str(asked["case"])
        if asked["do"] == "ask" or _tells(turn):
            try:
                case = await self._loans.open_case(turn.sender)
            except ActionsError as error:
                return Reply((trouble(turn, "applications", error, say.DOWN),))
            if case is None or case.id != case_id:
                return Reply((Message(say.NONE, kind="answer"),))
            return Reply((_change_question(case, turn.words),))
        if turn.intent == "deny" or words.no(turn.words):
            return Reply((Message(say.LEFT, kind="answer"),))
        try:
            if asked["do"] == "withdraw":
                case = await self._loans.withdraw(case_id, turn.sender, "withdraw")
            else:
                change = LoanChange(case_id, asked.get("amount"), asked.get("months"), asked.get("phone"))
                case = await self._loans.change(case_id, turn.sender, change, str(asked["key"]))
        except NotOpen as error:
            return Reply((Message(error.message, kind="answer"),))
        except ActionsError as error:
            return Reply((trouble(turn, f"application {asked['do']}", error, error.message),))
        except Exception as error:  # noqa: BLE001 - unknown outcome: the key makes the next try safe
            return Reply((trouble(turn, f"application {asked['do']}", error, say.DOWN),))
        return Reply((_done(case),))


def _asked(turn: Turn) -> Mapping[str, Any]:
    for message in reversed(turn.last_messages):
        state = message.extra.get(STATE)
        if isinstance(state, dict):
            return state
    return {}


def _tells(turn: Turn) -> bool:
    return bool(turn.words) and bool(_read(turn.words))


def _read(text: str) -> dict[str, Any]:
    """What is to be changed: amount, months, phone; only what is said once and exactly."""
    text = read.plain_money(words.correction(text) or text)
    found: dict[str, Any] = {}
    phones = [item for item in numbers.find_phones(text) if read.is_phone(str(item.value))]
    if len(phones) == 1:
        found["phone"] = str(phones[0].value)
    sums = [item for item in numbers.find_amounts(text) if not (item.negated or item.approximate)]
    if len(sums) == 1 and not phones:
        found["amount"] = int(sums[0].value)
    terms = [item for item in numbers.find_terms(text) if not (item.negated or item.approximate)]
    if len(terms) == 1:
        found["months"] = int(terms[0].value)
    return found


def _change_question(case: Case, text: str) -> Message:
    new = _read(text)
    if not new:
        return Message(say.CHANGE_WHAT, kind="question", extra={STATE: {"do": "ask", "case": case.id}})
    parts = []
    if "amount" in new:
        parts.append(Say(say.AMOUNT) + amount(new["amount"]))
    if "months" in new:
        parts.append(Say(say.TERM + term(new["months"])))
    if "phone" in new:
        parts.append(Say(say.PHONE + new["phone"], say.PHONE + digits(new["phone"])))
    told = Say("，".join(part.text for part in parts), "，".join(part.spoken or part.text for part in parts))
    return _question(case, say.CHANGE, say.CHANGE_YES, {"do": "change", "key": uuid.uuid4().hex, **new}, told)


def _question(case: Case, template: str, yes: str, state: dict[str, Any], change: Say | None = None) -> Message:
    sum_, told = amount(case.amount_fen), change or Say("")
    text = Say(
        template.format(case=case.id, amount=sum_.text, change=told.text),
        template.format(case=digits(case.id), amount=sum_.spoken, change=told.spoken or told.text),
    )
    choices = (Option(yes, payload("affirm")), Option(say.NO, payload("deny")))
    return Message(text.text, text.spoken, options=choices, kind="question", extra={STATE: {"case": case.id, **state}})


def _done(case: Case) -> Message:
    """How far it got, in the ledger's own words."""
    template = say.WITHDRAWN if case.state is CaseState.WITHDRAWN else say.ASKED
    return Message(
        template.format(case=case.id, note=case.note),
        template.format(case=digits(case.id), note=case.note),
        case_id=case.id,
        kind="case",
        extra={"case_step": case.step},
    )
