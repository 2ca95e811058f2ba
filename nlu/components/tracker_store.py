"""Rasa's SQL tracker store with the conversations readable by their owner only."""

from __future__ import annotations

import os
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.domain import Domain
from sqlalchemy import func


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

    def forget(self, sender_id: str) -> None:
        """Delete a conversation, all its sessions."""
        with self.session_scope() as session:
            session.query(self.SQLEvent).filter(self.SQLEvent.sender_id == sender_id).delete()
            session.commit()

    def forget_idle(self, before: float) -> None:
        """Delete the conversations in which nothing has happened since ``before`` (seconds since the epoch)."""
        event = self.SQLEvent
        with self.session_scope() as session:
            idle = session.query(event.sender_id).group_by(event.sender_id).having(func.max(event.timestamp) < before)
            session.query(event).filter(event.sender_id.in_(idle)).delete(synchronize_session=False)
            session.commit()
