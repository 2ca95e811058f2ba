"""Pictures of replies over HTTP: ``/media/<id>.png``. The id cannot be guessed and is its only key."""

from __future__ import annotations

from aiohttp import web

from bot.pictures import Pictures


class MediaRoutes:
    """Serves pictures."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures

    def routes(self) -> list[web.RouteDef]:
        return [web.get(r"/media/{key:[A-Za-z0-9_-]{22}}.png", self._picture)]

    async def _picture(self, request: web.Request) -> web.Response:
        drawn = await self._pictures.png(request.match_info["key"])
        return web.Response(
            body=drawn,
            content_type="image/png",
            headers={"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"},
        )
