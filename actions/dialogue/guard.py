# ruff: noqa: E501 - patterns stay whole
"""The guard inside money flows: known tricks told in the conversation stop the form until the user says yes twice.

A form goes on only after the warning was answered with a yes and a second question with another one; a person can be
called and the form dropped at any time. A trick that is only asked about (是不是骗子) is answered as any question, and
the warning comes before the read-back. What was said stays in the slot ``form_guard`` and goes with the case to the
staff.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from actions.dialogue import words
from actions.dialogue.form_spec import FORM_OF, KEY, PENDING, REQUESTED, SURE
from actions.dialogue.turn import Handler, Message, Option, Reply, Turn, payload
from actions.dialogue.values import is_question
from actions.texts import guard as say
from actions.texts.say import hotlines

GUARD = "form_guard"
_PATTERNS = {
    "safe_account": r"安全账[户号]|清查账户|核查账户|保护(?:我的|您的|你的)?资金",
    "police": r"(?:公安|警察|民警|检察|法院|公检法|通管局|反诈中心)[^，。]{0,12}(?:转|汇|交|打款|配合|账户|贷)|(?:涉嫌|卷入)[^，。]{0,8}(?:洗钱|犯罪|案)|通缉|逮捕令",
    "remote": r"共享屏幕|屏幕共享|远程(?:控制|协助|操作)|(?:下载|装)[^，。]{0,8}(?:会议|远程)[^，。]{0,8}(?:软件|APP|app)",
    "mentor": r"(?:投资|理财|炒股|股票|币)[^，。]{0,6}(?:导师|老师|大师)|(?:老师|导师)[^，。]{0,6}带(?:我|着|你)[^，。]{0,6}(?:赚|投|炒)|稳赚|内幕消息|高回报",
    "relative": r"(?:儿子|女儿|孙子|孙女|孙儿|娃儿?|侄子|外甥|亲戚|领导|老板|战友|同学)[^。]{0,14}(?:急用钱|急着用钱|出事|车祸|撞了?人|[被遭]抓)[^。]{0,20}(?:转|汇|打钱|贷|借|钱)|(?:儿子|女儿|孙子|孙女|侄子|外甥|亲戚|领导|老板|战友|同学)[^，。]{0,14}(?:打来|电话|微信|QQ|短信)[^。]{0,14}(?:转|汇|打钱|借钱)|(?:不让|不要|别)[^，。]{0,4}(?:告诉|跟)[^，。]{0,4}(?:家里|家人|别人)",
    "lend_card": r"(?:银行卡|手机卡|电话卡|我的?卡|账户)[^，。]{0,3}(?:借|租|卖)(?:给)?(?:他|她|人|别人|你|我|出去)|(?:走|过)(?:一下|下|点|个)?账|(?:借|租|卖|出借|出租)[^，。]{0,6}(?:银行卡|手机卡|电话卡|账户)|(?:银行卡|手机卡|电话卡)[^，。]{0,6}(?:借给|租给|卖给)",
    "flow": r"刷(?:一下|下|点)?流水|走流水|做流水|包装(?:资料|材料|流水)",
    "unfreeze": r"解冻费|解冻金|保证金[^，。]{0,10}(?:放款|解冻|才|先)|(?:先|要)交[^，。]{0,8}(?:手续费|保证金|工本费|验资|解冻)|验资",
    "brush": r"刷单|做任务返|垫付返|点赞返",
    "private": r"(?:转|汇|打)(?:到|给|进)[^，。]{0,6}(?:私人|个人|陌生人|对方)(?:的)?(?:账户|账号|卡)",
}
PATTERNS = {name: re.compile(pattern) for name, pattern in _PATTERNS.items()}
"""What is said of the tricks the police warn of most (96110: the national anti-fraud line)."""
OTHER = "told"
"""A trick that only the fraud checker knows."""
_DENIED = re.compile(r"(?:没|没有|不是|不存在|哪有|不会|知道|晓得|当心|小心|防止|防)[^，。]{0,6}$")
_ASKS = re.compile(
    r"[?？]|(?:吗|呢|么|不)[。！!]?$|是不是|会不会|能不能|要不要|可不可以|该不该|真的假的|真假|对不对|咋办|怎么办"
)
"""Asks about the trick. 让我共享屏幕，教我怎么交 asks nothing: it tells what is going on."""
_GO_ON = re.compile(r"接着办|继续办?|还要办|要办|还是办|确定|我自己要|是我自己")


def found(text: str) -> str | None:
    """The trick that ``text`` tells of, or None; one that is only denied (没人叫我刷流水) is none."""
    for name, pattern in PATTERNS.items():
        match = pattern.search(text)
        if match is not None and not _DENIED.search(text[: match.start()]):
            return name
    return None


def signs_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    """For the staff: what was told, after which the user went on."""
    state = values.get(GUARD) or {}
    return tuple(say.FOR_STAFF.format(sign=say.NAMES[name]) for name in state.get("seen", ()))


class Guard:
    """Stands before and after a step of a form.

    Args:
        confirm: each form's last slot by the form's name.
        first: each form's first slot.
        person: puts the wish for a person on the staff's list.
    """

    def __init__(self, first: Mapping[str, str], confirm: Mapping[str, str], person: Handler) -> None:
        self._first = first
        self._confirm = confirm
        self._person = person

    async def before(self, turn: Turn, form: str) -> Reply | None:
        """The warning, or the answer to it, instead of a step; None: the step is taken.

        The step that follows a second yes is taken with :meth:`resumed`.
        """
        state = dict(turn.slots.get(GUARD) or {})
        stage = int(state.get("stage") or 0)
        if stage:
            return await self._answered(turn, form, state, stage)
        sign = found(turn.words)
        if sign is None or sign in state.get("seen", ()):
            return None
        # Whatever the classifier makes of it: only what is put as a question waits for its answer.
        if _ASKS.search(turn.words) and turn.slots.get(KEY) is not None:
            return None  # answered as a question; see after()
        held = None
        if turn.slots.get(KEY) is None:  # the opening: kept until the warning is answered
            pending = turn.slots.get(PENDING)
            entities = [[entity.kind, entity.value, entity.text] for entity in turn.entities]
            held = pending or {"intent": _intent_of(form), "text": turn.text, "entities": entities}
        return self._warned(turn, form, {**state, "stage": 1, "sign": sign, "held": held})

    def after(self, turn: Turn, form: str, reply: Reply) -> Reply:
        """The reply, or the warning that is still owed before the read-back."""
        asked = reply.slots.get(REQUESTED)
        if asked is None:  # the form is over, or hands over to another
            return reply
        state = dict(turn.slots.get(GUARD) or {})
        sign = found(turn.words)
        if sign and sign not in state.get("seen", ()):  # only asked about so far
            state["owed"] = sign
        verdict = next((message for message in reply.messages if _found_fraud(message)), None)
        if verdict is not None and not sign and not _ASKS.search(turn.words) and OTHER not in state.get("seen", ()):
            stopped = self._warned(turn, form, {**state, "sign": OTHER, "held": None})
            return Reply(
                (replace(verdict, options=()), *stopped.messages), {**reply.slots, **stopped.slots, REQUESTED: asked}
            )
        if asked == self._confirm[form] and state.get("owed"):
            owed = str(state.pop("owed"))
            warned = self._warned(turn, form, {**state, "sign": owed, "held": None})
            told = [message for message in reply.messages if message.kind == "fraud"]
            return Reply((*told, *warned.messages), {**reply.slots, **warned.slots, REQUESTED: asked})
        return replace(reply, slots={**reply.slots, GUARD: state or None})

    def resumed(self, turn: Turn) -> Turn | None:
        """The turn to go on with after the second yes, or None while the form is stopped."""
        state = dict(turn.slots.get(GUARD) or {})
        if int(state.get("stage") or 0) != 2 or not _yes(turn):
            return None
        cleared = self._cleared(state)
        if state.get("held"):
            slots = {**turn.slots, GUARD: cleared, PENDING: state["held"], KEY: None}
            return replace(turn, text=str(state["held"].get("text", "")), slots=slots, last_messages=())
        again = replace(turn, slots={**turn.slots, GUARD: cleared}, last_messages=())
        return again.choosing(payload("repeat"))

    async def _answered(self, turn: Turn, form: str, state: dict[str, Any], stage: int) -> Reply | None:
        wants_person = words.person(turn.words) or (
            turn.intent == "human_agent" and (turn.is_payload or turn.confidence >= SURE)
        )
        if wants_person:
            called = await self._person(turn.choosing(payload("human_agent", reason="fraud")))
            again = self._warned(turn, form, state)
            return Reply((*called.messages, *again.messages), again.slots)
        if stage == 2 and turn.words.startswith("没"):  # 没有: nobody is teaching me, or no?
            return self._asked_again(turn, form, state)
        sure = turn.is_payload or turn.confidence >= SURE
        stops = words.cancel(turn.words) or words.no(turn.words) or (sure and turn.intent in ("deny", "cancel"))
        if stops and not _yes(turn):  # 还要办 sounds like a no to some
            names = [name for name in turn.slots if name.startswith(("loan_", "bill_", "applicant_", "crop_", "form_"))]
            dropped = hotlines(say.DROPPED)
            message = Message(dropped.text, dropped.spoken, kind="cancelled")
            return Reply((message,), {**dict.fromkeys(names), GUARD: None, REQUESTED: None})
        if not _yes(turn):
            return self._warned(turn, form, state)
        if stage == 1:
            return self._asked_again(turn, form, state)
        return None

    def _asked_again(self, turn: Turn, form: str, state: dict[str, Any]) -> Reply:
        choices = (Option(say.SURE, payload("affirm")), *self._ways_out())
        message = Message(say.SECOND, options=choices, kind="guard")
        return Reply((message,), self._kept(turn, form, {**state, "stage": 2}))

    def _warned(self, turn: Turn, form: str, state: dict[str, Any]) -> Reply:
        told = hotlines(say.WARNING.format(reason=say.REASONS[state["sign"]]))
        choices = (Option(say.GO_ON, payload("affirm")), *self._ways_out())
        state = {**state, "stage": 1}
        return Reply((Message(told.text, told.spoken, options=choices, kind="guard"),), self._kept(turn, form, state))

    @staticmethod
    def _ways_out() -> tuple[Option, Option]:
        return Option(say.DROP, payload("cancel")), Option(say.PERSON, payload("human_agent", reason="fraud"))

    def _kept(self, turn: Turn, form: str, state: dict[str, Any]) -> dict[str, Any]:
        return {GUARD: state, REQUESTED: turn.slots.get(REQUESTED) or self._first[form]}

    @staticmethod
    def _cleared(state: Mapping[str, Any]) -> dict[str, Any]:
        return {"seen": [*state.get("seen", ()), state["sign"]]}


def _found_fraud(message: Message) -> bool:
    """Whether this is the checker's verdict that something is a trick."""
    return message.kind == "fraud" and message.extra.get("label") == "fraud"


def _yes(turn: Turn) -> bool:
    if turn.is_payload:
        return turn.intent == "affirm"
    plain = not is_question(turn.words) and re.search("[不没莫别甭]", turn.words) is None
    return words.yes(turn.words) or (plain and _GO_ON.search(turn.words) is not None)


def _intent_of(form: str) -> str:
    return next(intent for intent, name in FORM_OF.items() if name == form)
