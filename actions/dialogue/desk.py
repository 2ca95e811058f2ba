"""The counter: progress of a case, a person, and services that are not connected yet (said truthfully)."""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import Any

from actions.cases import Case, CaseKind, CaseState
from actions.dialogue import words
from actions.dialogue.answers import KnowledgeAnswer, answer_of
from actions.dialogue.form_spec import SURE
from actions.dialogue.ports import Cases, HandOffs
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Handler, Message, Option, Reply, Turn, payload
from actions.dialogue.values import whole_digits
from actions.texts import answers as say
from actions.texts import services as service_say
from actions.texts.money import amount
from actions.texts.say import Say, digits, hotlines
from nlu.dialect.digits import digit_runs

log = logging.getLogger(__name__)


CASE_DIGITS = 10
MOST_OTHERS = 3
"""A list read aloud is forgotten after three."""
_EXPLAINED_BY_PEOPLE = frozenset((CaseState.DECLINED, CaseState.REJECTED, CaseState.NEEDS_STAFF))


def is_case_number(text: str) -> bool:
    """Whether ``text`` is a case number and nothing else: 1570478727, 我的编号是2899447861."""
    number = whole_digits(text, account=True)
    return number is not None and len(number) == CASE_DIGITS and not number.startswith("0")


class Progress:
    """check_progress: the case with the number said, else the sender's newest (of the kind that is named).

    What else is open is offered. Never somebody else's.
    """

    def __init__(self, cases: Cases) -> None:
        self._cases = cases

    async def __call__(self, turn: Turn) -> Reply:
        """Say where a case stands."""
        runs = digit_runs(turn.words, shortest=4)
        number = str(turn.first("value") or "") or (runs[0].digits if len(runs) == 1 else None)
        kind = _kind_of(turn.words)
        try:
            if number:
                case = await self._cases.get(number, turn.sender)
            else:
                case = await self._cases.latest(turn.sender, kind) or await self._cases.latest(turn.sender)
            others = await self._cases.others_open(turn.sender, case.id) if case is not None and not number else ()
        except Exception as error:  # noqa: BLE001 - a ledger that fails is said so
            return Reply((trouble(turn, "case look-up", error, say.CASE_DOWN),))
        if case is None and number:
            text = say.CASE_UNKNOWN
            return Reply((Message(text.format(id=number), text.format(id=digits(number)), kind="answer"),))
        if case is None:
            return Reply((Message(say.CASE_NONE, kind="answer"),))
        found = told(case)
        if not others:
            return Reply((found,))
        choices = [Option(_title(other), payload("check_progress", value=other.id)) for other in others[:MOST_OTHERS]]
        more = Message(say.CASE_OTHERS, options=(*choices, Option(say.CASE_ENOUGH, payload("thanks"))), kind="question")
        return Reply((found, more))


def _kind_of(text: str) -> CaseKind | None:
    """Which kind of case is asked about, if one is named: 我的贷款办到哪了."""
    loan, bill = re.search("贷|借款", text), re.search("[电水气话视]费|[交缴付]的?费|[交缴]了|医保|养老|社保", text)
    return None if bool(loan) == bool(bill) else "loan" if loan else "bill"


def _what(case: Case) -> str:
    """贷款申请, or 交 and the name of the bill."""
    name = case.details.get("bill_name")
    return say.BILL.format(name=name) if case.kind == "bill" and name else say.KINDS.get(case.kind, case.summary)


def _title(case: Case) -> str:
    return f"{_what(case)}{amount(case.amount_fen).text}"


def told(case: Case) -> Message:
    """Where a case stands, with the page on which a payment is confirmed."""
    what, sum_ = _what(case), amount(case.amount_fen)
    texts = {"what": what, "state": case.state_text}
    said = Say(
        say.CASE.format(id=case.id, amount=sum_.text, **texts),
        say.CASE.format(id=digits(case.id), amount=sum_.spoken, **texts),
    )
    if not case.fresh:
        said += Say(say.CASE_STALE)
    extra: dict[str, Any] = {"case_step": case.step}
    url = case.details.get("confirm_url")
    if url:
        said = Say(f"{said.text}\n{say.CASE_LINK.format(url=url)}", said.spoken)
        extra["confirm_url"] = url
    return Message(said.text, said.spoken, case_id=case.id, kind="case", extra=extra)


