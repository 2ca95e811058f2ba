"""The gateway's window on applications and payments: the action server's case routes, passed on as they are."""

from __future__ import annotations

import json
import logging
from typing import Any
from urllib.parse import quote

import aiohttp

from bot.errors import NotFoundError, ServiceUnavailableError
from bot.reachable import status

log = logging.getLogger(__name__)


class CasesClient:
    """Reads cases from the action server.

    Args:
        session: shared HTTP session.
        base_url: the action server's, without trailing slash.
        secret: the internal secret.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, secret: str) -> None:
        self._session = session
        self._url = base_url
        self._headers = {"X-Xiangyin-Secret": secret}
        self._timeout = aiohttp.ClientTimeout(total=10)

    async def get(self, case_id: str) -> Any:
        """One case with its history.

        Raises:
            NotFoundError: no such case.
            ServiceUnavailableError: the action server cannot be reached.
        """
        return await self._get(f"/cases/{quote(case_id, safe='')}", {})

    async def list(self, sender: str | None, limit: int) -> Any:
        """The newest cases, of one sender or of all."""
        query = {"limit": str(limit)} | ({"sender": sender} if sender else {})
        return await self._get("/cases", query)

    async def calls(self, sender: str) -> Any:
        """The telephone calls of a sender, newest first."""
        return await self._get("/calls", {"sender": sender, "limit": "200"})

    async def forget(self, sender: str) -> None:
        """Erase what a sender said beside their cases.

        Raises:
            ServiceUnavailableError: it is not certain that it was erased.
        """
        url = f"{self._url}/senders/forget"
        body = {"sender": sender}
        try:
            async with self._session.post(url, json=body, headers=self._headers, timeout=self._timeout) as response:
                response.raise_for_status()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("action server did not forget: %s", type(error).__name__)
            raise ServiceUnavailableError from error

    async def alive(self) -> bool:
        """Whether it answers anything at all, within two seconds."""
        return await status(self._session, f"{self._url}/healthz", within_s=2) is not None

    async def ready(self) -> bool:
        return await status(self._session, f"{self._url}/readyz", within_s=3) == 200

    async def _get(self, path: str, query: dict[str, str]) -> Any:
        try:
            async with self._session.get(
                self._url + path, params=query, headers=self._headers, timeout=self._timeout
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("action server unreachable: %s", type(error).__name__)
            raise ServiceUnavailableError from error
        if response.status == 404:
            raise NotFoundError("没有这个编号的业务，请核对一下编号。", code="case_not_found")
        if response.status != 200:
            log.warning("action server answered status %s", response.status)
            raise ServiceUnavailableError
        return json.loads(body)
