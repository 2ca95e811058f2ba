"""The calls that go on: whose they are. Kept so that a gateway that starts anew goes on with them."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Engine, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.channels.hotline.wire import IvrAnswer, Outcome, TurnTimes
from bot.database import Base, aware, inserted
from bot.sealing import Seal

KEPT = timedelta(days=1)
_MOST = 2000


class _Call(Base):
    __tablename__ = "calls"
    # A caller who wants to be forgotten is still on the telephone.
    __table_args__ = ({"info": {"kept": KEPT, "stays": True}},)
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    number_sealed: Mapped[str | None] = mapped_column(Text)
    called: Mapped[str | None] = mapped_column(String(32))
    protocol: Mapped[str] = mapped_column(String(16))
    purpose: Mapped[str | None] = mapped_column(String(64))
    region: Mapped[str | None] = mapped_column(String(6))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass
class Call:
    """A call that goes on.

    Attributes:
        sender: conversation id.
        number: the caller's, normalised; None when it is withheld. Personal: never logged.
        region: GB/T 2260, None when nobody knows yet.
        began: aware, UTC.
        voiced: slots answered by voice in this call: they are read back whole, what was keyed is masked.
        private: what was said or keyed in answer to a question about the person, or a number; in no record.
        asking_region, outcome, exchanges, answers, lock: of a call on a platform (``ivr.py``): whether it was asked
            where the caller is from, how it stands, what was said, answers by message id, one thing at a time.
        letters: number of the last message that was told when it began; 0 when none was.
    """

    id: str
    sender: str
    number: str | None
    called: str | None
    protocol: str
    purpose: str | None
    region: str | None
    began: datetime
    voiced: set[str] = field(default_factory=set)
    private: set[str] = field(default_factory=set)
    letters: int = 0
    asking_region: bool = False
    outcome: Outcome = Outcome.OPEN
    exchanges: list[TurnTimes] = field(default_factory=list)
    answers: dict[str, IvrAnswer] = field(default_factory=dict)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class CallBook:
    """Kept in the gateway's database, numbers sealed. Methods block briefly: call them in a thread.

    Args:
        engine: of the gateway's database.
        secret: the session secret.
    """

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._seal = Seal(secret, "numbers")
        self._live: OrderedDict[str, Call] = OrderedDict()
        self._lock = threading.Lock()
        Base.metadata.create_all(engine)

    def begin(self, call: Call) -> Call:
        """Keep a call; the one with this id that is known already, if there is one."""
        known = self.of(call.id)
        if known is not None:
            return known
        values = {
            "id": call.id,
            "sender": call.sender,
            "number_sealed": self._seal.seal(call.number, call.id) if call.number else None,
            "called": call.called,
            "protocol": call.protocol,
            "purpose": call.purpose,
            "region": call.region,
            "created_at": call.began,
        }
        with self._engine.begin() as connection:
            kept = connection.execute(inserted(self._engine, _Call).on_conflict_do_nothing(), values)
        if kept.rowcount:
            return self._remember(call)
        return self.of(call.id) or call  # announced twice in the same moment: one of them is kept

    def of(self, call_id: str) -> Call | None:
        """The call with this id."""
        known = self._live.get(call_id)
        if known is not None:
            return known
        with Session(self._engine) as session:
            row = session.get(_Call, call_id)
            if row is None:
                return None
            number = self._seal.open(row.number_sealed, row.id) if row.number_sealed else None
            call = Call(
                row.id, row.sender, number, row.called, row.protocol, row.purpose, row.region, aware(row.created_at)
            )
        return self._remember(call)

    def number_of(self, sender: str) -> str | None:
        """The number of the sender's newest call; None when it was withheld."""
        with self._lock:
            live = [call for call in self._live.values() if call.sender == sender]
        if live:
            return live[-1].number
        newest = select(_Call).where(_Call.sender == sender).order_by(_Call.created_at.desc()).limit(1)
        with Session(self._engine) as session:
            row = session.scalars(newest).one_or_none()
            return self._seal.open(row.number_sealed, row.id) if row and row.number_sealed else None

    def place(self, call: Call, region: str) -> None:
        """The caller said where they are from."""
        call.region = region
        with Session(self._engine) as session, session.begin():
            row = session.get(_Call, call.id)
            if row is not None:
                row.region = region

    def _remember(self, call: Call) -> Call:
        with self._lock:
            call = self._live.setdefault(call.id, call)  # another thread may have read it meanwhile
            while len(self._live) > _MOST:
                self._live.popitem(last=False)
        return call
