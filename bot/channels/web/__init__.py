"""The web chat: one page, its signed session, and its turns."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.channels.base import Capabilities, Channel
from bot.channels.http import json_response, letters_after, read_inbound
from bot.errors import UnauthorisedError
from bot.mailbox import Mailbox
from bot.schema import Reply
from bot.turn import TurnService

_STATIC = Path(__file__).parent / "static"
_COOKIE = "xiangyin_session"
_SESSION_S = 180 * 24 * 3600
_CSP = (
    "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class WebChannel(Channel):
    """Routes of the page.

    Args:
        turns: runs a turn.
        secret: signs the session cookie.
        mailbox: keeps messages until the page fetches them.
        max_audio_bytes: bound on a recording.
    """

    name = "web"
    capabilities = Capabilities(buttons=True, voice=True, speech=True, images=True, links=True)

    def __init__(self, turns: TurnService, secret: str, *, mailbox: Mailbox, max_audio_bytes: int) -> None:
        self._turns = turns
        self._mailbox = mailbox
        self._signer = URLSafeTimedSerializer(secret, salt="web-session")
        self._max_audio_bytes = max_audio_bytes

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/", self._page),
            web.post("/chat/turns", self._turn),
            web.get("/chat/messages", self._messages),
            web.static("/static", _STATIC),
        ]

    async def deliver(self, sender_id: str, replies: Sequence[Reply]) -> None:
        """Messages wait until the page asks for them."""
        await asyncio.to_thread(self._mailbox.put, f"{self.name}:{sender_id}", replies)

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
        visitor = self._known(request)
        inbound = await read_inbound(request, self._max_audio_bytes)
        turn = await self._turns.run(replace(inbound, channel=self.name, sender_id=visitor))
        return json_response(turn.model_dump(exclude={"sender_id"}))

    async def _messages(self, request: web.Request) -> web.Response:
        return json_response(await letters_after(self._mailbox, f"{self.name}:{self._known(request)}", request))

    def _known(self, request: web.Request) -> str:
        visitor = self._visitor(request)
        if visitor is None or not _same_origin(request):
            raise UnauthorisedError("这个页面放得太久了，请刷新一下再说。", code="session_expired")
        return visitor

    def _visitor(self, request: web.Request) -> str | None:
        try:
            visitor = self._signer.loads(request.cookies.get(_COOKIE, ""), max_age=_SESSION_S)
        except BadSignature:
            return None
        return visitor if isinstance(visitor, str) else None


def _same_origin(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host
