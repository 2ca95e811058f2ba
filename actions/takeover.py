"""Takes over a newly built index and fraud classifier while the server runs.

Every few seconds the pointer of the index and the classifier's file are looked at, which costs microseconds. What
cannot be opened is logged once; what served before goes on serving.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Protocol

from aiohttp import web

log = logging.getLogger(__name__)

EVERY_S = 2.0
RETRY_S = 30.0
"""How long something that could not be opened is left alone."""


class Renewable(Protocol):
    """Something that can take over what was built anew."""

    def refresh(self) -> bool:
        """True when it did.

        Raises:
            knowledge.errors.KnowledgeError: what was built cannot serve.
        """


class Takeover:
    """The watching task of an application: ``app.cleanup_ctx.append(Takeover(...))``."""

    def __init__(self, every_s: float = EVERY_S, retry_s: float = RETRY_S, **parts: Renewable) -> None:
        self._every_s, self._retry_s = every_s, retry_s
        self._parts = parts
        self._told: dict[str, str] = {}
        self._not_before: dict[str, float] = {}

    async def __call__(self, _app: web.Application) -> AsyncIterator[None]:
        """Watches from start-up to clean-up."""
        task = asyncio.create_task(self._watch(), name="takeover")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            for name, part in self._parts.items():
                if time.monotonic() >= self._not_before.get(name, 0.0):
                    await asyncio.to_thread(self._look, name, part.refresh)

    def _look(self, name: str, refresh: Callable[[], bool]) -> None:
        try:
            if refresh():
                log.info("%s: new one taken over", name)
            self._told.pop(name, None)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a build must not end the watch
            code = getattr(error, "code", type(error).__name__)
            if self._told.get(name) != code:
                log.error("%s: not taken over, the old one goes on serving: %s", name, code)
            self._told[name] = code
            self._not_before[name] = time.monotonic() + self._retry_s
