"""News to partners: signed web-hooks out of an outbox, at least once, each with a number of its own.

``X-Xiangyin-Signature`` is the hex HMAC-SHA256, under the partner's secret, of ``X-Xiangyin-Timestamp``, a full stop
and the body. News may come twice (``X-Xiangyin-Delivery`` tells) and not in order (``at`` tells); they hold no personal
data, only a case number and a state.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import time
from dataclasses import dataclass
from datetime import timedelta

import aiohttp

from actions.cases import CaseState
from actions.ledger.claims import Claims
from actions.ledger.ledger import Ledger
from actions.ledger.models import PartnerHookRow, PartnerRow
from actions.rounds import TICK_S, Rounds

log = logging.getLogger(__name__)

SIGNATURE, TIMESTAMP, DELIVERY = "X-Xiangyin-Signature", "X-Xiangyin-Timestamp", "X-Xiangyin-Delivery"
LEASE = timedelta(seconds=30)
TIMEOUT_S = 10.0
FIRST_RETRY_S, LONGEST_RETRY_S = 5.0, 3600.0
ATTEMPTS = 40
"""About a day and a half; what is not delivered then is dead (``xiangyin partners list`` counts it)."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What a partner computes to check that news are ours."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class News:
    """One claimed web-hook."""

    row_id: int
    delivery_id: str
    url: str
    secret: str
    body: bytes
    attempts: int


class HookOutbox:
    """Claims and settles web-hooks. Blocks (SQL)."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._claims = Claims(ledger, PartnerHookRow, LEASE, FIRST_RETRY_S, LONGEST_RETRY_S, ATTEMPTS)

    def claim(self, limit: int) -> list[News]:
        """Claim news that are due."""
        return self._claims.claim(
            limit, lambda session, row: self._news(row, session.get_one(PartnerRow, row.partner_id))
        )

    def _news(self, row: PartnerHookRow, partner: PartnerRow) -> News:
        state = CaseState(row.case_state)
        body = {
            "delivery": row.delivery_id,
            "event": "application.state",
            "application_id": row.case_id,
            "state": state.value,
            "state_text": state.text,
            "at": row.at.isoformat(),
        }
        secret = self._ledger.vault.open(str(partner.webhook_secret_sealed), f"{partner.id}/webhook_secret")
        raw = json.dumps(body, ensure_ascii=False).encode()
        return News(row.id, row.delivery_id, str(partner.webhook_url), secret, raw, row.attempts)

    def settle(self, news: News, error: str | None, *, final: bool = False) -> None:
        """Delivered (no error), to be tried again, or given up."""
        self._claims.settle(news.row_id, news.attempts, error, final=final)


class HookDelivery(Rounds):
    """Owns the background task that sends news; an async context manager."""

    def __init__(self, ledger: Ledger, tick_s: float = TICK_S) -> None:
        super().__init__("partner news", TIMEOUT_S, tick_s)
        self._outbox = HookOutbox(ledger)

    async def _round(self) -> None:
        for news in await asyncio.to_thread(self._outbox.claim, 16):
            await self._send(news)

    async def _send(self, news: News) -> None:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP: stamp,
            DELIVERY: news.delivery_id,
            SIGNATURE: signature(news.secret, stamp, news.body),
        }
        error: str | None = None
        final = False
        try:
            async with self._http.post(news.url, data=news.body, headers=headers, allow_redirects=False) as answer:
                if not 200 <= answer.status < 300:
                    error, final = f"http_{answer.status}", answer.status == 410
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as broken:
            error = type(broken).__name__[:64]
        if error is not None:
            log.warning("news %s attempt %d: %s", news.delivery_id, news.attempts, error)
        await asyncio.to_thread(self._outbox.settle, news, error, final=final)
