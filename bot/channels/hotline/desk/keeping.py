"""Records of calls on their way to the ledger: kept here first, brought as soon as the action server takes them."""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC
from typing import Any

import aiohttp
from sqlalchemy import Engine

from bot.channels.hotline.desk.calls import Call
from bot.channels.hotline.desk.masking import masked
from bot.channels.hotline.wire import CallRecord
from bot.channels.lanes import AgainLaterError, Lanes, Progress
from bot.inbox import Arrival, Inbox

log = logging.getLogger(__name__)

_INBOX = "hotline-records"
_GRACE_S = 2.0
_REFUSED = frozenset((400, 413, 422))


class Records:
    """Brings records to the action server, one after the other for a call.

    Args:
        engine: of the gateway's database.
        session: shared HTTP session.
        base_url: the action server's, without trailing slash.
        secret: the internal secret.
    """

    def __init__(self, engine: Engine, session: aiohttp.ClientSession, base_url: str, secret: str) -> None:
        self._session, self._url = session, f"{base_url}/calls"
        self._headers = {"X-Xiangyin-Secret": secret}
        self._timeout = aiohttp.ClientTimeout(total=10)
        self._lanes = Lanes(Inbox(engine, _INBOX), self._bring, at_once=4)

    async def start(self) -> None:
        await self._lanes.start()

    async def stop(self) -> None:
        await self._lanes.stop(_GRACE_S)

    async def idle(self) -> None:
        """Wait until everything has been brought."""
        await self._lanes.idle()

    async def keep(self, call: Call, record: CallRecord) -> None:
        """Keep a record safe; returns when it is on the disk here."""
        version = time.time_ns() // 1000
        body = {
            "version": version,
            "sender": call.sender,
            "caller": call.number,
            "called": call.called,
            "protocol": call.protocol,
            "region": call.region,
            "began": record.began.astimezone(UTC).isoformat(),
            "ended": record.ended.astimezone(UTC).isoformat() if record.ended else None,
            "outcome": record.outcome,
            "turns": [
                turn.model_dump(mode="json") | {"said": masked(turn.said, turn.by, call.private) if turn.said else None}
                for turn in record.turns
            ],
        }
        key = f"{call.id}:{version}"
        await self._lanes.take([Arrival(key, f"{_INBOX}:{call.id}", json.dumps(body, ensure_ascii=False))])

    async def _bring(self, progress: Progress) -> None:
        call_id = progress.arrival.key.partition(":")[0]
        body: dict[str, Any] = json.loads(progress.arrival.body)
        try:
            async with self._session.put(
                f"{self._url}/{call_id}", json=body, headers=self._headers, timeout=self._timeout
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AgainLaterError from error
        if status in _REFUSED:
            log.error("the ledger refuses a call's record: status %s", status)
            return
        if status >= 300:
            raise AgainLaterError
