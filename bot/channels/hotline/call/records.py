"""What is kept and counted of a call: its exchanges with their times."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import Counter, Histogram

from bot.channels.hotline.call.upstream import RefusedError, Upstream, UpstreamError
from bot.channels.hotline.wire import CallRecord, Outcome, TurnTimes

log = logging.getLogger(__name__)
_AGAIN_S = 0.5
_QUICK = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1, 2, 4)
_SLOW = (0.2, 0.4, 0.6, 0.8, 1, 1.5, 2, 2.5, 3, 4, 6, 10, 20)
GREETING = Histogram("xiangyin_hotline_greeting_seconds", "From the answer of a call to its greeting", buckets=_QUICK)
VOICE_TO_VOICE = Histogram(
    "xiangyin_hotline_voice_to_voice_seconds", "From the end of speech to the answer's first sound", buckets=_SLOW
)
BARGE_IN = Histogram(
    "xiangyin_hotline_barge_in_seconds", "From the beginning of speech to the end of our voice", buckets=_QUICK
)
CONVERSATIONS = Counter("xiangyin_hotline_conversations", "Conversations by how they ended", ["outcome", "next"])


@dataclass
class Exchange:
    """Times on the monotonic clock; see :class:`TurnTimes`."""

    by: str
    said: str | None = None
    speech_end: float | None = None
    heard: float | None = None
    answered: float | None = None
    first_audio: float | None = None
    interrupted: bool = False


class Book:
    """The record of one call. It goes up now and then, so that a process that dies leaves most of it.

    Args:
        every: exchanges between two records.
    """

    def __init__(self, upstream: Upstream, call_id: str, every: int) -> None:
        self._upstream, self._call_id, self._every = upstream, call_id, every
        self._began, self._zero = datetime.now(UTC), time.monotonic()
        self._exchanges: list[Exchange] = []
        self._sending: asyncio.Task[bool] | None = None

    @property
    def last(self) -> Exchange | None:
        """The exchange that is going on."""
        return self._exchanges[-1] if self._exchanges else None

    def add(self, exchange: Exchange) -> None:
        """A new exchange begins."""
        self._exchanges.append(exchange)
        if len(self._exchanges) % self._every == 0 and self._sending is None:
            self._sending = asyncio.create_task(self._send(self._record(Outcome.OPEN)), name="hotline-record")
            self._sending.add_done_callback(self._sent)

    async def close(self, outcome: Outcome, within_s: float) -> None:
        """Hand in the whole record, within ``within_s`` seconds. One that does not get through is lost; what went up
        before is not."""
        if (sending := self._sending) is not None:
            await asyncio.wait({sending}, timeout=within_s)  # it must not arrive after the last one
            sending.cancel()
            await asyncio.wait({sending})
        try:
            async with asyncio.timeout(within_s):
                record = self._record(outcome, datetime.now(UTC))
                while True:
                    if await self._send(record):
                        return
                    await asyncio.sleep(_AGAIN_S)
        except TimeoutError:
            log.warning("record of a call not handed in: no answer")

    def _sent(self, _task: asyncio.Task[bool]) -> None:
        self._sending = None

    async def _send(self, record: CallRecord) -> bool:
        """Whether it is through, or never will be."""
        try:
            await self._upstream.keep(record)
        except UpstreamError as error:
            log.warning("record of a call not handed in: %s", error.code)
            return isinstance(error, RefusedError) and error.status < 500
        return True

    def _record(self, outcome: Outcome, ended: datetime | None = None) -> CallRecord:
        turns = tuple(
            TurnTimes(
                by=exchange.by,
                said=exchange.said,
                speech_end_ms=self._ms(exchange.speech_end),
                heard_ms=self._ms(exchange.heard),
                answered_ms=self._ms(exchange.answered),
                first_audio_ms=self._ms(exchange.first_audio),
                interrupted=exchange.interrupted,
            )
            for exchange in self._exchanges
        )
        return CallRecord(call_id=self._call_id, began=self._began, ended=ended, outcome=outcome, turns=turns)

    def _ms(self, at: float | None) -> int | None:
        return None if at is None else max(0, round((at - self._zero) * 1000))
