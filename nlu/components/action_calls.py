"""Makes Rasa's calls of the action server cheap: one validator, one connection.

``RemoteAction._validate_action_result`` of Rasa 3.6.21 builds and checks its JSON schema anew for each answer: about
29 of the 47 ms a turn with an action costs. The schema never changes, so one validator gives the same verdict. It tries
each event against the schemas of all kinds, still a quarter of a turn; its own kind's schema says as much.
``EndpointConfig.request`` opens a session, and with it a connection, for each call; here an endpoint keeps its own.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event
from rasa.utils.endpoints import EndpointConfig

_sessions: dict[int, aiohttp.ClientSession] = {}
"""Open sessions by the endpoint's identity; an endpoint lives as long as the server."""


def build_validator_once() -> None:
    """Replace the check on ``RemoteAction``; to be called once, when the server loads its channel."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    by_event = {
        one["properties"]["event"]["const"]: kind(one) for one in schema["properties"]["events"]["items"]["oneOf"]
    }

    def plainly_right(events: object) -> bool:
        return isinstance(events, list) and all(
            isinstance(event, dict) and (own := by_event.get(event.get("event"))) is not None and own.is_valid(event)
            for event in events
        )

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        if isinstance(result, dict) and plainly_right(result.get("events", [])):
            result = {**result, "events": []}
        error = best_match(validator.iter_errors(result))
        if error is not None:
            raise error
        return True

    RemoteAction._validate_action_result = validate


def remember_event_kinds() -> None:
    """Look the class of an event up once: Rasa goes through all classes for each event it reads, a tenth of a turn."""
    resolve = Event.resolve_by_type
    found: dict[str, type[Event]] = {}

    def resolve_by_type(type_name: str, default: type[Event] | None = None) -> type[Event] | None:
        known = found.get(type_name)
        if known is None:
            known = resolve(type_name, None) if default is None else resolve(type_name, default)
            if known is not None and known is not default:
                found[type_name] = known
        return known

    Event.resolve_by_type = staticmethod(resolve_by_type)


class _Kept:
    """``async with`` around an endpoint's session that leaves it open."""

    def __init__(self, endpoint: EndpointConfig) -> None:
        self._endpoint = endpoint

    async def __aenter__(self) -> aiohttp.ClientSession:
        session = _sessions.get(id(self._endpoint))
        if session is None or session.closed:
            session = _sessions[id(self._endpoint)] = _open(self._endpoint)
        return session

    async def __aexit__(self, *_error: object) -> None:
        return None


_open = EndpointConfig.session


def keep_connections() -> None:
    """Let every endpoint use one session for all its calls; to be called once."""

    def session(endpoint: EndpointConfig) -> _Kept:
        return _Kept(endpoint)

    EndpointConfig.session = session


async def close_connections() -> None:
    """Close what :func:`keep_connections` left open; for the server's end."""
    while _sessions:
        await _sessions.popitem()[1].close()
