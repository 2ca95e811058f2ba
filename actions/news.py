"""News of a case for its own sender: out of the ledger to the gateway, which brings them to the person's channel.

What is told is where the case stands when it is told, in the words of 查进度. A row that a later change has overtaken
is settled in silence; the later one has a row of its own. The gateway knows each by case and step: it may come twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import aiohttp
from sqlalchemy.orm import Session

from actions.cases import Case, CaseBook
from actions.dialogue.desk import news
from actions.ledger.claims import Claims
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, NewsRow
from actions.metrics import Metrics
from actions.rounds import TICK_S, Rounds

log = logging.getLogger(__name__)

AT_ONCE = 8
LEASE = timedelta(seconds=90)
"""Longer than :data:`AT_ONCE` rows take, one after the other."""
TIMEOUT_S = 8.0
FIRST_RETRY_S, LONGEST_RETRY_S = 2.0, 1800.0
ATTEMPTS = 350
"""About a week; what nobody could be told by then is old."""
FRESH = timedelta(seconds=5)
"""What the ledger learned so long ago is asked of the bank once more before it is told."""


@dataclass(frozen=True)
class Due:
    """One claimed row: of which case, at which step, for whom."""

    row_id: int
    case_id: str
    step: int
    conversation: str
    at: datetime
    attempts: int


class NewsDelivery(Rounds):
    """Owns the background task that tells; an async context manager.

    Args:
        ledger: where news are owed.
        cases: asks the bank where a case stands.
        gateway_url: without trailing slash.
        secret: the internal secret.
        metrics: counters.
    """

    def __init__(
        self, ledger: Ledger, cases: CaseBook, gateway_url: str, secret: str, metrics: Metrics, tick_s: float = TICK_S
    ) -> None:
        super().__init__("news", TIMEOUT_S, tick_s)
        self._ledger, self._cases, self._known = ledger, cases, CaseBook(ledger)
        self._url, self._headers = f"{gateway_url}/internal/news", {"X-Xiangyin-Secret": secret}
        self._claims = Claims(ledger, NewsRow, LEASE, FIRST_RETRY_S, LONGEST_RETRY_S, ATTEMPTS)
        self._metrics = metrics

    async def _round(self) -> None:
        for due in await asyncio.to_thread(self._claims.claim, AT_ONCE, self._read):
            await self._tell(due)

    def _read(self, session: Session, row: NewsRow) -> Due:
        sealed = session.get_one(CaseRow, row.case_id).sender_sealed
        conversation = self._ledger.vault.open(sealed, f"{row.case_id}/sender")
        return Due(row.id, row.case_id, row.event_id, conversation, row.at, row.attempts)

    async def _tell(self, due: Due) -> None:
        book = self._known if datetime.now(UTC) - due.at < FRESH else self._cases
        case = await book.get(due.case_id)
        if case is None or case.step != due.step:
            await self._settle(due, "overtaken", None)
        elif not case.fresh:
            await self._settle(due, "bank_away", "bank_away")
        else:
            await self._send(due, case)

    async def _send(self, due: Due, case: Case) -> None:
        message = news(case)
        body = {
            "conversation": due.conversation,
            "case_id": due.case_id,
            "step": due.step,
            "text": message.text,
            "spoken": message.spoken,
            "link": message.extra.get("confirm_url"),
        }
        again_s: float | None = None
        try:
            async with self._http.post(self._url, json=body, headers=self._headers, allow_redirects=False) as answer:
                if answer.status == 200:
                    await self._settle(due, str(json.loads(await answer.read())["outcome"]), None)
                    return
                error = f"http_{answer.status}"
                with contextlib.suppress(ValueError):
                    again_s = float(answer.headers.get("Retry-After", ""))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError) as broken:
            error = type(broken).__name__[:64]
        await self._settle(due, error, error, final=error == "http_400", again_s=again_s)

    async def _settle(
        self, due: Due, outcome: str, error: str | None, *, final: bool = False, again_s: float | None = None
    ) -> None:
        state = await asyncio.to_thread(
            self._claims.settle, due.row_id, due.attempts, error, final=final, again_s=again_s
        )
        self._metrics.news.labels(outcome if state != "dead" else "dead").inc()
        level = logging.ERROR if state == "dead" else logging.INFO
        log.log(level, "news of case %s attempt %d: %s", due.case_id, due.attempts, outcome)
