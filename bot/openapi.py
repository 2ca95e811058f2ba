"""The OpenAPI 3.1 description of ``/api/v1``, made from the same models that check the requests."""

from __future__ import annotations

from functools import cache
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.channels.hotline.wire import IvrAnswer, IvrTurn
from bot.mailbox import Letter
from bot.openapi_partners import partner_paths, partner_schemas, webhooks
from bot.schema import Turn, TurnRequest

_REF = "#/components/schemas/{model}"
_ERRORS = {
    "400": "empty, malformed or contradictory input",
    "401": "missing or wrong API key",
    "413": "text or recording over the limit",
    "422": "a recording that cannot be read or holds no speech",
    "503": "a part of the assistant is not reachable; nothing was done",
}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": schema}}}


def _answers(ok: dict[str, Any], *statuses: str) -> dict[str, Any]:
    error = {"$ref": "#/components/schemas/Error"}
    return {"200": {"description": "OK", **_json(ok)}} | {
        status: {"description": _ERRORS.get(status, "not found"), **_json(error)} for status in statuses
    }


@cache
def description() -> dict[str, Any]:
    """The whole description as a JSON-serialisable dictionary."""
    _, definitions = models_json_schema(
        [
            (TurnRequest, "validation"),
            (Turn, "serialization"),
            (Letter, "serialization"),
            (IvrTurn, "validation"),
            (IvrAnswer, "serialization"),
        ],
        ref_template=_REF,
    )
    schemas = definitions["$defs"] | {
        "Error": {
            "type": "object",
            "properties": {
                "error": {
                    "type": "object",
                    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
                }
            },
        },
        "Case": {
            "type": "object",
            "description": "An application or payment with its state and history, masked.",
        },
    }
    turn, case, letter = ({"$ref": f"#/components/schemas/{name}"} for name in ("Turn", "Case", "Letter"))
    voice = {
        "type": "object",
        "required": ["audio"],
        "properties": {
            "audio": {"type": "string", "format": "binary"},
            **{name: {"type": "string"} for name in ("sender_id", "region", "channel", "message_id")},
        },
    }
    body = _json({"$ref": "#/components/schemas/TurnRequest"})["content"] | {"multipart/form-data": {"schema": voice}}
    case_id = {"name": "case_id", "in": "path", "required": True, "schema": {"type": "string"}}
    list_parameters = [
        {"name": "sender", "in": "query", "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 500}},
    ]
    text = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Xiangyin",
            "version": "1",
            "description": "Turns and cases of the village assistant.",
        },
        "security": [{"apiKey": []}],
        "paths": {
            "/api/v1/turns": {
                "post": {
                    "summary": "One turn: a text, or a recording, and the answer to it",
                    "requestBody": {"required": True, "content": body},
                    "responses": _answers(turn, "400", "401", "413", "422", "503"),
                }
            },
            "/api/v1/messages": {
                "get": {
                    "summary": "Messages that were not asked for: an employee's answer, news of a case",
                    "parameters": [
                        {"name": "sender_id", "in": "query", "schema": {"type": "string"}},
                        {"name": "channel", "in": "query", "schema": {"type": "string", "default": "api"}},
                        {
                            "name": "after",
                            "in": "query",
                            "description": "id of the last message seen",
                            "schema": {"type": "integer", "default": 0},
                        },
                    ],
                    "responses": _answers(
                        {"type": "object", "properties": {"messages": {"type": "array", "items": letter}}}, "400", "401"
                    ),
                }
            },
            "/api/v1/nlu/parse": {
                "post": {
                    "summary": "Understanding alone, without a dialogue",
                    "requestBody": {"required": True, **_json(text)},
                    "responses": _answers({"type": "object"}, "400", "401", "503"),
                }
            },
            "/api/v1/cases": {
                "get": {
                    "summary": "The newest cases",
                    "parameters": list_parameters,
                    "responses": _answers({"type": "array", "items": case}, "400", "401", "503"),
                }
            },
            "/api/v1/cases/{case_id}": {
                "get": {
                    "summary": "One case with its history",
                    "parameters": [case_id],
                    "responses": _answers(case, "401", "404", "503"),
                }
            },
            "/api/v1/ivr/turns": {
                "post": {
                    "summary": "One turn of a telephone call on a platform that recognises and speaks by itself",
                    "description": "The first request of a call_id greets. A request with `ended` gets 204.",
                    "requestBody": {"required": True, **_json({"$ref": "#/components/schemas/IvrTurn"})},
                    "responses": _answers({"$ref": "#/components/schemas/IvrAnswer"}, "400", "401", "413", "503")
                    | {"204": {"description": "the call's end is noted"}},
                }
            },
            **partner_paths(),
        },
        "webhooks": webhooks(),
        "components": {
            "schemas": schemas | partner_schemas(_REF),
            "securitySchemes": {
                "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "partnerKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "a partner's"},
            },
        },
    }
