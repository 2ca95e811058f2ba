"""What a channel has received and not yet answered to the end. It outlives a restart.

A chat service forgets an update once it was taken. So an update is written here first, taken second, and struck out
when its answer has gone out; how many messages of the answer have gone out is counted as they go. After a crash the
rest is sent: each message at least once, and twice only if the process died between the chat service's taking it and
this count (one HTTP call).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import DateTime, Engine, Integer, String, Text, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.store import Base, durably, inserted


class _Received(Base):
    __tablename__ = "received"
    # What is worked on right now must not vanish; words stand in it only until they are answered.
    __table_args__ = ({"info": {"stays": True}},)
    channel: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    number: Mapped[int] = mapped_column(Integer)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    body: Mapped[str | None] = mapped_column(Text)
    sent: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class Arrival:
    """Something to be worked on.

    Attributes:
        key: the chat service's id of the update; the same again is a repetition.
        sender: conversation id; what has the same is worked on one after the other.
        body: whatever the channel needs to work on it, as text.
        sent: messages of its answer that have gone out.
    """

    key: str
    sender: str
    body: str
    sent: int = 0


@dataclass(frozen=True)
class State:
    """``finished``: struck out; ``sent``: see :class:`Arrival`."""

    finished: bool
    sent: int


@dataclass(frozen=True)
class Inbox:
    """Kept in the gateway's database. Methods block briefly: call them in a thread."""

    engine: Engine
    channel: str

    def __post_init__(self) -> None:
        Base.metadata.create_all(self.engine)

    def keep(self, arrivals: Sequence[Arrival]) -> list[Arrival]:
        """Keep what is new, all or nothing; what is known (or was answered) is left out of the result."""
        now = datetime.now(UTC)
        new: list[Arrival] = []
        with Session(self.engine) as session, session.begin():
            durably(session)  # the chat service will not send it again
            for number, arrival in enumerate(arrivals):
                values = {
                    "channel": self.channel,
                    "key": arrival.key,
                    "number": number,
                    "sender": arrival.sender,
                    "body": arrival.body,
                    "sent": 0,
                    "created_at": now,
                }
                insert = inserted(self.engine, _Received, values).on_conflict_do_nothing().returning(_Received.key)
                if session.execute(insert).first() is not None:
                    new.append(arrival)
        return new

    def state(self, key: str) -> State | None:
        """How far an update is, None when it never came."""
        with Session(self.engine) as session:
            row = session.get(_Received, (self.channel, key))
            return State(row.body is None, row.sent) if row else None

    def unfinished(self) -> list[Arrival]:
        """What was kept and not struck out, in the order in which it came."""
        wanted = select(_Received).where(_Received.channel == self.channel, _Received.body.is_not(None))
        with Session(self.engine) as session:
            rows = session.scalars(wanted.order_by(_Received.created_at, _Received.number)).all()
            return [Arrival(row.key, row.sender, row.body or "", row.sent) for row in rows]

    def sent(self, key: str, count: int) -> None:
        """``count`` messages of its answer have gone out."""
        self._change(key, sent=count)

    def finish(self, key: str) -> None:
        """It is answered: only the fact that it was here stays."""
        self._change(key, body=None)

    def _change(self, key: str, **values: object) -> None:
        row = (_Received.channel == self.channel) & (_Received.key == key)
        with Session(self.engine) as session, session.begin():
            session.execute(update(_Received).where(row).values(values))
