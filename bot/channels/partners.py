"""The partners' door: ``/api/v1/applications`` is passed on to the action server, which knows their keys and quotas."""

from __future__ import annotations

import logging

import aiohttp
from aiohttp import web
from yarl import URL

from bot.errors import BodyTooLargeError, ServiceUnavailableError

log = logging.getLogger(__name__)

_MOST_BYTES = 64 * 1024
_PASSED = ("Idempotency-Key", "X-API-Key")
_RETURNED = ("Retry-After", "X-RateLimit-Remaining-Minute", "X-RateLimit-Remaining-Day")


class PartnerChannel:
    """Routes for partner platforms.

    Args:
        session: shared HTTP session.
        base_url: the action server's, without trailing slash.
        secret: the internal secret.
    """

    def __init__(self, session: aiohttp.ClientSession, base_url: str, secret: str) -> None:
        self._session = session
        self._url = base_url
        self._secret = secret
        self._timeout = aiohttp.ClientTimeout(total=20)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v1/applications", self._pass_on),
            web.get("/api/v1/applications", self._pass_on),
            web.get("/api/v1/applications/{id}", self._pass_on),
            web.get("/api/v1/applications/{id}/progress", self._pass_on),
        ]

    async def _pass_on(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > _MOST_BYTES:
            raise BodyTooLargeError
        body = await request.read()
        if len(body) > _MOST_BYTES:
            raise BodyTooLargeError
        headers = {name: value for name in _PASSED if (value := request.headers.get(name)) is not None}
        if "X-API-Key" not in headers and (bearer := request.headers.get("Authorization", "")).startswith("Bearer "):
            headers["X-API-Key"] = bearer.removeprefix("Bearer ")
        if body:
            headers["Content-Type"] = "application/json"
        url = f"{self._url}/partners/{request.rel_url.raw_path_qs.removeprefix('/api/v1/')}"
        try:
            async with self._session.request(
                request.method,
                URL(url, encoded=True),
                data=body or None,
                headers={**headers, "X-Xiangyin-Secret": self._secret},
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                kept = {name: answer.headers[name] for name in _RETURNED if name in answer.headers}
                return web.Response(
                    status=answer.status, body=await answer.read(), headers=kept, content_type="application/json"
                )
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # The request may have been carried out: the same Idempotency-Key finds out.
            log.warning("action server unreachable: %s", type(error).__name__)
            raise ServiceUnavailableError from error
