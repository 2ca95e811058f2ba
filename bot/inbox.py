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
from functools import cached_property

from sqlalchemy import DateTime, Engine, Executable, Integer, String, Text, bindparam, case, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.database import Base, durably, inserted


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


_COLUMNS = _Received.__table__.c
_THIS = (_Received.channel == bindparam("in_channel")) & (_Received.key == bindparam("of_key"))
_SENT = bindparam("count", type_=Integer)
_STATE = select(_COLUMNS.body.is_(None), _COLUMNS.sent).where(_THIS)
_COUNT = update(_Received).where(_THIS).values(sent=_SENT)
_FINISH = (
    update(_Received).where(_THIS).values(body=None, sent=case((_COLUMNS.sent < _SENT, _SENT), else_=_COLUMNS.sent))
)


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
        with self.engine.begin() as connection:
            durably(connection)  # the chat service will not send it again
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
                if connection.execute(self._keep, values).first() is not None:
                    new.append(arrival)
        return new

    @cached_property
    def _keep(self) -> Executable:
        return inserted(self.engine, _Received).on_conflict_do_nothing().returning(_COLUMNS.key)

    def state(self, key: str) -> State | None:
        """How far an update is, None when it never came."""
        with self.engine.connect() as connection:
            row = connection.execute(_STATE, self._this(key)).one_or_none()
            return State(bool(row[0]), row[1]) if row else None

    def unfinished(self) -> list[Arrival]:
        """What was kept and not struck out, in the order in which it came."""
        wanted = select(_Received).where(_Received.channel == self.channel, _Received.body.is_not(None))
        with Session(self.engine) as session:
            rows = session.scalars(wanted.order_by(_Received.created_at, _Received.number)).all()
            return [Arrival(row.key, row.sender, row.body or "", row.sent) for row in rows]

    def sent(self, key: str, count: int) -> None:
        """``count`` messages of its answer have gone out."""
        with self.engine.begin() as connection:
            connection.execute(_COUNT, {**self._this(key), "count": count})

    def finish(self, key: str, count: int = 0) -> None:
        """It is answered, with ``count`` messages at least: only the fact that it was here stays."""
        with self.engine.begin() as connection:
            connection.execute(_FINISH, {**self._this(key), "count": count})

    def _this(self, key: str) -> dict[str, str]:
        return {"in_channel": self.channel, "of_key": key}
