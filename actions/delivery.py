"""Delivery to the bank: a background task that empties the outbox and follows what the bank reports.

Exactly once comes from four things: the request was stored with the case, one worker claims it, every
attempt carries the same idempotency key, and an attempt whose outcome is unknown is settled by asking the
bank before anything is sent again. While the bank is away (``actions/bank/breaker.py``) one request at a time tries
whether it is back; then all that waited are sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from typing import Any

from actions.bank.api import (
    BankApi,
    BankError,
    BankNeedsStaff,
    BankOutcomeUnknown,
    BankRecord,
    BankRefused,
    LoanChange,
    LoanOrder,
    LoanWithdrawal,
)
from actions.bank.breaker import Breaker
from actions.cases import Case, CaseState
from actions.errors import ActionsError, LedgerUnavailable
from actions.ledger.ledger import Ledger
from actions.ledger.outbox import Outbox, Parcel, Watched
from actions.metrics import Metrics

log = logging.getLogger(__name__)

AT_ONCE = 8
"""Requests under way at the same time."""
MISSING_BEFORE_STAFF = 3
"""Queries in a row that find nothing of a case the bank had, until staff are called."""
TICK_S = 1.0
"""How often due retries and checks are looked for when nothing wakes the task."""


class Delivery:
    """Owns the background task; use as an async context manager.

    Args:
        ledger: where cases and the outbox lie.
        bank: the adapter; a :class:`~actions.bank.breaker.Breaker` also paces the requests.
        metrics: counters.
        patience_s: how long a submit waits for the bank's answer before it tells the user to wait.
    """

    def __init__(self, ledger: Ledger, bank: BankApi, metrics: Metrics, patience_s: float = 3.0) -> None:
        self._ledger = ledger
        self._outbox = Outbox(ledger)
        self._bank = bank
        self._metrics = metrics
        self._breaker = bank if isinstance(bank, Breaker) else None
        self._was_open = False
        self._missing: dict[str, int] = {}
        self._patience = patience_s
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._attempted: dict[str, asyncio.Event] = {}
        self._loop_task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Delivery:
        self._loop_task = asyncio.create_task(self._loop(), name="delivery")
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._loop_task is not None:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        if self._under_way:
            # What is cut off here is settled by query after the next start.
            _ended, late = await asyncio.wait(self._under_way, timeout=1.5)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def alive(self) -> bool:
        """Whether the background task runs."""
        return self._loop_task is not None and not self._loop_task.done()

    async def hurry(self, case_id: str) -> Case:
        """Wait a moment for the first attempt at a fresh case; the case as it then stands."""
        attempted = self._attempted.setdefault(case_id, asyncio.Event())
        try:
            case = await self.case(case_id)
            if case.state is CaseState.WAITING:
                self._wake.set()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._patience):
                        await attempted.wait()
                case = await self.case(case_id)
            return case
        finally:
            self._attempted.pop(case_id, None)

    async def nudge(self, case_id: str) -> Case:
        """Wait a moment for the first attempt at a change or withdrawal; the case as it then stands."""
        attempted = self._attempted.setdefault(case_id, asyncio.Event())
        try:
            self._wake.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience):
                    await attempted.wait()
            return await self.case(case_id)
        finally:
            self._attempted.pop(case_id, None)

    async def case(self, case_id: str) -> Case:
        """The case as it stands."""
        case = await asyncio.to_thread(self._ledger.case, case_id)
        if case is None:
            raise LedgerUnavailable(code="case_vanished")
        return case

    async def news(self, case_id: str) -> bool:
        """The bank says this case changed: ask it. False when nothing is expected for the case.

        Raises:
            BankError: the bank could not be asked; the regular check will.
        """
        watched = await asyncio.to_thread(self._outbox.watched_case, case_id)
        return watched is not None and await self._check(watched)

    async def pending(self) -> int:
        """How many requests are still owed to the bank."""
        count = await asyncio.to_thread(self._outbox.pending)
        self._metrics.outbox.set(count)
        return count

    async def _loop(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self._round()
            except ActionsError as error:
                log.error("delivery round failed: %s", error.code)
            except Exception as error:  # noqa: BLE001  (the task must outlive any one round)
                log.error("delivery round failed: %s", type(error).__name__)
            # Not wait_for: before Python 3.12 it swallows a cancellation that meets the event, and the task goes on.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._wake.wait()

    async def _round(self) -> None:
        away = self._breaker is not None and self._breaker.open
        self._metrics.circuit.set(away)
        if self._was_open and not away:
            log.info(
                "the bank is back: %d requests brought forward", await asyncio.to_thread(self._outbox.bring_forward)
            )
        self._was_open = away
        if (free := self._free()) > 0:
            for parcel in await asyncio.to_thread(self._outbox.claim, free, early=away):
                self._start(self._deliver(parcel))
        if not away and (free := self._free()) > 0:
            for watched in await asyncio.to_thread(self._outbox.watched, free):
                self._start(self._follow(watched))

    def _free(self) -> int:
        free = max(0, AT_ONCE - len(self._under_way))
        return free if self._breaker is None else self._breaker.allowance(free)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The claim runs out and the request is tried again.
            log.error("delivery failed: %s", getattr(error, "code", type(error).__name__))

    async def _deliver(self, parcel: Parcel) -> None:
        outcome = await self._attempt(parcel)
        self._metrics.deliveries.labels(parcel.kind, outcome).inc()
        log.info("case %s attempt %d: %s", parcel.case_id, parcel.attempts, outcome)
        if (waiting := self._attempted.get(parcel.case_id)) is not None:
            waiting.set()

    async def _attempt(self, parcel: Parcel) -> str:
        record: BankRecord | None = None
        if parcel.attempts > 1 and (parcel.kind == "loan" or parcel.kind == "bill"):
            try:
                record = await self._bank.find(parcel.kind, parcel.key)
            except BankError as error:
                await asyncio.to_thread(self._outbox.postpone, parcel, error.code, unknown=parcel.interrupted)
                return error.code
        try:
            if record is None:
                record = await self._send(parcel)
        except BankRefused as refusal:
            await asyncio.to_thread(self._outbox.refused, parcel, refusal.message, refusal.code)
            return refusal.code
        except BankNeedsStaff as error:
            log.error("case %s needs staff: %s", parcel.case_id, error.code)
            await asyncio.to_thread(self._outbox.stuck, parcel, error.code)
            return error.code
        except BankError as error:
            unknown = isinstance(error, BankOutcomeUnknown)
            await asyncio.to_thread(self._outbox.postpone, parcel, error.code, unknown=unknown)
            return error.code
        await asyncio.to_thread(self._outbox.delivered, parcel, record)
        return "delivered"

    async def _send(self, parcel: Parcel) -> BankRecord:
        if isinstance(parcel.order, LoanOrder):
            return await self._bank.submit_loan(parcel.order, parcel.key)
        if isinstance(parcel.order, LoanChange):  # carried out once per key, so it may be sent again unasked
            return await self._bank.change_loan(parcel.order, parcel.key)
        if isinstance(parcel.order, LoanWithdrawal):
            return await self._bank.withdraw_loan(parcel.order, parcel.key)
        return await self._bank.start_payment(parcel.order, parcel.key)

    async def _follow(self, watched: Watched) -> None:
        try:
            await self._check(watched)
        except BankError as error:
            log.warning("case %s could not be checked: %s", watched.case_id, error.code)

    async def _check(self, watched: Watched) -> bool:
        record = await self._bank.find(watched.kind, watched.key)
        if record is None:
            missing = self._missing[watched.case_id] = self._missing.get(watched.case_id, 0) + 1
            log.error("case %s is unknown at the bank, %d times now", watched.case_id, missing)
            if missing < MISSING_BEFORE_STAFF:
                return False
            del self._missing[watched.case_id]
            return await asyncio.to_thread(self._outbox.vanished, watched.case_id)
        self._missing.pop(watched.case_id, None)
        return await asyncio.to_thread(self._outbox.report, watched.case_id, record)
