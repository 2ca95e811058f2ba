"""Rasa's SQL tracker store with the conversations readable by their owner only."""

from __future__ import annotations

import os
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain


class PrivateTrackerStore(SQLTrackerStore):
    """``SQLTrackerStore`` that makes an SQLite file with mode 0600 before anything is written to it."""

    def __init__(
        self,
        domain: Domain | None = None,
        dialect: str = "sqlite",
        host: str | None = None,
        port: int | None = None,
        db: str = "rasa.sqlite",
        event_broker: EventBroker | None = None,
        **kwargs: Any,
    ) -> None:
        """See ``SQLTrackerStore``; with ``dialect`` sqlite ``db`` is a file."""
        if dialect == "sqlite" and not host:
            os.close(os.open(db, os.O_CREAT | os.O_RDWR, 0o600))
            os.chmod(db, 0o600)  # noqa: PTH101 - beside os.open
        super().__init__(
            domain=domain, dialect=dialect, host=host, port=port, db=db, event_broker=event_broker, **kwargs
        )
