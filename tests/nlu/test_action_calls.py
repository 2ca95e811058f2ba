"""Rasa's calls of the action server: one connection for all, answers checked as Rasa checks them."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("rasa", reason="runs on Rasa's Python")

from aiohttp import web
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.events import Event, SlotSet
from rasa.utils.endpoints import EndpointConfig

from nlu.components import action_calls

pytestmark = pytest.mark.unit


async def called(times: int) -> tuple[int, list[str]]:
    """Connections opened and headers seen by a server that is called so often."""
    connections, seen = set(), []

    async def answer(request: web.Request) -> web.Response:
        connections.add(id(request.transport))
        seen.append(request.headers["X-Secret"])
        return web.json_response({"events": [], "responses": []})

    app = web.Application()
    app.add_routes([web.post("/webhook", answer)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    endpoint = EndpointConfig(f"http://127.0.0.1:{port}/webhook", headers={"X-Secret": "s"})
    for _ in range(times):
        assert await endpoint.request(json={}) == {"events": [], "responses": []}
    await action_calls.close_connections()
    await runner.cleanup()
    return len(connections), seen


def test_one_connection_serves_all_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EndpointConfig, "session", EndpointConfig.session)  # put back afterwards
    action_calls.keep_connections()
    connections, seen = asyncio.run(called(3))
    assert connections == 1
    assert seen == ["s"] * 3


def test_answers_are_checked_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
    action_calls.build_validator_once()
    action = RemoteAction("action_x", None)
    assert action._validate_action_result({"events": [{"event": "slot", "name": "a", "value": 1}], "responses": []})
    with pytest.raises(ValidationError):
        action._validate_action_result({"events": [{"event": "nonsense"}], "responses": []})
    with pytest.raises(ValidationError):
        action._validate_action_result({"events": [{"event": "slot", "value": 1}], "responses": []})
    with pytest.raises(ValidationError):
        action._validate_action_result({"events": [], "responses": "none"})


def test_event_kinds_are_those_of_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Event, "resolve_by_type", staticmethod(Event.resolve_by_type))
    action_calls.remember_event_kinds()
    for _ in range(2):
        assert Event.resolve_by_type("slot") is SlotSet
        with pytest.raises(ValueError, match="nonsense"):
            Event.resolve_by_type("nonsense")
