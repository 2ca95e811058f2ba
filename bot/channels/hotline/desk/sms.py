"""Messages to a caller's mobile, through whatever service the operator has: one HTTP interface, each message once.

``POST <XIANGYIN_SMS_URL>`` with ``{"id", "to", "text"}``, ``Authorization: Bearer <XIANGYIN_SMS_KEY>`` and the id as
``Idempotency-Key``. 2xx: taken. 408, 429 and 5xx: again later, under the same id. Anything else: refused for good.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import aiohttp
from sqlalchemy import Engine

from bot.channels.lanes import AgainLaterError, Lanes, Progress
from bot.inbox import Arrival, Inbox
from bot.sealing import Seal

log = logging.getLogger(__name__)

KEPT = timedelta(days=1)
"""A message that could not be sent for so long is of no use any more."""
MOST_CHARS = 450
_INBOX = "hotline-sms"
_GRACE_S = 2.0
_LATER = frozenset((408, 425, 429))


class Sms:
    """Sends messages; what is not taken yet waits in the gateway's database, sealed, over a restart.

    Args:
        engine: of the gateway's database.
        session: shared HTTP session.
        url: of the service.
        key: for it.
        secret: the session secret.
    """

    def __init__(self, engine: Engine, session: aiohttp.ClientSession, url: str, key: str, secret: str) -> None:
        self._session, self._url, self._headers = session, url, {"Authorization": f"Bearer {key}"}
        self._seal = Seal(secret, "sms")
        self._timeout = aiohttp.ClientTimeout(total=15)
        self._lanes = Lanes(Inbox(engine, _INBOX), self._send, at_once=4)

    async def start(self) -> None:
        await self._lanes.start()

    async def stop(self) -> None:
        await self._lanes.stop(_GRACE_S)

    async def idle(self) -> None:
        """Wait until everything has been sent."""
        await self._lanes.idle()

    async def send(self, key: str, number: str, text: str) -> None:
        """Have ``text`` sent to ``number``; under the same ``key`` only once. Returns when it is safe here."""
        if len(text) > MOST_CHARS:
            text = text[: MOST_CHARS - 1] + "…"
        body = json.dumps({"to": number, "text": text, "at": datetime.now(UTC).isoformat()}, ensure_ascii=False)
        await self._lanes.take([Arrival(key, f"{_INBOX}:{key}", self._seal.seal(body, key))])

    async def _send(self, progress: Progress) -> None:
        key = progress.arrival.key
        kept = self._seal.open(progress.arrival.body, key)
        if kept is None:
            log.error("a message cannot be read any more: the session secret has changed")
            return
        message = json.loads(kept)
        if datetime.now(UTC) - datetime.fromisoformat(message["at"]) > KEPT:
            log.error("a message could not be sent for a day and is given up")
            return
        body = {"id": key, "to": message["to"], "text": message["text"]}
        headers = self._headers | {"Idempotency-Key": key}
        try:
            async with self._session.post(self._url, json=body, headers=headers, timeout=self._timeout) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("the message service is not reached: %s", type(error).__name__)
            raise AgainLaterError from error
        if status in _LATER or status >= 500:
            raise AgainLaterError
        if status >= 300:
            log.error("the message service refuses a message: status %s", status)
