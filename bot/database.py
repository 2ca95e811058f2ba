"""How the gateway's database is opened and written, whatever stands in it."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.orm import DeclarativeBase

_AS_USUAL = "synchronous as usual"


class Base(DeclarativeBase):
    """Tables of the gateway's database. Rows with ``created_at`` are deleted after :data:`TURNS_KEPT`, or after
    what the table's info names as ``kept``; ``sender`` is always a conversation id, and what it stands in goes with a
    person who wants to be forgotten, unless the info says that it ``stays``."""


def open_engine(url: str) -> Engine:
    """An engine for ``url``; SQLite files are made readable by their owner only."""
    engine = create_engine(url)
    path = make_url(url).database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).touch(mode=0o600, exist_ok=True)

        @event.listens_for(engine, "connect")
        def _pragmas(connection: Any, _record: Any) -> None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA busy_timeout=5000")

        @event.listens_for(engine, "checkout")
        def _as_usual(connection: Any, record: Any, _proxy: Any) -> None:
            # A commit outlives the process, not a power cut in the next seconds; durably() is for what must.
            if not record.info.get(_AS_USUAL):
                connection.execute("PRAGMA synchronous=NORMAL")
                record.info[_AS_USUAL] = True

    return engine


def durably(connection: Connection) -> None:
    """What ``connection`` is about to commit is on the disk when the commit returns: ten times slower on SQLite."""
    if connection.dialect.name == "sqlite":
        connection.info[_AS_USUAL] = False
        connection.exec_driver_sql("PRAGMA synchronous=FULL")


def inserted(engine: Engine, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert for the engine's database, to be completed by what happens when the row is there. Made once and
    executed with each row's values: to make a statement takes several times as long as to execute it."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    made: sqlite.Insert | postgresql.Insert = dialect.insert(table.__table__)
    return made


def replaced(engine: Engine, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An insert that takes the place of the row with the same key."""
    insertion = inserted(engine, table)
    columns = table.__table__.columns
    keys = [column.name for column in columns if column.primary_key]
    changed = {column.name: insertion.excluded[column.name] for column in columns if not column.primary_key}
    return insertion.on_conflict_do_update(index_elements=keys, set_=changed)


def aware(moment: datetime) -> datetime:
    """A time as it was stored, in UTC: SQLite forgets the zone."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def new_key() -> str:
    """An id that cannot be guessed, 22 characters."""
    return secrets.token_urlsafe(16)
