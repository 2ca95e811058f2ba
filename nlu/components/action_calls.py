"""Makes Rasa's calls of the action server cheap: one validator, one connection.

``RemoteAction._validate_action_result`` of Rasa 3.6.21 builds and checks its JSON schema anew for each answer: about
29 of the 47 ms a turn with an action costs. The schema never changes, so one validator gives the same verdict.
``EndpointConfig.request`` opens a session, and with it a connection, for each call; here an endpoint keeps its own.
"""

from __future__ import annotations

from typing import Any

import aiohttp
from jsonschema.exceptions import best_match
from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import EndpointConfig

_sessions: dict[int, aiohttp.ClientSession] = {}
"""Open sessions by the endpoint's identity; an endpoint lives as long as the server."""


def build_validator_once() -> None:
    """Replace the check on ``RemoteAction``; to be called once, when the server loads its channel."""
    schema = RemoteAction.action_response_format_spec()
    kind = validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)

    def validate(_self: RemoteAction, result: dict[str, Any]) -> bool:
        error = best_match(validator.iter_errors(result))
        if error is not None:
            raise error
        return True

    RemoteAction._validate_action_result = validate


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
