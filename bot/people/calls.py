"""Calls of the hotline for staff: looked up in the ledger by when, how they ended, a number's end, or a word."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from bot.channels.http import json_response
from bot.errors import BadRequestError, NotFoundError, ServiceUnavailableError

log = logging.getLogger(__name__)

_ASKED = ("since", "until", "outcome", "tail", "word", "limit")
Who = Callable[[web.Request], Awaitable[str]]
"""The employee of a request; raises when nobody is logged in."""


class CallPages:
    """Routes below ``/staff/api/calls``: the action server's, for who is logged in.

    Args:
        session: shared HTTP session.
        base_url: the action server's, without trailing slash.
        secret: the internal secret.
        who: who asks.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, secret: str, who: Who) -> None:
        self._session, self._url, self._who = session, f"{base_url}/calls", who
        self._headers = {"X-Xiangyin-Secret": secret}
        self._timeout = aiohttp.ClientTimeout(total=10)

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.get("/staff/api/calls", self._find), web.get("/staff/api/calls/{id}", self._show)]

    async def _find(self, request: web.Request) -> web.Response:
        await self._who(request)
        asked = {name: value for name in _ASKED if (value := request.query.get(name, "").strip())}
        return json_response(await self._get(self._url, asked))

    async def _show(self, request: web.Request) -> web.Response:
        name = await self._who(request)
        call_id = request.match_info["id"]
        found = await self._get(f"{self._url}/{quote(call_id, safe='')}", {})
        log.info("call record read: staff=%s call=%s", name, found["id"])
        return json_response(found)

    async def _get(self, url: str, query: dict[str, str]) -> Any:
        try:
            async with self._session.get(url, params=query, headers=self._headers, timeout=self._timeout) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("action server unreachable: %s", type(error).__name__)
            raise ServiceUnavailableError from error
        if status == 400:
            raise BadRequestError("查的条件不对：号码写最后四位，日期从日历里选。")
        if status == 404:
            raise NotFoundError("没有这通电话的记录。")
        if status != 200:
            raise ServiceUnavailableError
        return json.loads(body)
