"""What people say of answers, and the questions nobody could answer, for those who write the knowledge base."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import DateTime, Engine, String, Text, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base
from bot.people import texts as say
from bot.rasa import DialogueMessage
from bot.schema import Turn
from bot.store import GatewayStore

_NOISE = re.compile(r"[\s，。！？、,.!?~～]+")
_END = re.compile("[嘛啊呢哦呀的了嘞]+$")
_WRONG = re.compile("(?:你|您)?(?:刚才)?(?:说|讲|答|回答|念)[的得]?(?:都|就|这个)?(?:不对|错了?|不是这个|没用)")
_USEFUL = frozenset(("有用", "很有用", "挺有用", "有帮助", "管用", "👍"))
_USELESS = frozenset(("没用", "没有用", "没啥用", "不管用", "没帮助", "答得不对", "答非所问", "👎"))
_UNANSWERED = frozenset(("refuse", "not_understood"))
"""Kinds of replies that say: I do not know, or I did not understand."""
RATED = frozenset(("answer", "clarify", "refuse", "fraud"))
"""Kinds of replies that are worth asking about."""
ASKED_ABOUT = RATED - {"clarify"}
"""Kinds of replies that are shown with buttons for it: a question back has buttons of its own."""


class Verdict(StrEnum):
    """Why a question is on the editors' list."""

    UNANSWERED = "unanswered"
    USELESS = "useless"
    USEFUL = "useful"


class Reason(StrEnum):
    """Why an answer was of no use; the words for it stand in ``texts.py``."""

    MISUNDERSTOOD = "misunderstood"
    WRONG = "wrong"
    HARD = "hard"
    PARTIAL = "partial"


class _Rating(Base):
    __tablename__ = "ratings"
    __table_args__ = ({"info": {"kept": timedelta(days=90)}},)
    turn_id: Mapped[str] = mapped_column(String(43), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    question: Mapped[str] = mapped_column(Text)
    entry: Mapped[str | None] = mapped_column(String(128))
    verdict: Mapped[str] = mapped_column(String(12), index=True)


class _Why(Base):
    __tablename__ = "rating_reasons"
    __table_args__ = ({"info": {"kept": timedelta(days=90)}},)
    turn_id: Mapped[str] = mapped_column(String(43), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    reason: Mapped[str] = mapped_column(String(16))


@dataclass(frozen=True)
class Question:
    """A question as editors see it: without who asked."""

    text: str
    verdict: Verdict
    entry: str | None
    at: datetime
    reason: Reason | None = None


class Feedback:
    """Kept in the gateway's database for ninety days, or until its sender wants it erased.

    Args:
        engine: the gateway's database.
        store: finds the answer that is meant.
    """

    def __init__(self, engine: Engine, store: GatewayStore) -> None:
        self._engine = engine
        self._store = store
        Base.metadata.create_all(engine)

    async def answer(self, conversation: str, text: str) -> list[DialogueMessage] | None:
        """The reply to 有用 or 没用 said of the last answer; None when the message is neither, or there is none."""
        plain = _END.sub("", _NOISE.sub("", text))
        if plain not in _USEFUL | _USELESS and not _WRONG.fullmatch(plain):
            return None
        kept = await asyncio.to_thread(self._store.last_turn, conversation)
        turn = Turn.model_validate_json(kept) if kept else None
        if turn is None or not any(reply.kind in RATED for reply in turn.replies):
            return None
        useful = plain in _USEFUL
        await asyncio.to_thread(self._rate, conversation, turn, useful)
        return [DialogueMessage(text=say.USEFUL if useful else say.USELESS, custom={"kind": "feedback"})]

    async def rate(self, conversation: str, turn_id: str, useful: bool, reason: Reason | None = None) -> bool:
        """Whether the answer was this sender's and is rated now; a second press changes the first.

        ``reason`` says why it was of no use.
        """
        kept = await asyncio.to_thread(self._store.turn, conversation, turn_id)
        if kept is None:
            return False
        await asyncio.to_thread(self._rate, conversation, Turn.model_validate_json(kept), useful, reason)
        return True

    async def note(self, conversation: str, turn: Turn) -> None:
        """Put a question on the list when it was not answered."""
        if any(reply.kind in _UNANSWERED for reply in turn.replies):
            await asyncio.to_thread(self._keep, conversation, turn, Verdict.UNANSWERED)

    def questions(self, since: datetime) -> list[Question]:
        """What was unanswered or rated since a moment, newest first."""
        query = select(_Rating, _Why.reason).outerjoin(_Why, _Why.turn_id == _Rating.turn_id)
        query = query.where(_Rating.created_at >= since).order_by(_Rating.created_at.desc())
        with Session(self._engine) as session:
            return [
                Question(
                    row.question, Verdict(row.verdict), row.entry, row.created_at, Reason(reason) if reason else None
                )
                for row, reason in session.execute(query)
            ]

    def _rate(self, conversation: str, turn: Turn, useful: bool, reason: Reason | None = None) -> None:
        self._keep(conversation, turn, Verdict.USEFUL if useful else Verdict.USELESS, None if useful else reason)

    def _keep(self, conversation: str, turn: Turn, verdict: Verdict, reason: Reason | None = None) -> None:
        question = (turn.heard.text if turn.heard else None) or (turn.understood.text if turn.understood else "")
        if not question:
            return
        entry = next((source.id for reply in turn.replies for source in reply.sources), None)
        now = datetime.now(UTC)
        row = _Rating(
            turn_id=turn.turn_id,
            sender=conversation,
            question=question,
            entry=entry,
            verdict=verdict,
            created_at=now,
        )
        with Session(self._engine) as session, session.begin():
            session.merge(row)
            if reason is not None:
                session.merge(_Why(turn_id=turn.turn_id, sender=conversation, created_at=now, reason=reason))
            elif verdict == Verdict.USEFUL:
                session.execute(delete(_Why).where(_Why.turn_id == turn.turn_id))
