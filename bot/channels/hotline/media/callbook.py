"""The calls announced, going on and over: who may begin one, and what the dialplan asks afterwards."""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field

NEXT_WAIT_S = 2.0
"""The dialplan may ask what is next a moment before the call has ended here."""
_ANNOUNCED_S = 120.0
_KEPT_S = 3600.0
_MOST = 5000
_CALL_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_NUMBER = re.compile(r"\+?[0-9*#]{1,24}")
_PURPOSE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SUMMARY_CHARS = 300


class RefusedCallError(Exception):
    """A call that must not begin.

    Attributes:
        code: stable; for logs and metrics.
        status: the HTTP status that fits.
    """

    def __init__(self, code: str, status: int) -> None:
        super().__init__(code)
        self.code, self.status = code, status


@dataclass
class Call:
    """One call. ``next`` is what the dialplan does when we are done with it: unless we said otherwise, a person."""

    call_id: str
    caller: str | None
    called: str | None
    purpose: str | None
    changed: float
    active: bool = False
    next: str = "person"
    summary: str = ""
    briefing: bytes | None = None
    """16-bit PCM, 8 kHz."""
    over: asyncio.Event = field(default_factory=asyncio.Event)


def call_id_of(text: str | None) -> str:
    """A UUID in its usual form.

    Raises:
        RefusedCallError: it is none.
    """
    lowered = (text or "").strip().lower()
    if not _CALL_ID.fullmatch(lowered):
        raise RefusedCallError("malformed_id", 400)
    return lowered


def number_of(text: str | None) -> str | None:
    """A telephone number without blanks and dashes; None when it is withheld or no number."""
    plain = re.sub(r"[\s()-]", "", text or "")
    return plain if _NUMBER.fullmatch(plain) else None


class CallBook:
    """All calls of this process, for an hour after their end. Lost with the process: then a person answers."""

    def __init__(self, most_active: int) -> None:
        self._most_active = most_active
        self._calls: OrderedDict[str, Call] = OrderedDict()
        self._active = 0

    @property
    def active(self) -> int:
        """Calls that go on."""
        return self._active

    def announce(self, call_id: str | None, caller: str | None, called: str | None, purpose: str | None = None) -> Call:
        """A call that is about to begin.

        Raises:
            RefusedCallError: ``malformed_id``, ``repeated_id`` or ``busy``.
        """
        self._forget()
        known = call_id_of(call_id)
        if known in self._calls:
            raise RefusedCallError("repeated_id", 409)
        if self._active >= self._most_active:
            raise RefusedCallError("busy", 503)
        errand = purpose if purpose and _PURPOSE.fullmatch(purpose) else None
        call = Call(known, number_of(caller), number_of(called), errand, time.monotonic())
        self._calls[known] = call
        return call

    def begin(self, call_id: str) -> Call:
        """The announced call begins; each does once.

        Raises:
            RefusedCallError: ``unknown_id``, ``repeated_id`` or ``busy``.
        """
        self._forget()
        call = self._calls.get(call_id)
        if call is None:
            raise RefusedCallError("unknown_id", 404)
        if call.active or call.over.is_set():
            raise RefusedCallError("repeated_id", 409)
        if self._active >= self._most_active:
            raise RefusedCallError("busy", 503)
        call.active, call.changed = True, time.monotonic()
        self._active += 1
        return call

    def end(self, call: Call, following: str, summary: str | None) -> None:
        """The call is over for us; ``following``: where the caller goes now."""
        if not call.active:
            return
        call.active, call.changed = False, time.monotonic()
        self._active -= 1
        call.next = following
        call.summary = " ".join((summary or "").split())[:_SUMMARY_CHARS]
        call.over.set()

    async def following(self, call_id: str) -> str:
        """What is next for a call; waits a moment for one that is just ending. ``person`` for all that is unclear."""
        call = self._calls.get(call_id)
        if call is None:
            return "person"
        if call.active:
            try:
                await asyncio.wait_for(call.over.wait(), NEXT_WAIT_S)
            except TimeoutError:
                return "person"
        return call.next

    def get(self, call_id: str) -> Call | None:
        return self._calls.get(call_id)

    def _forget(self) -> None:
        now = time.monotonic()
        for call_id, call in list(self._calls.items()):
            age = now - call.changed
            stale = age > (_KEPT_S if call.over.is_set() else _ANNOUNCED_S)
            if not call.active and (stale or len(self._calls) >= _MOST):
                del self._calls[call_id]
            elif not stale and len(self._calls) < _MOST:
                break
