"""Whatever is sent to the action server: an answer with a reason, never a 500."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.signing import Verifier
from actions.delivery import Delivery
from actions.ledger.ledger import Ledger
from actions.metrics import Metrics
from actions.server import create_app
from tests.actions.conftest import BANK_KEY

pytestmark = pytest.mark.unit
PIECES = ["%00", "%ff", "%ed%a0%80", "1", "-1", "9" * 400, "%27", ";--", "%F0%9F%98%80", "null", "/", "..", "%0a"]
BODIES = [
    b"{",
    b"}",
    b"[",
    b'"',
    b"null",
    b"1e999",
    b"\x00",
    b"\xff",
    b":",
    b",",
    b"tracker",
    b"next_action",
    b'"\\ud800"',
]


@pytest.fixture
async def server(ledger: Ledger, bank: HttpBank, delivery: Delivery) -> AsyncIterator[TestClient]:
    verifier = Verifier(BANK_KEY, CLIENT_ID)
    app = create_app([], ledger=ledger, bank=bank, delivery=delivery, metrics=Metrics(), verifier=verifier, secret="s")
    async with TestClient(TestServer(app)) as client:
        yield client


async def test_random_requests_get_a_reason(server: TestClient) -> None:
    dice = random.Random(6)
    for _ in range(500):
        piece = "".join(dice.choices(PIECES, k=dice.randint(1, 4)))
        path = dice.choice(["/cases/", "/cases?sender=", "/cases?limit=", "/webhook?", "/"]) + piece
        method = dice.choice(["GET", "POST", "PUT"])
        url = URL(str(server.make_url("/")).rstrip("/") + path, encoded=True)
        body = b"".join(dice.choices(BODIES, k=dice.randint(0, 6)))
        async with server.session.request(method, url, data=body, headers={"X-Xiangyin-Secret": "s"}) as answer:
            assert answer.status < 500, (method, path, body)
    for _ in range(500):
        body = b"".join(dice.choices(BODIES, k=dice.randint(0, 8)))
        async with server.post("/webhook", data=body, headers={"X-Xiangyin-Secret": "s"}) as answer:
            assert answer.status == 400, body
