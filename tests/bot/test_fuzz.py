"""Whatever is sent to the gateway, it answers with a reason and never with a fault of its own."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from tests.bot.dialogue import Dialogue
from tests.bot.fuzzed import Fuzzer, Request
from tests.bot.gateway_app import Gateway, gateway

pytestmark = pytest.mark.unit

REQUESTS = int(os.environ.get("XIANGYIN_FUZZ_REQUESTS", "500"))
"""10,000 were run for the figure in the documentation."""
SEED = int(os.environ.get("XIANGYIN_FUZZ_SEED", "7"))


async def test_no_request_finds_a_fault(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    print("seed", SEED)
    fuzzer = Fuzzer(SEED)
    statuses: Counter[int] = Counter()
    async with gateway(tmp_path, Dialogue()) as running:
        room = asyncio.Semaphore(8)

        async def send(asked: Request) -> None:
            async with room:
                status = await sent(running, asked)
            statuses[status] += 1
            assert status < 500 or status == 503, f"{status} for {asked}"

        for first in range(0, REQUESTS, 100):
            await asyncio.gather(*(send(fuzzer.request()) for _ in range(min(100, REQUESTS - first))))
        assert (await running.client.get("/healthz")).status == 200
    print(dict(statuses))
    assert statuses[200] > REQUESTS // 20, "well-formed requests are among them"
    assert "unexpected error" not in caplog.text
    assert "arrival failed" not in caplog.text


async def sent(running: Gateway, asked: Request) -> int:
    """The status; 0 when the server closed the connection on broken HTTP, which is an answer too."""
    url = running.client.make_url("/").with_path(asked.path, encoded=True).update_query(asked.query)
    try:
        async with running.client.session.request(
            asked.method, URL(url), data=asked.body, headers=asked.headers, allow_redirects=False
        ) as answer:
            await answer.read()
            return answer.status
    except aiohttp.ClientResponseError as error:
        return error.status  # the server refuses a request line that is too long before it knows that it is a HEAD
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        return 0
