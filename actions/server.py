"""The action server's HTTP: Rasa's webhook, cases, the bank's call-backs, health and metrics."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from collections.abc import Iterable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor

from actions.bank.api import BankApi, BankError
from actions.bank.signing import SignatureInvalid, Verifier
from actions.call_routes import CallRoutes
from actions.cases import CaseBook
from actions.delivery import Delivery
from actions.errors import ActionsError, LedgerUnavailable
from actions.ledger.database import reachable
from actions.ledger.forgetting import forget
from actions.ledger.ledger import Ledger
from actions.ledger.numbers import is_number
from actions.metrics import Metrics
from actions.partners.routes import PartnerRoutes
from actions.pictures import PictureRoutes
from actions.repayment.picture import PlanPainter
from actions.webhook import Webhook

log = logging.getLogger(__name__)

SECRET_HEADER = "X-Xiangyin-Secret"  # noqa: S105  (a header's name)
_OPEN_PATHS = frozenset({"/healthz", "/readyz"})
_SIGNED_PATHS = frozenset({"/bank/events"})
"""Open to the bank, which signs instead of knowing our secret."""
_MAX_BODY = 16 * 2**20
"""A long conversation's tracker takes megabytes."""


class _Routes:
    """Handlers beside the webhook."""

    def __init__(self, ledger: Ledger, bank: BankApi, delivery: Delivery, verifier: Verifier, metrics: Metrics):
        self._ledger = ledger
        self._cases = CaseBook(ledger)
        self._bank = bank
        self._delivery = delivery
        self._verifier = verifier
        self._metrics = metrics

    async def cases(self, request: web.Request) -> web.Response:
        """``GET /cases?sender=&limit=``: newest first, masked."""
        text = request.query.get("limit", "50")
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 500 and len(text) <= 3):
            return _problem(400, "bad_limit", "limit is 1 to 500")
        found = await self._cases.list(request.query.get("sender") or None, int(text))
        return web.json_response({"cases": [case.as_json() for case in found]})

    async def case(self, request: web.Request) -> web.Response:
        """``GET /cases/{id}``."""
        case_id = request.match_info["id"]
        if not is_number(case_id):
            return _problem(404, "case_number_wrong", "编号不对，请核对一下。")
        case = await self._cases.get(case_id, request.query.get("sender") or None)
        if case is None:
            return _problem(404, "case_not_found", "没有这个编号的业务。")
        return web.json_response(case.as_json())

    async def forget(self, request: web.Request) -> web.Response:
        """``POST /senders/forget`` with ``{"sender"}``: erase what they said, as far as the law lets us."""
        try:
            sender = json.loads(await request.read())["sender"]
        except (ValueError, KeyError, TypeError):
            return _problem(400, "bad_body", "sender is missing")
        if not isinstance(sender, str) or not sender:
            return _problem(400, "bad_body", "sender is no text")
        await asyncio.to_thread(forget, self._ledger, sender)
        return web.json_response({"forgotten": True})

    async def bank_event(self, request: web.Request) -> web.Response:
        """``POST /bank/events``: the bank says a case changed; it is asked what became of it."""
        body = await request.read()
        try:
            self._verifier.check(request.method, request.rel_url.raw_path_qs, request.headers, body)
        except SignatureInvalid as error:
            return _problem(401, error.code, "signature")
        try:
            case_id = json.loads(body)["client_ref"]
        except (ValueError, KeyError, TypeError):
            return _problem(400, "bad_event", "client_ref is missing")
        if not isinstance(case_id, str) or not is_number(case_id):
            return _problem(400, "bad_event", "client_ref is not a case number")
        try:
            changed = await self._delivery.news(case_id)
        except BankError as error:
            return _problem(503, error.code, "try again")
        return web.json_response({"changed": changed})

    async def healthz(self, _request: web.Request) -> web.Response:
        """``GET /healthz``: the process answers."""
        return web.json_response({"ok": True})

    async def readyz(self, _request: web.Request) -> web.Response:
        """``GET /readyz``: 200 when cases can be registered. A bank that is down does not prevent that."""
        ledger_ok, bank_ok = await asyncio.gather(asyncio.to_thread(reachable, self._ledger.engine), self._bank.ready())
        ready = ledger_ok and self._delivery.alive
        body = {"ready": ready, "ledger": ledger_ok, "delivery": self._delivery.alive, "bank": bank_ok}
        return web.json_response(body, status=200 if ready else 503)

    async def metrics(self, _request: web.Request) -> web.Response:
        """``GET /metrics``: Prometheus text."""
        await self._delivery.pending()
        return web.Response(body=generate_latest(self._metrics.registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


def create_app(
    actions: Iterable[Action],
    *,
    ledger: Ledger,
    bank: BankApi,
    delivery: Delivery,
    metrics: Metrics,
    verifier: Verifier,
    secret: str,
    action_timeout_s: float = 25.0,
    painter: PlanPainter | None = None,
    partners: PartnerRoutes | None = None,
    calls: CallRoutes | None = None,
) -> web.Application:
    """The action server.

    Args:
        actions: instances to register.
        secret: what callers must send in ``X-Xiangyin-Secret``; not empty.
        action_timeout_s: an action that takes longer is given up.
        painter: draws repayment plans; default: without Chinese labels.
        partners: their routes.
        calls: records of the hotline.
    """
    if not secret:
        raise ValueError("secret is empty")
    executor = ActionExecutor()
    for action in actions:
        executor.register_action(action)
    routes = _Routes(ledger, bank, delivery, verifier, metrics)
    app = web.Application(middlewares=[_guard(secret), _plain_errors], client_max_size=_MAX_BODY)
    app.add_routes(
        [
            web.post("/webhook", Webhook(executor, metrics, action_timeout_s).__call__),
            web.get("/cases", routes.cases),
            web.get("/cases/{id}", routes.case),
            web.post("/senders/forget", routes.forget),
            web.post("/bank/events", routes.bank_event),
            web.post("/pictures", PictureRoutes(painter or PlanPainter(None)).draw),
            web.get("/healthz", routes.healthz),
            web.get("/readyz", routes.readyz),
            web.get("/metrics", routes.metrics),
            *(partners.routes() if partners is not None else ()),
            *(calls.routes() if calls is not None else ()),
        ]
    )
    return app


def _problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)


def _guard(secret: str) -> Middleware:
    expected = secret.encode()

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path not in _OPEN_PATHS | _SIGNED_PATHS:
            given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
            if not hmac.compare_digest(given, expected):
                return _problem(401, "wrong_secret", "wrong or no secret")
        return await handler(request)

    return guard


@web.middleware
async def _plain_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _problem(error.status, "http_error", error.reason)
    except LedgerUnavailable as error:
        log.error("%s: %s", request.match_info.route.resource, error.code)
        return _problem(503, error.code, error.message)
    except ActionsError as error:
        log.error("%s: %s", request.match_info.route.resource, error.code)
        return _problem(500, error.code, error.message)
