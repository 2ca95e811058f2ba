"""A reverse proxy on one link: sees each exchange whole, spoils it as the network would, and reports it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from tests.chaos.plan import Fault

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host"}


@dataclass(frozen=True)
class Exchange:
    """One request on a link, and the bytes that tell whose it is."""

    link: str
    method: str
    path: str
    body: bytes


Fate = Callable[[Exchange], tuple[Fault, float]]
Watcher = Callable[[Exchange, str], Awaitable[bool]]
"""Called at ``before`` (nothing passed on yet) and ``after`` (answered, the answer not passed on yet); True
after it: the answer is lost."""


class Proxy:
    """Listens on a port of its own and passes requests on.

    Args:
        link: its name.
        target: base URL of what is behind it.
        fate: what happens to an exchange.
        watch: told of both ends of it.
    """

    def __init__(self, link: str, target: str, port: int, fate: Fate, watch: Watcher) -> None:
        self.link = link
        self.port = port
        self._target = target
        self._fate = fate
        self._watch = watch
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None
        self._late: set[asyncio.Task[web.Response | None]] = set()

    async def start(self) -> None:
        self._http = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=120),
            connector=aiohttp.TCPConnector(force_close=True, limit=0),
            auto_decompress=False,
        )
        app = web.Application(client_max_size=2**26)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def stop(self) -> None:
        for task in self._late:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._http is not None:
            await self._http.close()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        exchange = Exchange(self.link, request.method, request.path, body)
        fault, seconds = self._fate(exchange)
        if fault is Fault.DELAY:
            await asyncio.sleep(seconds)
        if fault is Fault.RESET:
            return _cut(request)
        await self._watch(exchange, "before")
        if fault is Fault.TWICE:
            task = asyncio.create_task(self._pass_on(request, body))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        answer = await self._pass_on(request, body)
        if answer is None:
            return _cut(request)
        lost = await self._watch(exchange, "after")
        return _cut(request) if lost or fault is Fault.LOST else answer

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response | None:
        assert self._http is not None
        headers = {name: value for name, value in request.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            async with self._http.request(
                request.method, self._target + request.path_qs, data=body, headers=headers, allow_redirects=False
            ) as answer:
                kept = {n: v for n, v in answer.headers.items() if n.lower() not in HOP_BY_HOP}
                return web.Response(status=answer.status, body=await answer.read(), headers=kept)
        except (aiohttp.ClientError, TimeoutError, OSError):
            return None


def _cut(request: web.Request) -> web.Response:
    with suppress(Exception):
        if request.transport is not None:
            request.transport.abort()
    return web.Response(status=502)
