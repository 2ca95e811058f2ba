"""The page with all that is kept about a sender, made at their own wish, under an id that cannot be guessed."""

from __future__ import annotations

import asyncio

from aiohttp import web

from bot.errors import NotFoundError
from bot.store import GatewayStore


class ExportRoutes:
    """``GET /export/<id>.html``, for a day."""

    def __init__(self, store: GatewayStore) -> None:
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        return [web.get(r"/export/{key:[A-Za-z0-9_-]{22}}.html", self._export)]

    async def _export(self, request: web.Request) -> web.Response:
        page = await asyncio.to_thread(self._store.export, request.match_info["key"])
        if page is None:
            raise NotFoundError("这个页面已经过期了，想看请再说一遍“导出我的数据”。")
        headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"}
        headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
        return web.Response(text=page, content_type="text/html", headers=headers)
