"""The door Rasa comes in by: runs one action and always answers so that the user hears something true."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import (
    ActionExecutionRejection,
    ActionMissingDomainException,
    ActionNotFoundException,
)

from actions.metrics import Metrics
from actions.problems import noted
from actions.texts.say import digits

log = logging.getLogger(__name__)

_KEPT_SLOT = "form_misses"
_FAILED = (
    "对不起，我这边出了点问题，刚才这句没能办好。要是正在办贷款或者缴费，请说“查进度”看看办到哪一步了；"
    "也可以说“人工”找工作人员。问题编号{number}。"
)


class Webhook:
    """Runs actions for Rasa.

    Args:
        executor: with the actions registered.
        metrics: counters.
        timeout_s: an action that takes longer is given up, and the user is told.
    """

    def __init__(self, executor: ActionExecutor, metrics: Metrics, timeout_s: float) -> None:
        self._executor = executor
        self._metrics = metrics
        self._timeout = timeout_s

    async def __call__(self, request: web.Request) -> web.Response:
        """``POST /webhook``: 200 with events and responses, 400 rejection or bad body, 404, 449."""
        try:
            call = await request.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            return web.json_response({"error": "invalid JSON"}, status=400)
        if not isinstance(call, dict) or not isinstance(call.get("tracker"), dict):
            return web.json_response({"error": "no tracker"}, status=400)
        name = call.get("next_action")
        if not isinstance(name, str) or not name:
            return web.json_response({"error": "no next_action"}, status=400)
        call.setdefault("domain", {})  # no action reads it, so Rasa need not send it; the executor asks for one
        if name not in self._executor.actions:
            log.error("action %r is not registered", name[:80])
            return web.json_response({"error": f"no action {name!r}", "action_name": name}, status=404)
        with self._metrics.action_seconds.labels(name).time():
            return await self._run(call, name)

    async def _run(self, call: dict[str, Any], name: str) -> web.Response:
        outcome = "ok"
        try:
            async with asyncio.timeout(self._timeout):
                result = await self._executor.run(call)
            return web.json_response(None if result is None else result.model_dump())
        except ActionExecutionRejection as error:
            outcome = "rejected"
            return web.json_response({"error": error.message, "action_name": name}, status=400)
        except ActionNotFoundException as error:
            outcome = "not_found"
            return web.json_response({"error": error.message, "action_name": name}, status=404)
        except ActionMissingDomainException as error:
            outcome = "no_domain"
            return web.json_response({"error": error.message, "action_name": name}, status=449)
        except Exception as error:  # noqa: BLE001  (whatever failed, the user gets an answer)
            outcome = "failed"
            return _apology(call, name, error)
        finally:
            self._metrics.actions.labels(name, outcome).inc()


def _apology(call: Mapping[str, Any], name: str, error: Exception) -> web.Response:
    number = noted(f"action {name}", turn_id(call), error)
    text, spoken = _FAILED.format(number=number), _FAILED.format(number=digits(number))
    return web.json_response(
        {
            "events": _kept_slot(call, name),
            "responses": [
                {
                    "text": text,
                    "buttons": [],
                    "elements": [],
                    "custom": {"kind": "error", "spoken": spoken, "sources": [], "case_id": None},
                    "template": None,
                    "response": None,
                    "image": None,
                    "attachment": None,
                }
            ],
        }
    )


def _kept_slot(call: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """Rasa drops what a form's validation says unless it also sets a slot: one is set to the value it has."""
    if not name.startswith("validate_"):
        return []
    slots = call.get("tracker", {}).get("slots")
    value = slots.get(_KEPT_SLOT) if isinstance(slots, dict) else None
    return [{"event": "slot", "name": _KEPT_SLOT, "value": value, "timestamp": None}]


def turn_id(call: Mapping[str, Any]) -> str:
    """The turn's id from the tracker's newest message, ``-`` when there is none."""
    message = call.get("tracker", {}).get("latest_message") or {}
    metadata = message.get("metadata") or {} if isinstance(message, dict) else {}
    found = metadata.get("turn_id") if isinstance(metadata, dict) else None
    return found[:64] if isinstance(found, str) and found.replace("-", "").isalnum() else "-"
