"""Whatever is sent to the action server: an answer with a reason, never a 500 (all 10,000: ``benchmarks.fuzz``)."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.signing import Verifier
from actions.bills import BillService
from actions.cases import CaseBook
from actions.delivery import Delivery
from actions.dialogue import build_actions
from actions.handoffs import HandOffs
from actions.ledger.ledger import Ledger
from actions.loans import LoanService
from actions.metrics import Metrics
from actions.partners.book import PartnerBook, Scope
from actions.partners.desk import PartnerDesk
from actions.partners.routes import PartnerRoutes
from actions.server import create_app
from tests.actions.conftest import BANK_KEY
from tests.actions.dialogue.doubles import Services
from tests.fuzzing import Fuzz

pytestmark = pytest.mark.unit


class Ports(Services):
    """Real money services; knowledge and the fraud check as in the dialogue's tests."""

    real: dict[str, object]

    def __getattribute__(self, name: str) -> object:
        real = object.__getattribute__(self, "__dict__").get("real", {})
        return real[name] if name in real else super().__getattribute__(name)


@pytest.fixture
async def server(
    ledger: Ledger, bank: HttpBank, delivery: Delivery, loans: LoanService, bills: BillService
) -> AsyncIterator[tuple[TestClient, str]]:
    book, cases = PartnerBook(ledger), CaseBook(ledger, delivery.news)
    ports = Ports()
    ports.real = {"loans": loans, "bills": bills, "cases": cases, "hand_offs": HandOffs(ledger)}
    app = create_app(
        build_actions(ports),
        ledger=ledger,
        bank=bank,
        delivery=delivery,
        metrics=Metrics(),
        verifier=Verifier(BANK_KEY, CLIENT_ID),
        secret="s",
        partners=PartnerRoutes(book, PartnerDesk(ledger, book, loans, cases)),
    )
    made = book.add("合作社", frozenset(Scope), per_minute=10**6, per_day=10**6)
    async with TestClient(TestServer(app)) as client:
        yield client, made.key


async def test_random_requests_get_a_reason(server: tuple[TestClient, str]) -> None:
    client, key = server
    statuses: Counter[int] = Counter()
    base = str(client.make_url("/")).rstrip("/")
    for shot in Fuzz(6, BANK_KEY, key).actions(1200):
        shot = replace(shot, headers={**shot.headers, "X-Xiangyin-Secret": "s"})
        url = URL(base + shot.path, encoded=True)
        async with client.session.request(shot.method, url, data=shot.body, headers=shot.headers) as answer:
            await answer.read()
            assert answer.status < 500, shot
            statuses[answer.status] += 1
    assert {200, 201, 400, 404, 409} <= set(statuses), statuses


async def test_without_the_secret_nothing_is_open(server: tuple[TestClient, str]) -> None:
    client, _ = server
    for path in ("/webhook", "/cases", "/partners/applications", "/metrics"):
        async with aiohttp.ClientSession() as http, http.get(client.make_url(path)) as answer:
            assert answer.status == 401
