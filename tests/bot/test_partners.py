"""The gateway passes partners on to the action server, with their key and nothing else of theirs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.http import errors_as_json
from bot.channels.partners import PartnerChannel

pytestmark = pytest.mark.unit


@pytest.fixture
async def passed_on() -> AsyncIterator[tuple[TestClient[Any, Any], list[web.Request], TestServer]]:
    requests: list[web.Request] = []

    async def actions(request: web.Request) -> web.Response:
        await request.read()
        requests.append(request)
        return web.json_response({"ok": True}, status=201, headers={"X-RateLimit-Remaining-Day": "9", "X-Inner": "no"})

    behind = web.Application()
    behind.router.add_route("*", "/{path:.*}", actions)
    async with TestServer(behind) as server, aiohttp.ClientSession() as session:
        front = web.Application(middlewares=[errors_as_json])
        front.add_routes(PartnerChannel(session, f"http://127.0.0.1:{server.port}", "s3cret").routes())
        async with TestClient(TestServer(front)) as client:
            yield client, requests, server


async def test_key_body_and_idempotency_key_arrive(
    passed_on: tuple[TestClient[Any, Any], list[web.Request], TestServer],
) -> None:
    client, requests, _ = passed_on
    headers = {"Authorization": "Bearer xy_1", "Idempotency-Key": "i1", "X-Xiangyin-Secret": "forged", "Cookie": "a=b"}
    async with client.post("/api/v1/applications?x=%E4%BD%A0", data=b"{}", headers=headers) as answer:
        assert answer.status == 201
        assert answer.headers["X-RateLimit-Remaining-Day"] == "9"
        assert "X-Inner" not in answer.headers
    (request,) = requests
    assert request.path_qs == "/partners/applications?x=%E4%BD%A0"
    assert request.headers["X-Xiangyin-Secret"] == "s3cret"
    assert request.headers["X-API-Key"] == "xy_1"
    assert request.headers["Idempotency-Key"] == "i1"
    assert "Cookie" not in request.headers
    assert "Authorization" not in request.headers


async def test_too_large_and_unreachable_have_their_reason(
    passed_on: tuple[TestClient[Any, Any], list[web.Request], TestServer],
) -> None:
    client, requests, server = passed_on
    async with client.post("/api/v1/applications", data=b"x" * 70_000) as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (413, "too_large")
    assert requests == []
    await server.close()
    async with client.get("/api/v1/applications/1234567890/progress") as answer:
        assert (answer.status, (await answer.json())["error"]["code"]) == (503, "service_unavailable")
