"""Calls that we make: news for somebody who agreed to be called, within decent hours, a few times at most.

An errand says no more than that messages wait for somebody; they stay in the mailbox until they have been heard, by
this call or the next one that its owner makes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import DateTime, Engine, Integer, String, Text, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from bot.channels.hotline.desk.ami import AmiConfig, AmiError, originate
from bot.database import Base, new_key
from bot.people.hours import CHINA
from bot.sealing import Seal

log = logging.getLogger(__name__)

OPENS, CLOSES = time(9), time(20)
"""Nobody is called before or after, Chinese time."""
MOST_TRIES = 3
BETWEEN = timedelta(minutes=45)
LEASE = timedelta(minutes=5)
"""Longer than any call rings: only a process that died loses one."""
LOOK_EVERY_S = 20.0


class Wish(StrEnum):
    """What somebody said to being called."""

    YES = "yes"
    NO = "no"


class _Callee(Base):
    """Kept until its owner wants to be forgotten; a number only with a yes."""

    __tablename__ = "callees"
    sender: Mapped[str] = mapped_column(String(200), primary_key=True)
    wish: Mapped[str] = mapped_column(String(3))
    number_sealed: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class _Errand(Base):
    __tablename__ = "errands"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sender: Mapped[str] = mapped_column(String(200), index=True)
    open_sender: Mapped[str | None] = mapped_column(String(200), unique=True)
    """The sender while it is not done: one errand each."""
    tries: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


@dataclass(frozen=True)
class Errand:
    """Somebody to be called now."""

    id: str
    number: str


class Errands:
    """Who may be called, and who is to be. Methods block briefly on the database: call them in a thread.

    Args:
        engine: of the gateway's database.
        secret: the session secret.
    """

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._seal = Seal(secret, "callees")
        Base.metadata.create_all(engine)

    def wish_of(self, sender: str) -> Wish | None:
        """What a sender said to being called; None when nobody asked."""
        with Session(self._engine) as session:
            row = session.get(_Callee, sender)
            return Wish(row.wish) if row else None

    def decide(self, sender: str, wish: Wish, number: str | None) -> None:
        """Record a wish; with a no the number goes and nobody is called any more."""
        sealed = self._seal.seal(number, sender) if number and wish is Wish.YES else None
        with Session(self._engine) as session, session.begin():
            now = datetime.now(UTC)
            session.merge(_Callee(sender=sender, wish=wish, number_sealed=sealed, decided_at=now))
            if wish is Wish.NO:
                session.execute(update(_Errand).where(_Errand.open_sender == sender).values(open_sender=None))

    def add(self, sender: str) -> bool:
        """Have a sender called, if they agreed; False when they did not. One errand at a time."""
        if self.wish_of(sender) is not Wish.YES:
            return False
        now = datetime.now(UTC)
        with contextlib.suppress(IntegrityError), Session(self._engine) as session, session.begin():
            session.add(_Errand(id=new_key(), sender=sender, open_sender=sender, tries=0, due_at=now, created_at=now))
        return True

    def claim(self, now: datetime) -> Errand | None:
        """The next errand that is due, tried once more; a guarded update, so that nobody is called twice at once."""
        if not OPENS <= now.astimezone(CHINA).time() < CLOSES:
            return None
        due = (_Errand.open_sender.is_not(None), _Errand.due_at <= now)
        with Session(self._engine) as session, session.begin():
            row = session.scalars(select(_Errand).where(*due).order_by(_Errand.due_at).limit(1)).one_or_none()
            if row is None:
                return None
            callee = session.get(_Callee, row.sender)
            number = self._seal.open(callee.number_sealed, row.sender) if callee and callee.number_sealed else None
            if number is None or row.tries >= MOST_TRIES:
                row.open_sender = None  # what waits for them waits for their own call
                return None
            mine = update(_Errand).where(_Errand.id == row.id, _Errand.tries == row.tries, *due)
            changed = session.execute(
                mine.values(tries=row.tries + 1, due_at=now + LEASE).execution_options(synchronize_session=False)
            )
            return Errand(row.id, number) if changed.rowcount else None  # type: ignore[attr-defined]

    def again(self, errand_id: str, now: datetime, *, rang: bool) -> None:
        """Nobody answered (``rang``), or nobody could be asked to call: then it does not count as a try."""
        with Session(self._engine) as session, session.begin():
            row = session.get(_Errand, errand_id)
            if row is None or row.open_sender is None:
                return
            row.due_at = now + BETWEEN
            if not rang:
                row.tries = max(0, row.tries - 1)
            elif row.tries >= MOST_TRIES:
                row.open_sender = None

    def answered(self, errand_id: str) -> str | None:
        """The call of an errand was taken up: it is done. Whose it was, None when there is no such errand."""
        with Session(self._engine) as session, session.begin():
            row = session.get(_Errand, errand_id)
            if row is None:
                return None
            row.open_sender = None
            return row.sender


class OutCalls:
    """Makes the calls, one at a time.

    Args:
        errands: who is to be called.
        config: of the telephone system.
        now: the clock.
    """

    def __init__(self, errands: Errands, config: AmiConfig, now: Callable[[], datetime] | None = None) -> None:
        self._errands, self._config = errands, config
        self._now = now or (lambda: datetime.now(UTC))
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="hotline-outcalls")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    def wake(self) -> None:
        """There is a new errand."""
        self._news.set()

    async def once(self) -> bool:
        """Make the next call that is due; whether there was one."""
        errand = await asyncio.to_thread(self._errands.claim, self._now())
        if errand is None:
            return False
        variables = {"XIANGYIN_PURPOSE": errand.id, "XIANGYIN_CALLEE": errand.number}
        try:
            answered = await originate(self._config, errand.number, variables)
        except AmiError as error:
            log.warning("a call cannot be made: %s; again later", error.code)
            await asyncio.to_thread(self._errands.again, errand.id, self._now(), rang=error.code == "ami_lost")
            return True
        if not answered:
            await asyncio.to_thread(self._errands.again, errand.id, self._now(), rang=True)
        return True

    async def _run(self) -> None:
        while True:
            try:
                while await self.once():
                    pass
            except Exception as error:  # noqa: BLE001 - the next look may find the database again
                log.error("calls cannot be made: %s", type(error).__name__)
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), LOOK_EVERY_S)
