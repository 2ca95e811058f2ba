# ruff: noqa: ARG002 - the methods of one protocol
"""Paying a bill: which one, which account, looked up at the bank, read back, started."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from actions.bills import (
    AccountInvalid,
    AccountNotFound,
    AlreadyOpen,
    AlreadyPaid,
    AmountChanged,
    BankUnavailable,
    Bill,
    BillService,
    NoPart,
    NothingDue,
)
from actions.cases import Case
from actions.dialogue import values as read
from actions.dialogue.form_spec import Rejected, Values
from actions.dialogue.guard import GUARD, signs_of
from actions.dialogue.ports import Bills
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Message, Option, Turn, payload
from actions.errors import ActionsError, KeyDropped
from actions.texts import bill as say
from actions.texts.money import amount
from actions.texts.say import Say, digits
from nlu.dialect import numbers
from nlu.dialect.digits import digit_runs

SHORTEST, LONGEST = 5, 20
"""Digits of an account number."""
WORDS = {
    "electricity": ("电费", "交电", "缴电", "充电费", "电钱", "生活用电"),
    "water": ("水费", "交水", "缴水", "自来水", "水钱"),
    "gas": ("燃气", "煤气", "天然气", "气费"),
    "phone": ("话费", "手机费", "电话费", "流量"),
    "cable_tv": ("有线电视", "电视费", "闭路", "广电"),
    "medical_insurance": ("医保", "合作医疗", "新农合", "医疗保险"),
    "pension": ("养老保险", "养老金", "社保", "养老钱", "新农保"),
}
"""Words that name a kind of bill, for messages in which the extractor found none."""


class BillForm:
    """The bill payment as a :class:`actions.dialogue.form.FormSpec`."""

    intent = "pay_bill"
    task = say.TASK
    slots: tuple[str, ...] = ("bill_type", "bill_account", "bill_part", "bill_confirm")
    extras: tuple[str, ...] = ("bill_found", GUARD)
    confirm = "bill_confirm"

    def __init__(self, bills: Bills) -> None:
        self._bills = bills

    def required(self, values: Mapping[str, Any]) -> list[str]:
        """All but the part: nobody is asked for it."""
        return [slot for slot in self.slots if slot != "bill_part"]

    def opening(self, turn: Turn) -> Values:
        """我要交电费，户号12345678；交五十块电费."""
        found: Values = {}
        if (part := self._sum(turn.words)) is not None:
            found["bill_part"] = part
        pressed = turn.first("bill_type") if turn.is_payload else None
        kind = str(pressed) if pressed in say.TYPES else self._kind(turn, turn.words)
        if kind is not None:
            found["bill_type"] = kind
        if (number := self._account(turn.words)) is not None:
            found["bill_account"] = number
        return found

    def whole(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """See :class:`FormSpec`."""
        if slot == "bill_account":
            return self._checked(read.whole_digits(turn.words, account=True))
        if slot == "bill_type" and len(turn.words) <= 14 and not read.is_question(turn.words):
            kind = self._kind(turn, turn.words)
            return None if kind is None else {"bill_type": kind}
        return None

    def loose(self, slot: str, turn: Turn, values: Mapping[str, Any]) -> Values | Rejected | None:
        """See :class:`FormSpec`."""
        if read.is_question(turn.words):
            return None
        found = {name: value for name, value in self.opening(turn).items() if values.get(name) is None}
        return found if slot in found else None

    def correction(self, said: str, turn: Turn, values: Mapping[str, Any]) -> Values:
        """Another number or another kind of bill; what was looked up no longer counts."""
        number = self._account(said)
        account = {} if number is None else {"bill_account": number, "bill_found": None}
        part = self._sum(said)
        if part is not None and number is None and values.get("bill_found"):
            return {"bill_part": part}
        kind = self._kind(turn, said)
        if kind is not None and "bill_type" in values and kind != values["bill_type"]:
            return {**self.cleared("bill_type"), "bill_type": kind, **account}
        return account if "bill_account" in values else {}

    def named(self, said: str) -> str | None:
        """See :class:`FormSpec`."""
        if re.search("[户账帐编]号|号码", said):
            return "bill_account"
        return "bill_part" if re.search("先交|只交", said) else None

    def where(self, slot: str, said: str) -> str | None:
        """See :class:`FormSpec`."""
        asks = re.search("(?:[户编]号|用户号|号码)[^，。]{0,4}(?:在哪|哪里|哪儿|哪个|怎么|咋|是啥|是什么)", said)
        return say.WHERE if slot == "bill_account" and asks else None

    def not_changed(self, turn: Turn) -> str:
        """Example words for a bill."""
        return say.NOT_CHANGED

    def field(self, slot: str, value: str) -> Values | None:
        """A pressed option."""
        return {slot: value} if slot == "bill_type" and value in say.TYPES else None

    def cleared(self, slot: str) -> Values:
        """Another kind of bill has another account."""
        new = {"bill_account": None, "bill_found": None, "bill_part": None}
        return {**new, **({"bill_type": None} if slot == "bill_type" else {})}

    def ask(self, slot: str, values: Mapping[str, Any]) -> Message:
        """The question for ``slot``."""
        if slot == "bill_type":
            choices = [Option(title, payload("inform", field=slot, value=key)) for key, title in say.TYPES.items()]
            return Message(say.ASK_TYPE, options=tuple(choices), kind="form")
        if slot == "bill_account":
            return Message(say.ASK_ACCOUNT[str(values["bill_type"])], kind="form")
        bill = _bill(values["bill_found"])
        due = amount(bill.amount_fen)
        texts = {"type": bill.name, "name": bill.holder, "period": bill.period}
        found = Say(
            say.FOUND.format(**texts, account=bill.account, amount=due.text),
            say.FOUND.format(**texts, account=digits(bill.account), amount=due.spoken),
        )
        if bill.sample:
            found = Say(say.SAMPLE) + found
        part = values.get("bill_part")
        if part is not None and int(part) != bill.amount_fen:
            paid = amount(int(part))
            found = found + Say(say.PART.format(part=paid.text), say.PART.format(part=paid.spoken))
        found = found + Say(say.RIGHT)
        return Message(found.text, found.spoken, options=self._confirm_options(), kind="confirm")

    def hint(self, slot: str) -> str:
        """See :class:`FormSpec`."""
        return {"bill_type": say.HINT_TYPE, "bill_account": say.HINT_ACCOUNT}.get(slot, say.HINT_CONFIRM)

    def change_options(self, values: Mapping[str, Any]) -> tuple[Option, ...]:
        """The number, the kind, or nothing at all."""
        return (
            Option(say.CHANGE_ACCOUNT, payload("correct_value", field="bill_account")),
            Option(say.CHANGE_TYPE, payload("correct_value", field="bill_type")),
            Option(say.DROP, payload("cancel")),
        )

    def started(self, values: Mapping[str, Any]) -> Message | None:
        """Nothing: the first question says it all."""
        return None

    async def arrived(self, turn: Turn, values: Values) -> tuple[list[Message], Values | None]:
        """Ask the bank what is due. Not found: ask for the number again; nothing to pay or no bank: the form ends."""
        if values.get("bill_found"):
            return self._with_part(_bill(values["bill_found"]), values.get("bill_part"), {})
        try:
            bill = await self._bills.look_up(str(values["bill_type"]), str(values["bill_account"]))
        except (AccountNotFound, AccountInvalid) as error:
            message = Message(error.message, kind="error")
            return [message], {"bill_account": None}
        except (NothingDue, AlreadyPaid) as error:
            another = payload("pay_bill", bill_type=str(values["bill_type"]))
            choices = (Option(say.OTHER_ACCOUNT, another), Option(say.ENOUGH, payload("thanks")))
            return [Message(error.message, options=choices, kind="question")], None
        except BankUnavailable:
            return [Message(say.LOOKUP_DOWN, kind="error")], None
        except ActionsError as error:
            return [trouble(turn, "bill look-up", error, error.message + say.LATER)], None
        except Exception as error:  # noqa: BLE001 - nothing was changed by asking; say so and stop
            return [trouble(turn, "bill look-up", error, say.LOOKUP_DOWN)], None
        return self._with_part(bill, values.get("bill_part"), {"bill_found": _stored(bill)})

    @staticmethod
    def _with_part(bill: Bill, part: int | None, new: Values) -> tuple[list[Message], Values]:
        """A part that the bank does not take is said so, and the whole is read back."""
        try:
            BillService.part_of(bill, part)
        except NoPart as error:
            return [Message(error.message + say.WHOLE, kind="form")], {**new, "bill_part": None}
        return [], new

    async def refused(self, slot: str, turn: Turn) -> list[Message] | None:
        """No is no answer to "which bill?"."""
        return None

    async def agreed(self, turn: Turn, values: Values, key: str) -> tuple[list[Message], bool | Values]:
        """Start the payment once; the money moves only when the user confirms on the bank's own page."""
        bill = _bill(values["bill_found"])
        try:
            part = values.get("bill_part")
            case = await self._bills.pay(bill, turn.sender, key, part, signs_of(values))
        except AmountChanged as error:
            was, now = amount(bill.amount_fen), amount(error.bill.amount_fen)
            told = Say(
                say.AMOUNT_CHANGED.format(was=was.text, now=now.text),
                say.AMOUNT_CHANGED.format(was=was.spoken, now=now.spoken),
            )
            new = {"bill_found": _stored(error.bill), "bill_part": None}
            return [Message(told.text, told.spoken, kind="form")], new
        except (NothingDue, AlreadyPaid) as error:
            return [Message(error.message, kind="answer")], True
        except AlreadyOpen as error:
            return [Message(error.message, kind="answer") if error.case is None else self._open(error.case)], True
        except KeyDropped as error:
            return [Message(error.message, kind="cancelled")], True
        except ActionsError as error:
            again = error.message + say.TRY_AGAIN
            return [trouble(turn, "payment", error, again, self._confirm_options())], False
        except Exception as error:  # noqa: BLE001 - unknown outcome: the key makes the next try safe
            return [trouble(turn, "payment", error, say.FAILED, self._confirm_options())], False
        url = case.details.get("confirm_url")
        texts = {"state": case.state_text, "note": case.note}
        if url:
            template = say.STARTED
        elif str(case.state) == "rejected":
            template = say.REJECTED
        else:
            template = say.REGISTERED
        told = Say(template.format(case=case.id, **texts), template.format(case=digits(case.id), **texts))
        link = Say("\n" + say.LINK.format(url=url), "") if url else Say("")
        extra = {"case_step": case.step} | ({"confirm_url": url} if url else {})
        first = Message(told.text + link.text, told.spoken, case_id=case.id, kind="case", extra=extra)
        return [first, Message(say.ONLY_ON_BANK_PAGE, kind="warning")], True

    @staticmethod
    def _open(case: Case) -> Message:
        """The payment of this bill that the user has started already."""
        url, due = case.details.get("confirm_url"), amount(case.amount_fen)
        told = Say(
            say.ALREADY_OPEN.format(case=case.id, amount=due.text, state=case.state_text),
            say.ALREADY_OPEN.format(case=digits(case.id), amount=due.spoken, state=case.state_text),
        )
        link = Say("\n" + say.LINK.format(url=url), "") if url else Say("")
        extra = {"case_step": case.step} | ({"confirm_url": url} if url else {})
        return Message(told.text + link.text, told.spoken, case_id=case.id, kind="case", extra=extra)

    @staticmethod
    def _sum(text: str) -> int | None:
        """The sum that is to be paid, if one is said: 先交五十块."""
        sums = [item for item in numbers.find_amounts(read.plain_money(text)) if not (item.negated or item.approximate)]
        return int(sums[0].value) if len(sums) == 1 and not read.is_question(text) else None

    @staticmethod
    def _account(text: str) -> str | None:
        """The only number in ``text`` that can be an account; an identity number without its X is none."""
        runs = digit_runs(text, shortest=SHORTEST)
        if len(runs) != 1 or len(runs[0].digits) > LONGEST or re.match(r"\s*[xX叉]", text[runs[0].end :]):
            return None
        return runs[0].digits

    @staticmethod
    def _kind(turn: Turn, text: str) -> str | None:
        kinds = {str(entity.value) for entity in turn.entities if entity.kind == "bill_type" and entity.text in text}
        kinds = {kind for kind in kinds if kind in say.TYPES}
        kinds = kinds or {kind for kind, names in WORDS.items() if any(name in text for name in names)}
        return kinds.pop() if len(kinds) == 1 else None

    @staticmethod
    def _checked(number: str | None) -> Values | Rejected | None:
        if number is None:
            return None
        if not SHORTEST <= len(number) <= LONGEST:
            return Rejected(say.ACCOUNT_ODD.format(count=len(number)))
        return {"bill_account": number, "bill_found": None}

    @staticmethod
    def _confirm_options() -> tuple[Option, ...]:
        return (
            Option(say.PAY, payload("affirm")),
            Option(say.CHANGE, payload("correct_value", field="bill_account")),
            Option(say.DROP, payload("cancel")),
        )


def _stored(bill: Bill) -> Values:
    """As a slot keeps it."""
    return {**asdict(bill), "due_on": bill.due_on.isoformat() if bill.due_on else None}


def _bill(stored: Mapping[str, Any]) -> Bill:
    """The bill kept in the slot, as it came from the bank."""
    known = {field.name for field in fields(Bill)}
    values = {name: value for name, value in stored.items() if name in known}
    due = values.get("due_on")
    return Bill(**{**values, "due_on": date.fromisoformat(due) if due else None})
