"""The web chat: one page, its signed session, and its turns."""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.channels.http import json_response, read_inbound
from bot.errors import UnauthorisedError
from bot.turn import TurnService

_STATIC = Path(__file__).parent / "static"
_COOKIE = "xiangyin_session"
_SESSION_S = 180 * 24 * 3600
_CSP = (
    "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class WebChannel:
    """Routes of the page.

    Args:
        turns: runs a turn.
        secret: signs the session cookie.
        max_audio_bytes: bound on a recording.
    """

    def __init__(self, turns: TurnService, secret: str, max_audio_bytes: int) -> None:
        self._turns = turns
        self._signer = URLSafeTimedSerializer(secret, salt="web-session")
        self._max_audio_bytes = max_audio_bytes

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/", self._page),
            web.post("/chat/turns", self._turn),
            web.static("/static", _STATIC),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        response = web.Response(
            text=(_STATIC / "index.html").read_text("utf-8"),
            content_type="text/html",
            headers={
                "Content-Security-Policy": _CSP,
                "Permissions-Policy": "microphone=(self)",
                "Cache-Control": "no-cache",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )
        if self._visitor(request) is None:
            response.set_cookie(
                _COOKIE,
                self._signer.dumps(secrets.token_urlsafe(12)),
                max_age=_SESSION_S,
                httponly=True,
                samesite="Lax",
                secure=request.secure,
            )
        return response

    async def _turn(self, request: web.Request) -> web.Response:
        visitor = self._visitor(request)
        if visitor is None or not _same_origin(request):
            raise UnauthorisedError("这个页面放得太久了，请刷新一下再说。", code="session_expired")
        inbound = await read_inbound(request, self._max_audio_bytes)
        turn = await self._turns.run(replace(inbound, channel="web", sender_id=visitor))
        return json_response(turn.model_dump(exclude={"sender_id"}))

    def _visitor(self, request: web.Request) -> str | None:
        try:
            visitor = self._signer.loads(request.cookies.get(_COOKIE, ""), max_age=_SESSION_S)
        except BadSignature:
            return None
        return visitor if isinstance(visitor, str) else None


def _same_origin(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
