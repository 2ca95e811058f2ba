"""Opening the ledger's database (SQLite or PostgreSQL) and bringing its tables up to date."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url

_MIGRATIONS = Path(__file__).with_name("migrations")
_MIGRATION_LOCK = 0x7869616E67
"""PostgreSQL advisory lock: two servers starting together migrate one after the other."""

READ_ONLY = {"xiangyin_read_only": True}
"""Execution options of transactions that only read."""


def open_engine(url: str) -> Engine:
    """An engine for ``url``.

    SQLite: WAL with ``synchronous=FULL`` (a committed case survives a power cut), foreign keys on, the file
    readable by its owner only, write transactions begun as such so that none fails half-way for a lock.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        connect = {"connect_timeout": 5} if parsed.get_backend_name() == "postgresql" else {}
        return create_engine(parsed, pool_pre_ping=True, pool_size=8, pool_timeout=5, connect_args=connect)
    if parsed.database and parsed.database != ":memory:":
        path = Path(parsed.database)
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        path.chmod(0o600)
    engine = create_engine(parsed, connect_args={"timeout": 10}, pool_size=8, pool_timeout=15)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions itself: see _begin.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("xiangyin_read_only", False)
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def migrate(engine: Engine, to: str = "heads") -> None:
    """Create or update the tables (``to`` a revision); safe to repeat and to run from two processes at once.

    Migrations that know nothing of each other follow the same one and need no order among themselves.
    """
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, to)


def reachable(engine: Engine) -> bool:
    """Whether the database answers a query."""
    with suppress(Exception), engine.connect().execution_options(**READ_ONLY) as connection:
        connection.execute(text("SELECT 1 FROM cases LIMIT 1"))
        return True
    return False