def news(case: Case) -> Message:
    """Where a case stands, for its sender who did not ask: the words of :class:`Progress`, and a way to a person."""
    said = told(case)
    person = say.NEWS_PERSON if case.state in _EXPLAINED_BY_PEOPLE else ""
    text = say.NEWS.format(case=said.text, person=person)
    return replace(said, text=text, spoken=say.NEWS.format(case=said.spoken or said.text, person=person), kind="news")


class Person:
    """human_agent: the wish is put on the staff's list; nothing is promised that nobody guaranteed."""

    def __init__(self, hand_offs: HandOffs) -> None:
        self._hand_offs = hand_offs

    async def __call__(self, turn: Turn) -> Reply:
        """Register the wish; if it is not clear that it is one, ask first (who asks for a number wants none)."""
        if (numbers := numbers_asked(turn)) is not None:
            return Reply((numbers,))
        if not turn.is_payload and turn.confidence < SURE and not words.person(turn.words):
            choices = (Option(say.ASK_PERSON, payload("human_agent")), Option(say.HANDOFF_NO, payload("thanks")))
            return Reply((Message(say.HANDOFF_ASK, options=choices, kind="question"),))
        reason = say.HANDOFF_REASONS.get(str(turn.first("reason")), say.HANDOFF_REASONS["asked"])
        try:
            number = await self._hand_offs.request(turn.sender, reason)
        except Exception as error:  # noqa: BLE001 - say so, name another way to a person
            return Reply((trouble(turn, "hand-off", error, say.HANDOFF_DOWN),))
        text = say.HANDOFF
        told = text.format(id=number), text.format(id=digits(number))
        return Reply((Message(*told, kind="handoff", extra={"hand_off_id": number}),))


def numbers_asked(turn: Turn) -> Message | None:
    """The answer to who asks for a telephone number (银行客服电话是多少), with a person offered; else None."""
    if not words.asks_number(turn.words) or words.person(turn.words):
        return None
    choices = (Option(say.ASK_PERSON, payload("human_agent")), Option(say.HANDOFF_NO, payload("thanks")))
    return Message(say.NUMBERS, options=choices, kind="question")


class NotConnected:
    """A service that is not connected yet: what can be done today and who knows, and an entry if one fits."""

    def __init__(self, told: Say, knowledge: KnowledgeAnswer | None = None, options: tuple[Option, ...] = ()) -> None:
        self._told = told
        self._knowledge = knowledge
        self._options = options

    async def __call__(self, turn: Turn) -> Reply:
        """The truth first, then the knowledge entry that answers the question."""
        kind = "question" if self._options else "answer"
        messages = [Message(self._told.text, self._told.spoken, options=self._options, kind=kind)]
        if self._knowledge is not None and turn.words:
            try:
                found = await self._knowledge.search(turn.queries, turn.region)
            except Exception as error:  # noqa: BLE001 - what was said already is still true
                log.error("knowledge search failed type=%s", type(error).__name__)
            else:
                if found.decision == "answer" and found.hits:
                    messages.append(answer_of(found.hits[0]))
        return Reply(tuple(messages))


def not_connected(knowledge: KnowledgeAnswer) -> dict[str, Handler]:
    """The handlers of all services that are not connected yet, by intent."""
    visit = (
        Option(service_say.VISIT_YES, payload("human_agent")),
        Option(service_say.VISIT_NO, payload("thanks")),
    )
    return {
        "query_price": NotConnected(hotlines(service_say.PRICE)),
        "trade_goods": NotConnected(hotlines(service_say.TRADE)),
        "find_service_point": NotConnected(hotlines(service_say.SERVICE_POINT)),
        "open_account_card": NotConnected(hotlines(service_say.OPEN_CARD), knowledge),
        "report_card_loss": NotConnected(hotlines(service_say.CARD_LOSS), knowledge),
        "query_subsidy": NotConnected(hotlines(service_say.SUBSIDY), knowledge),
        "find_course": NotConnected(hotlines(service_say.COURSE)),
        "village_affairs": NotConnected(hotlines(service_say.VILLAGE), knowledge),
        "book_visit": NotConnected(hotlines(service_say.VISIT), options=visit),
    }
