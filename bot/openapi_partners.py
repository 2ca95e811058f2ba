"""The part of the description that partner platforms read: applications, their progress, web-hooks."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import models_json_schema

from actions.cases import CaseState
from actions.partners.schema import ApplicationBody

_TEXT = {"type": "string"}
_TIME = {"type": "string", "format": "date-time"}
_STATE = {"type": "string", "enum": [state.value for state in CaseState]}
_REFUSALS = {
    "400": "the body does not follow the description (the message names the fields), or Idempotency-Key is missing",
    "401": "no key, or one that opens nothing (any more)",
    "403": "the key has not this scope",
    "404": "no such application of this partner",
    "409": "the Idempotency-Key came before with another body; nothing was done",
    "413": "more than 64 KiB",
    "422": "a value is out of range",
    "429": "over the quota of the minute or the day; Retry-After says when to come back",
    "503": "try again with the same Idempotency-Key",
}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _answers(status: str, schema: dict[str, Any], *refusals: str) -> dict[str, Any]:
    return {status: {"description": "OK", **_json(schema)}} | {
        code: {"description": _REFUSALS[code], **_json(_ref("Error"))} for code in ("401", "403", "429", *refusals)
    }


def partner_schemas(template: str) -> dict[str, Any]:
    """Schemas of what partners send and get."""
    _, definitions = models_json_schema([(ApplicationBody, "validation")], ref_template=template)
    event = _object({"at": _TIME, "state": _STATE, "state_text": _TEXT, "who": _TEXT, "note": _TEXT})
    progress = {
        "reference": {**_TEXT, "description": "the partner's own number"},
        "id": {**_TEXT, "description": "case number, ten digits"},
        "kind": {"const": "loan"},
        "state": _STATE,
        "state_text": _TEXT,
        "created_at": _TIME,
        "history": {"type": "array", "items": event},
    }
    details = {
        "summary": _TEXT,
        "amount_fen": {"type": "integer"},
        "details": {"type": "object", "description": "names, phones and villages are masked"},
    }
    schemas: dict[str, Any] = definitions["$defs"]
    return schemas | {
        "Progress": _object(progress),
        "Application": _object(progress | details),
        "News": _object(
            {
                "delivery": _TEXT,
                "event": {"const": "application.state"},
                "application_id": _TEXT,
                "state": _STATE,
                "state_text": _TEXT,
                "at": _TIME,
            }
        ),
    }


def partner_paths() -> dict[str, Any]:
    """``/api/v1/applications`` and below."""
    number = {"name": "id", "in": "path", "required": True, "schema": _TEXT}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
        "description": "the same key with the same body gives the same application",
    }
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}}
    security: list[dict[str, list[str]]] = [{"partnerKey": []}]
    listed = _object({"applications": {"type": "array", "items": _ref("Application")}})
    return {
        "/api/v1/applications": {
            "post": {
                "summary": "Start a loan application (scope applications:write); people at the bank decide about it",
                "security": security,
                "parameters": [key],
                "requestBody": {"required": True, **_json(_ref("ApplicationBody"))},
                "responses": _answers("201", _ref("Application"), "400", "409", "413", "422", "503"),
            },
            "get": {
                "summary": "The partner's applications, newest first (scope applications:read)",
                "security": security,
                "parameters": [limit],
                "responses": _answers("200", listed, "400", "503"),
            },
        },
        "/api/v1/applications/{id}": {
            "get": {
                "summary": "One application with its history, masked (scope applications:read)",
                "security": security,
                "parameters": [number],
                "responses": _answers("200", _ref("Application"), "404", "503"),
            }
        },
        "/api/v1/applications/{id}/progress": {
            "get": {
                "summary": "Where an application stands, without the applicant's data (scope progress:read)",
                "security": security,
                "parameters": [number],
                "responses": _answers("200", _ref("Progress"), "404", "503"),
            }
        },
    }


def webhooks() -> dict[str, Any]:
    """What we send to partners."""
    return {
        "application.state": {
            "post": {
                "summary": "An application changed its state",
                "description": "X-Xiangyin-Signature is the hex HMAC-SHA256, under the partner's secret, of "
                "X-Xiangyin-Timestamp, a full stop and the body. News come at least once and not always in order; "
                "X-Xiangyin-Delivery tells repeats. Answer 2xx; anything else is tried again for a day and a half, "
                "410 is not.",
                "requestBody": {"required": True, **_json(_ref("News"))},
                "responses": {"200": {"description": "taken"}},
            }
        }
    }
