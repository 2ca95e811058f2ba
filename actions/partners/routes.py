"""The partners' door at the action server (the gateway passes ``/api/v1/applications`` on to it)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web

from actions.errors import ActionsError, KeyReused, LedgerUnavailable
from actions.ledger.numbers import is_number
from actions.loans import LoanError
from actions.partners.book import Partner, PartnerBook, PartnerError, Scope, Spent
from actions.partners.desk import NotTheirs, PartnerDesk, RequestInvalid, read_application

log = logging.getLogger(__name__)

KEY_HEADER = "X-API-Key"
IDEMPOTENCY_HEADER = "Idempotency-Key"
MOST_BYTES = 64 * 1024
_STATUS: tuple[tuple[type[ActionsError], int], ...] = (
    (RequestInvalid, 400),
    (NotTheirs, 404),
    (KeyReused, 409),
    (LoanError, 422),
    (LedgerUnavailable, 503),
    (PartnerError, 400),
)
Work = Callable[[web.Request, Partner], Awaitable[web.Response]]


class PartnerRoutes:
    """Routes under ``/partners``: who is it, may they, is it within their quota; then the desk."""

    def __init__(self, book: PartnerBook, desk: PartnerDesk) -> None:
        self._book = book
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.post("/partners/applications", self._for(Scope.WRITE, self._start)),
            web.get("/partners/applications", self._for(Scope.READ, self._list)),
            web.get("/partners/applications/{id}", self._for(Scope.READ, self._show)),
            web.get("/partners/applications/{id}/progress", self._for(Scope.PROGRESS, self._progress)),
        ]

    def _for(self, scope: Scope, work: Work) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def guarded(request: web.Request) -> web.Response:
            key = request.headers.get(KEY_HEADER, "")
            partner = await asyncio.to_thread(self._book.who, key) if key else None
            if partner is None:
                return problem(401, "unauthorised", "没有使用权限，请检查密钥。")
            spent = await asyncio.to_thread(self._book.spend, partner, datetime.now(UTC))
            if not spent.allowed:
                answer = problem(429, "quota_exceeded", "请求太多了，请过一会儿再试。")
                answer.headers["Retry-After"] = str(spent.retry_after_s)
            elif scope not in partner.scopes:
                answer = problem(403, "scope_missing", f"这个密钥没有这项权限：{scope}。")
            else:
                answer = await self._answered(request, partner, work)
            return _with_quota(answer, spent)

        return guarded

    async def _answered(self, request: web.Request, partner: Partner, work: Work) -> web.Response:
        try:
            return await work(request, partner)
        except ActionsError as error:
            status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
            log.warning("partner %s: %s", partner.id, error.code)
            return problem(status, error.code, error.message)

    async def _start(self, request: web.Request, partner: Partner) -> web.Response:
        key = request.headers.get(IDEMPOTENCY_HEADER, "")
        if not (0 < len(key) <= 128 and key.isascii() and key.isprintable()):
            raise RequestInvalid("缺少 Idempotency-Key，或者不是1到128个字符。", code="idempotency_key_missing")
        raw = await request.content.read(MOST_BYTES + 1)
        while len(raw) <= MOST_BYTES and (more := await request.content.read(MOST_BYTES + 1 - len(raw))):
            raw += more
        if len(raw) > MOST_BYTES:
            return problem(413, "too_large", "发来的内容太大了。")
        theirs = await self._desk.start(partner, read_application(raw), key)
        return web.json_response(theirs.whole(), status=201)

    async def _list(self, request: web.Request, partner: Partner) -> web.Response:
        text = request.query.get("limit", "50")
        if not (text.isascii() and text.isdigit() and len(text) <= 3 and 1 <= int(text) <= 500):
            raise RequestInvalid("limit 要在 1 到 500 之间。")
        found = await self._desk.list(partner, int(text))
        return web.json_response({"applications": [one.whole() for one in found]})

    async def _show(self, request: web.Request, partner: Partner) -> web.Response:
        return web.json_response((await self._desk.show(partner, _number(request))).whole())

    async def _progress(self, request: web.Request, partner: Partner) -> web.Response:
        return web.json_response((await self._desk.show(partner, _number(request))).progress())


def _number(request: web.Request) -> str:
    case_id = request.match_info["id"]
    if not is_number(case_id):
        raise NotTheirs("编号不对，请核对一下。", code="case_number_wrong")
    return case_id


def _with_quota(answer: web.Response, spent: Spent) -> web.Response:
    answer.headers["X-RateLimit-Remaining-Minute"] = str(spent.left_minute)
    answer.headers["X-RateLimit-Remaining-Day"] = str(spent.left_day)
    return answer


def problem(status: int, code: str, message: str) -> web.Response:
    """A refusal as the whole API gives it."""
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
