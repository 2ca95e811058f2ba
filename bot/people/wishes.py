"""Whether somebody wants news of their cases unasked. Nothing said means yes; a caller decides about calls besides
(``bot/channels/hotline/desk/outcalls.py``)."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Boolean, DateTime, Engine, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base
from bot.people import texts as say
from bot.rasa import DialogueMessage

_BEFORE = r"(?:请|你们?|您)*(?:以后|往后|再)*(?:都)?"
_NEWS = r"(?:这样的|这种|这些)?(?:消息|信息|通知|提醒)"
_STOP = re.compile(
    rf"{_BEFORE}(?:别|不要|不用|莫|甭)再?(?:给我|跟我|往我这儿?)?(?:发|推|推送|来){_NEWS}(?:给我|来)?(?:了|啦)?"
    rf"|(?:我)?不(?:想|要|愿)?(?:要|收|再收|接收){_NEWS}(?:了|啦)?"
)
_AGAIN = re.compile(
    r"(?:请|你们?|您)*(?:以后)?(?:一?有了?(?:新)?消息)(?:就|都|还是|再)?(?:告诉|通知|发给|说给)我(?:一声)?"
)
_NOISE = re.compile(r"[\s，。！？、,.!?]+|[吧啊呀呢嘛]+$")


class _NewsWish(Base):
    __tablename__ = "news_wishes"
    __table_args__ = ({"info": {"stays": True}},)
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    wanted: Mapped[bool] = mapped_column(Boolean)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


@dataclass(frozen=True)
class NewsWishes:
    """Kept in the gateway's database."""

    engine: Engine

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)

    async def answer(self, conversation: str, text: str) -> list[DialogueMessage] | None:
        """The reply to such a wish; None when the message as a whole is none."""
        plain = _NOISE.sub("", text)
        wanted = False if _STOP.fullmatch(plain) else True if _AGAIN.fullmatch(plain) else None
        if wanted is None:
            return None
        await asyncio.to_thread(self._decide, conversation, wanted)
        return [DialogueMessage(text=say.NEWS_AGAIN if wanted else say.NEWS_STOPPED, custom={"kind": "talk"})]

    def wanted(self, conversation: str) -> bool:
        """What a conversation said last. Blocks briefly."""
        with Session(self.engine) as session:
            row = session.get(_NewsWish, conversation)
            return row is None or row.wanted

    def _decide(self, conversation: str, wanted: bool) -> None:
        with Session(self.engine) as session, session.begin():
            session.merge(_NewsWish(sender=conversation, wanted=wanted, decided_at=datetime.now(UTC)))
