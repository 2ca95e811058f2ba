"""Calls to the Bot API by aiohttp, which the gateway uses for everything else: the library's own HTTPX takes several
times the processor time for a call."""

from __future__ import annotations

from typing import Any

import aiohttp
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_CONNECT_S = 10.0
_TOTAL_WRITE_S = 60.0
"""For a call with a file, in place of the usual bound."""


class AiohttpRequest(BaseRequest):
    """One pool of connections.

    Args:
        connections: at most, at a time.
        read_timeout_s: bound on a call, unless it names one.
        proxy: ``http://`` or ``https://`` address of a proxy.
    """

    def __init__(self, connections: int, read_timeout_s: float, proxy: str | None = None) -> None:
        self._connections = connections
        self._read_timeout_s = read_timeout_s
        self._proxy = proxy
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        return self._read_timeout_s

    async def initialize(self) -> None:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._connections),
                headers={"User-Agent": self.USER_AGENT},
                trust_env=True,
            )

    async def shutdown(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - the library's signature
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - the library's signature
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,  # noqa: ARG002 - the library's signature
    ) -> tuple[int, bytes]:
        """Status and body of the answer.

        Raises:
            TimedOut: no answer within the bound.
            NetworkError: no connection, or one that broke.
        """
        if self._session is None:
            raise RuntimeError("not initialised")
        files = request_data.multipart_data if request_data else None
        bound = self._read_timeout_s if read_timeout is self.DEFAULT_NONE else read_timeout
        if files and bound is not None:
            bound = max(bound, _TOTAL_WRITE_S)
        try:
            async with self._session.request(
                method,
                url,
                data=_body(request_data),
                timeout=aiohttp.ClientTimeout(total=bound, sock_connect=_CONNECT_S),
                proxy=self._proxy,
            ) as response:
                return response.status, await response.read()
        except TimeoutError as error:
            raise TimedOut from error
        except aiohttp.ClientError as error:
            # Its words hold the address, and with it the token.
            raise NetworkError(type(error).__name__) from None


def _body(given: RequestData | None) -> aiohttp.FormData | None:
    if given is None:
        return None
    form = aiohttp.FormData()
    for name, value in given.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, kind) in (given.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
