"""Answers from the knowledge base and verdicts on suspicious messages."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from actions.dialogue.ports import Fraud, Knowledge, SearchResult
from actions.dialogue.trouble import trouble
from actions.dialogue.turn import Message, Option, Reply, Turn, payload
from actions.texts import answers as say
from actions.texts.say import hotlines

MOST_CHOICES = 3
"""A list read aloud is forgotten after three."""
NO_ENTRY = "none"
"""``entry`` of the option "none of these"."""

_PAID = re.compile(
    "(?:已经|刚才|刚刚|都|就|我)[^，。]{0,6}(?:转|汇|打(?!电话|听|工))(?:(?:给|到|进)[^，。]{1,8}|过去)?(?:了|过去)"
    "(?!.*(?:没|要))|(?:被|遭)(?:人)?骗了"
)
"""The money is gone already."""
_REPORT = re.compile(
    "有人|有个|公安|警察|民警|法院|检察|短信|信息|消息|电话|链接|网址|网站|孙子|儿子|女儿|亲戚|领导|熟人|打钱|转钱|转账|汇款|借钱|交钱|"
    "高工资|兼职|刷单|客服|群里|拉我|加我|微信|二维码|扫码|中奖|领奖|退款|验证码|快递|投资|理财|保证金|定金|手续费|下载|屏幕|陌生|对方|说是|让我|叫我|要我|喊我"
)
"""Somebody asked for or sent something: that it looks harmless proves nothing."""
_BARE = re.compile(
    "(?:这|那|他|她|你|您|你们|我怕|怕|个|的|[，,])*(?:是不是|是|像|有)?(?:碰到|遇到)?(?:个|了|有)?(?:骗子|诈骗|骗人|骗局|假)(?:的|了|电话|短信)*(?:不|吗|吧|么|嘛|啊|哦|呢|[？?。！!])*"
)
"""Fraud is named and nothing is told of it: there is nothing to judge."""


def names_fraud(text: str) -> bool:
    """Whether ``text`` names fraud and tells nothing of it: 骗子, 是不是骗子."""
    return _BARE.fullmatch(text.strip()) is not None


def answer_of(hit: Any) -> Message:
    """The entry's own words, the short form first, and its sources. The title tells what was understood."""
    sources = tuple(_source(hit, source) for source in hit.sources)
    text = say.ANSWER.format(title=hit.title, short=hit.spoken, full=hit.text)
    spoken = say.ANSWER_SPOKEN.format(title=hit.title, short=hit.spoken)
    if hit.status == "imported":
        text, spoken = f"{text}\n\n{say.UNCHECKED}", f"{spoken}{say.UNCHECKED}"
    return Message(text, spoken, sources=sources, kind="answer", extra={"entry_id": hit.id, "title": hit.title})


def _source(hit: Any, source: Any) -> Mapping[str, Any]:
    day = getattr(source, "date", None) or hit.date
    article = getattr(source, "article", None)
    title = f"{source.title} {article}" if article else source.title
    return {"id": hit.id, "title": title, "url": source.url, "date": None if day is None else str(day)}


class KnowledgeAnswer:
    """ask_knowledge: the entry that fits, a question which of several is meant, or an honest "I don't know"."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge

    async def __call__(self, turn: Turn) -> Reply:
        """Answer the question of ``turn`` (or the entry that was chosen)."""
        entry, question = turn.first("entry"), turn.first("question")
        if entry == NO_ENTRY:
            return Reply((self._refusal(),))
        queries = (str(question),) if question else () if turn.is_payload else turn.queries
        if not queries:
            return Reply((Message(say.NO_QUESTION, kind="answer"),))
        try:
            found = await self.search(queries, turn.region)
        except Exception as error:  # noqa: BLE001 - an index that fails must not silence the assistant
            return Reply((trouble(turn, "knowledge search", error, say.KNOWLEDGE_DOWN, (_person(),)),))
        if entry:
            chosen = next((hit for hit in found.hits if hit.id == entry), None)
            return Reply((answer_of(chosen) if chosen is not None else self._refusal(),))
        if found.decision == "answer" and found.hits:
            return Reply((answer_of(found.hits[0]),))
        if found.decision == "clarify" and found.hits:
            return Reply((self._which(found.hits[:MOST_CHOICES]),))
        return Reply((self._refusal(),))

    async def search(self, queries: Sequence[str], region: str | None) -> SearchResult:
        """Search off the event loop."""
        return await asyncio.to_thread(self._knowledge.search, list(queries), k=5, region=region)

    @staticmethod
    def _which(hits: Sequence[Any]) -> Message:
        choices = [Option(hit.title, payload("ask_knowledge", entry=hit.id, question=hit.title)) for hit in hits]
        none = Option(say.NONE_OF_THESE, payload("ask_knowledge", entry=NO_ENTRY))
        return Message(say.CLARIFY, options=(*choices, none), kind="clarify")

    @staticmethod
    def _refusal() -> Message:
        return Message(say.REFUSE, options=(_person(),), kind="refuse")


class FraudAnswer:
    """check_fraud: the verdict in plain words, why, what to do now and whom to call."""

    def __init__(self, fraud: Fraud) -> None:
        self._fraud = fraud

    async def __call__(self, turn: Turn) -> Reply:
        """Judge what the user describes."""
        told = str(turn.first("question") or turn.words)
        if not told or names_fraud(told):
            return Reply((Message(say.FRAUD_ASK, kind="answer"),))
        try:
            verdict = await asyncio.to_thread(self._fraud.check, told)
        except Exception as error:  # noqa: BLE001 - the warning must be given even when the checker fails
            return Reply((trouble(turn, "fraud check", error, hotlines(say.FRAUD_DOWN)),))
        label = {"label": verdict.label}
        if _PAID.search(told):  # every minute counts: nothing stands before the call
            paid = hotlines(say.FRAUD_PAID)
            return Reply((Message(paid.text, paid.spoken, kind="fraud", extra=label),))
        if verdict.label == "normal" and _REPORT.search(told):
            careful = hotlines(say.FRAUD_CANNOT_TELL)
            unsure = {"label": "unsure"}
            return Reply((Message(careful.text, careful.spoken, options=(_person(),), kind="fraud", extra=unsure),))
        signs = "；".join(sign.rstrip("。；") for sign in verdict.signs[:MOST_CHOICES])
        because = say.FRAUD_SIGNS.format(signs=signs) if signs and verdict.label != "normal" else ""
        told_back = hotlines(verdict.advice + because)
        return Reply((Message(told_back.text, told_back.spoken, kind="fraud", extra=label),))


def _person() -> Option:
    return Option(say.ASK_PERSON, payload("human_agent"))
