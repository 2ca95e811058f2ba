"""A finished turn as it is said on the telephone: short, without links, with the numbers that matter said twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.hotline.desk import said
from bot.channels.hotline.wire import Expected, SpokenReply, SpokenTurn
from bot.hints import DIGITS, YES_NO
from bot.options import without_options
from bot.schema import Reply, Turn

MOST_CHARS = 140
"""Of one answer: half a minute at the synthesiser's four and a half characters a second."""
TRANSFER, CLOSED = "transfer", "closed"
"""Kinds of the reply after which the caller goes to a person, and of the one that says that nobody is at work."""
MUST_HEAR = frozenset(("notice", "warning"))
"""Kinds that the caller's voice does not stop: what is kept (Personal Information Protection Law, art. 17), and the
warning inside a money flow (Anti-Telecom-Fraud Law, art. 30)."""
_CONSENTS = frozenset(("loan_consent", "loan_credit"))
"""Slots of separate consents: heard whole before they are given (Personal Information Protection Law, art. 14)."""
_AMOUNTS = frozenset(("loan_amount",))

_URL = re.compile(r"(?:https?://|www\.)[^\s\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
_LINK = re.compile(rf"(?:[^。！？：\n]*：)?\s*{_URL.pattern}")
"""An address with the words that announce it: 确认页面：https://..."""
_FIGURE = "零一二三四五六七八九幺〇0-9"
_NUMBER_SAID = re.compile(
    rf"(电话|手机号?|号码|户号|账号|卡号|缴费编号)(是|为|：)?([{_FIGURE}]{{2,4}}(?:[，,]?[{_FIGURE}]{{1,4}}){{1,6}})"
)
_SENTENCE = re.compile(r"[^。！？\n]*[。！？\n]?")
_MONEY = re.compile(r"\d[\d,]*(?:\.\d+)?万?元")
_DIGIT = dict(zip("0123456789", "零一二三四五六七八九", strict=True))


@dataclass(frozen=True)
class Asked:
    """What a turn asked, as the gateway kept it.

    Attributes:
        slot: of a form.
        masked: numbers in it were keyed: they are read back by their last four digits.
    """

    slot: str | None = None
    masked: bool = True


def spoken_turn(turn: Turn, spoken: Sequence[str | None], asked: Asked, summary: str | None = None) -> SpokenTurn:
    """The turn for the ear.

    Args:
        turn: as it was answered.
        spoken: what each reply sounds like with its options, None where that is not known any more.
        asked: what it asked.
        summary: for the person, where the caller goes to one.
    """
    transfer = any(reply.kind == TRANSFER for reply in turn.replies)
    answered = any(reply.kind in (TRANSFER, CLOSED) for reply in turn.replies)
    pairs = [
        (reply, heard)
        for reply, heard in zip(turn.replies, spoken, strict=True)
        if not (answered and reply.kind == "handoff")  # its waiting list is for chats
    ]
    replies = tuple(_reply(reply, heard, asked, last=reply is pairs[-1][0]) for reply, heard in pairs)
    return SpokenTurn(
        turn_id=turn.turn_id,
        replies=tuple(reply for reply in replies if reply.say or reply.options),
        expects=expects(asked.slot, any(reply.options for reply in replies)),
        asks=asked.slot,
        transfer=transfer,
        summary=summary if transfer else None,
        farewell=_farewell(turn),
    )


def expects(slot: str | None, options: bool) -> Expected:
    """The kind of answer that a question wants."""
    if slot in _AMOUNTS:
        return Expected.AMOUNT
    if slot in DIGITS:
        return Expected.DIGITS
    if slot in YES_NO:
        return Expected.YES_NO
    return Expected.MENU if options else Expected.ANYTHING


def cut(text: str) -> tuple[str, str]:
    """What of a long text is said now, in whole sentences, and the rest."""
    if len(text) <= MOST_CHARS:
        return text, ""
    end = 0
    for sentence in _SENTENCE.finditer(text):
        if sentence.end() > MOST_CHARS and end:
            break
        end = sentence.end()
    return text[:end], text[end:]


def ear_form(reply: Reply, heard: str | None) -> str:
    """What a reply sounds like, without its options and links, uncut."""
    options = [(option.key, option.title) for option in reply.options]
    text = without_options(heard, options) if heard is not None else reply.text
    return re.sub(r"\s*\n+\s*", "\n", _LINK.sub("", text)).strip()


def _reply(reply: Reply, heard: str | None, asked: Asked, *, last: bool) -> SpokenReply:
    text = ear_form(reply, heard)
    if reply.kind == "answer":
        text, _ = cut(text)
        if reply.sources and reply.sources[0].title not in text:
            text += said.BASIS.format(title=reply.sources[0].title)
    if reply.kind == "confirm":
        text = _read_back(text, reply.text, masked=asked.masked)
    elif reply.case_id and reply.kind == "case":
        text = f"{_ended(text)}{said.CASE_AGAIN.format(case=digits(reply.case_id))}"
    return SpokenReply(
        say=text,
        options=tuple(reply.options),
        kind=reply.kind,
        must_hear=reply.kind in MUST_HEAR or (last and asked.slot in _CONSENTS),
    )


def _read_back(text: str, written: str, *, masked: bool) -> str:
    """A read-back with its amount said twice, and what was keyed said by its last four digits."""
    if masked:
        text = _NUMBER_SAID.sub(lambda m: m[1] + said.NUMBER_END.format(end=re.sub("[，,]", "", m[3])[-4:]), text)
    money = _MONEY.search(written)
    if money is None:
        return text
    again = said.AMOUNT_AGAIN.format(amount=money.group())
    question = re.search(r"[^。！？\n]*？$", text)
    return f"{text[: question.start()]}{again}{question.group()}" if question else f"{_ended(text)}{again}"


def digits(number: str) -> str:
    """A number for the ear: digit by digit in groups of three."""
    return "，".join("".join(_DIGIT.get(c, c) for c in number[at : at + 3]) for at in range(0, len(number), 3))


def _ended(text: str) -> str:
    return text if text.endswith(("。", "！", "？")) else f"{text}。"


def _farewell(turn: Turn) -> bool:
    """Somebody said goodbye; a form that was begun is kept for the next call."""
    offered = any(reply.options for reply in turn.replies)
    return turn.understood is not None and turn.understood.intent == "goodbye" and not offered
