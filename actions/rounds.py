"""A background task that brings what is owed to somebody over HTTP, round after round."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

import aiohttp

from actions.errors import ActionsError

log = logging.getLogger(__name__)

TICK_S = 1.0


class Rounds(ABC):
    """Owns the task and an HTTP session; an async context manager.

    Args:
        name: of the task, for the log.
        timeout_s: of a request.
        tick_s: between two rounds.
    """

    def __init__(self, name: str, timeout_s: float, tick_s: float) -> None:
        self._name, self._timeout_s, self._tick_s = name, timeout_s, tick_s
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout_s))
        self._task = asyncio.create_task(self._loop(), name=self._name)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            await self._http.close()

    @abstractmethod
    async def _round(self) -> None:
        """Bring what is due."""

    async def _loop(self) -> None:
        while True:
            try:
                await self._round()
            except ActionsError as error:
                log.error("%s: %s", self._name, error.code)
            except Exception as error:  # noqa: BLE001  (the task must outlive any one round)
                log.error("%s: %s", self._name, type(error).__name__)
            await asyncio.sleep(self._tick_s)
