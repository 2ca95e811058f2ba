"""Who speaks on the page: a visitor with a signed cookie, or a user that an embedding page vouches for."""

from __future__ import annotations

import hashlib
import secrets

import jwt
from aiohttp import web
from itsdangerous import BadSignature, URLSafeTimedSerializer

from bot.errors import UnauthorisedError

COOKIE = "xiangyin_session"
SESSION_S = 180 * 24 * 3600
EMBEDDED_S = 12 * 3600
"""The host makes a new token whenever it opens the page again."""
_LEEWAY_S = 30


class Visitors:
    """Makes and reads sessions.

    Args:
        secret: signs our sessions.
        embed_key: shared with the embedding host, which signs its users' tokens with it (JWT, HS256); empty: no host.
    """

    def __init__(self, secret: str, embed_key: str = "") -> None:
        self._signer = URLSafeTimedSerializer(secret, salt="web-session")
        self._embedded = URLSafeTimedSerializer(secret, salt="embedded-session")
        self._embed_key = embed_key

    def of(self, request: web.Request, embedded: str | None = None) -> str | None:
        """The sender of a request, None when it has no valid session.

        ``embedded`` is an embedding page's session where the request's headers cannot hold it.
        """
        given = embedded or request.headers.get("Authorization", "").removeprefix("Bearer ")
        signer, value, age = (
            (self._embedded, given, EMBEDDED_S) if given else (self._signer, request.cookies.get(COOKIE, ""), SESSION_S)
        )
        try:
            visitor = signer.loads(value, max_age=age)
        except BadSignature:
            return None
        return visitor if isinstance(visitor, str) else None

    def welcome(self, request: web.Request, response: web.Response) -> None:
        """Give a newcomer a session of their own."""
        response.set_cookie(
            COOKIE,
            self._signer.dumps(secrets.token_urlsafe(12)),
            max_age=SESSION_S,
            httponly=True,
            samesite="Lax",
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
        )

    def embedded(self, token: str) -> str:
        """A session for the user a host vouches for; the token names ``sub`` (the host's user) and ``exp``.

        Raises:
            UnauthorisedError: no host is set up, or the token is not its, is too old, or names nobody.
        """
        if not self._embed_key:
            raise UnauthorisedError("这个页面还没有开通嵌入。", code="not_embedded")
        try:
            claims = jwt.decode(
                token,
                self._embed_key,
                algorithms=["HS256"],
                leeway=_LEEWAY_S,
                options={"require": ["sub", "exp"]},
            )
        except jwt.InvalidTokenError:
            raise UnauthorisedError("登录过期了，请从原来的地方重新打开。", code="token_invalid") from None
        # The host's own number may be a phone number: only its digest is kept.
        subject = hashlib.sha256(f"{self._embed_key}:{claims['sub']}".encode()).hexdigest()[:24]
        return str(self._embedded.dumps(f"host-{subject}"))
