"""The sandbox bank over HTTP: signed API under ``/v1``, confirmation pages under ``/pay``, faults to order under
``/control``."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import jinja2
from aiohttp import web
from pydantic import BaseModel, ValidationError
from sqlalchemy import Engine
from yarl import URL

from actions.bank.client import CLIENT_ID
from actions.bank.sandbox.bank import (
    BillQuery,
    ChangeBody,
    KeyQuery,
    LoanBody,
    PaymentBody,
    PayPage,
    Refused,
    SandboxBank,
    WithdrawalBody,
    digest,
)
from actions.bank.sandbox.faults import Fault, FaultOrder, Faults
from actions.bank.signing import IDEMPOTENCY_KEY, SignatureInvalid, Verifier, sign
from actions.bills import BILL_NAMES
from actions.ledger.masking import yuan

log = logging.getLogger(__name__)

BANK = web.AppKey("bank", SandboxBank)
VERIFIER = web.AppKey("verifier", Verifier)
OPENAPI = Path(__file__).parents[1] / "openapi.yaml"
_PAGES = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")), autoescape=True)
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'",
}
_NOTICE_TICK_S = 1.0

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
B = TypeVar("B", bound=BaseModel)


FAULTS = web.AppKey("faults", Faults)


def create_app(
    engine: Engine, key: bytes, public_url: str, notify_url: str | None = None, faults: Faults | None = None
) -> web.Application:
    """The sandbox bank.

    Args:
        engine: its own database.
        key: shared with the partner; signs both ways.
        public_url: base of confirmation pages' addresses.
        notify_url: where the partner wants to hear of changes; None: it only queries.
        faults: see :class:`~actions.bank.sandbox.faults.Faults`.
    """
    app = web.Application(middlewares=[_refusals, _signed, _misbehave], client_max_size=64 * 1024)
    app[BANK] = SandboxBank(engine, public_url.rstrip("/"))
    app[VERIFIER] = Verifier(key, CLIENT_ID)
    app[FAULTS] = faults or Faults()
    app.add_routes(
        [
            web.post("/v1/bills/query", _bill),
            web.post("/v1/payments", _start_payment),
            web.post("/v1/payments/query", _find_payment),
            web.post("/v1/loan-applications", _submit_loan),
            web.post("/v1/loan-applications/query", _find_loan),
            web.post("/v1/loan-applications/change", _change_loan),
            web.post("/v1/loan-applications/withdraw", _withdraw_loan),
            web.post("/control/faults", _order_faults),
            web.get("/pay/{token}", _pay_page),
            web.post("/pay/{token}", _confirm),
            web.get("/openapi.yaml", _openapi),
            web.get("/healthz", _healthz),
        ]
    )
    if notify_url is not None:
        app.cleanup_ctx.append(lambda app: _notices(app, URL(notify_url), key))
    return app


def _problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"code": code, "message": message}, status=status)


@web.middleware
async def _refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refusal:
        return _problem(refusal.status, refusal.code, refusal.message)
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, item["loc"])) for item in error.errors())
        return _problem(400, "invalid_request", f"请求不合格式：{fields}")


@web.middleware
async def _signed(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(("/v1/", "/control/")):
        try:
            request.app[VERIFIER].check(
                request.method, request.rel_url.raw_path_qs, request.headers, await request.read()
            )
        except SignatureInvalid as error:
            return _problem(401, error.code, "签名不对。")
    return await handler(request)


@web.middleware
async def _misbehave(request: web.Request, handler: Handler) -> web.StreamResponse:
    if not request.path.startswith("/v1/"):
        return await handler(request)
    fault, delay_s = request.app[FAULTS].next()
    if fault is Fault.FAIL:
        return _problem(500, "sandbox_told_to_fail", "银行系统出错。")
    if fault is Fault.OUTAGE:
        return _cut(request, web.Response())
    try:
        response = await handler(request)
    except Refused as refusal:
        response = _problem(refusal.status, refusal.code, refusal.message)
    if delay_s:
        await asyncio.sleep(delay_s)
    if fault is Fault.LOSE:
        return _cut(request, response)
    if fault is Fault.TWICE and isinstance(response, web.Response):
        await response.prepare(request)
        await response.write_eof()
        if request.transport is not None and isinstance(response.body, bytes):
            head = f"HTTP/1.1 {response.status} OK\r\nContent-Type: application/json\r\n"
            request.transport.write(f"{head}Content-Length: {len(response.body)}\r\n\r\n".encode() + response.body)
    return response


def _cut(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return response


async def _body(request: web.Request, model: type[B]) -> B:
    return model.model_validate_json(await request.read())


def _key(request: web.Request) -> str:
    key = request.headers.get(IDEMPOTENCY_KEY, "")
    if not 0 < len(key) <= 128:
        raise Refused(400, "idempotency_key_missing", "缺少业务号。")
    return key


async def _answer(work: Callable[..., dict[str, Any]], *args: object, status: int = 200) -> web.Response:
    return web.json_response(await asyncio.to_thread(work, *args), status=status)


async def _bill(request: web.Request) -> web.Response:
    return await _answer(request.app[BANK].bill, await _body(request, BillQuery))


async def _start_payment(request: web.Request) -> web.Response:
    body, raw = await _body(request, PaymentBody), await request.read()
    return await _answer(request.app[BANK].start_payment, body, _key(request), digest(raw), status=201)


async def _submit_loan(request: web.Request) -> web.Response:
    body, raw = await _body(request, LoanBody), await request.read()
    return await _answer(request.app[BANK].submit_loan, body, _key(request), digest(raw), status=201)


async def _change_loan(request: web.Request) -> web.Response:
    body, raw = await _body(request, ChangeBody), await request.read()
    return await _answer(request.app[BANK].change_loan, body, _key(request), digest(raw))


async def _withdraw_loan(request: web.Request) -> web.Response:
    body, raw = await _body(request, WithdrawalBody), await request.read()
    return await _answer(request.app[BANK].withdraw_loan, body, _key(request), digest(raw))


async def _find_payment(request: web.Request) -> web.Response:
    return await _answer(request.app[BANK].find_payment, await _body(request, KeyQuery))


async def _find_loan(request: web.Request) -> web.Response:
    return await _answer(request.app[BANK].find_loan, await _body(request, KeyQuery))


def _render(page: PayPage | None) -> web.Response:
    text = _PAGES.get_template("pay.html").render(
        page=page,
        name=BILL_NAMES.get(page.bill_type, page.bill_type) if page else "",
        amount=yuan(page.amount_fen) if page else "",
    )
    return web.Response(text=text, content_type="text/html", status=404 if page is None else 200, headers=_PAGE_HEADERS)


async def _pay_page(request: web.Request) -> web.Response:
    return _render(await asyncio.to_thread(request.app[BANK].page, request.match_info["token"]))


async def _confirm(request: web.Request) -> web.Response:
    return _render(await asyncio.to_thread(request.app[BANK].confirm, request.match_info["token"]))


async def _order_faults(request: web.Request) -> web.Response:
    order = await _body(request, FaultOrder)
    request.app[FAULTS].order(order)
    log.warning("told to misbehave: %s", order.model_dump_json(exclude_defaults=True))
    return web.json_response(order.model_dump())


async def _openapi(_request: web.Request) -> web.Response:
    return web.Response(text=OPENAPI.read_text("utf-8"), content_type="application/yaml")


async def _healthz(_request: web.Request) -> web.Response:
    return web.json_response({"ok": True, "sample": True})


async def _notices(app: web.Application, url: URL, key: bytes) -> AsyncIterator[None]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as http:
        task = asyncio.create_task(_send_notices(app[BANK], http, url, key, app[FAULTS]))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _send_notices(bank: SandboxBank, http: aiohttp.ClientSession, url: URL, key: bytes, faults: Faults) -> None:
    while True:
        for notice_id, client_ref in await asyncio.to_thread(bank.due_notices):
            body = json.dumps({"client_ref": client_ref}).encode()
            arrived = False
            for _ in range(faults.notices()):
                headers = sign(key, "POST", url.raw_path_qs, body, client=CLIENT_ID)
                headers["Content-Type"] = "application/json"
                try:
                    async with http.post(url, data=body, headers=headers) as response:
                        arrived = response.status < 300
                except (aiohttp.ClientError, TimeoutError):
                    arrived = False
            if not arrived:
                log.warning("call-back %d did not arrive", notice_id)
            await asyncio.to_thread(bank.noticed, notice_id, arrived=arrived)
        await asyncio.sleep(_NOTICE_TICK_S)
