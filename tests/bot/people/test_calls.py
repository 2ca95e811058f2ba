"""Staff look calls up, over HTTP and with a browser."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from actions.call_routes import CallRoutes
from actions.ledger.call_records import CallRecord, CallRecords
from actions.ledger.database import migrate
from actions.ledger.database import open_engine as open_ledger
from actions.ledger.ledger import Ledger
from actions.ledger.vault import Vault
from bot.channels.http import errors_as_json
from bot.database import open_engine
from bot.people.accounts import Accounts
from bot.people.book import TalkBook
from bot.people.calls import CallPages
from bot.people.console import Console
from bot.store import GatewayStore
from tests.running import free_port

pytestmark = pytest.mark.unit
PASSWORD = "long-enough-1"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOW = datetime.now(UTC).replace(microsecond=0)


def call(number: int, **changes: Any) -> CallRecord:
    given: dict[str, Any] = {
        "id": f"call-{number}",
        "version": 1,
        "began": NOW - timedelta(hours=number),
        "ended": NOW - timedelta(hours=number) + timedelta(seconds=75),
        "outcome": "hung_up",
        "protocol": "websocket",
        "called": "4001234",
        "region": None,
        "sender": "hotline:abc",
        "caller": f"1380013800{number}",
        "turns": (
            {"by": "voice", "said": "我要交电费", "speech_end_ms": 4200, "answered_ms": 5100, "interrupted": True},
            {"by": "keys", "said": "（不记）", "speech_end_ms": None, "answered_ms": 9000, "interrupted": False},
        ),
    }
    return CallRecord(**given | changes)


@dataclass
class Office:
    client: TestClient[Any, Any]
    records: CallRecords

    async def find(self, **asked: str) -> list[str]:
        async with self.client.get("/staff/api/calls", params=asked) as answer:
            assert answer.status == 200, await answer.text()
            return [found["id"] for found in (await answer.json())["calls"]]


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    ledger_engine = open_ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    migrate(ledger_engine)
    records = CallRecords(Ledger(ledger_engine, Vault([b"k" * 32])))
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    store, accounts = GatewayStore(engine), Accounts(engine)
    accounts.add("小李", PASSWORD)
    actions = web.Application()
    actions.add_routes(CallRoutes(records).routes())

    async def nowhere(*_: object) -> None: ...

    async with TestServer(actions) as server, aiohttp.ClientSession() as session:
        console = Console(accounts, TalkBook(engine), store, nowhere, "secret")
        app = web.Application(middlewares=[errors_as_json])
        pages = CallPages(session, f"http://127.0.0.1:{server.port}", "s3cret", console.staff)
        app.add_routes([*console.routes(), *pages.routes()])
        async with TestClient(TestServer(app)) as client:
            yield Office(client, records)
    store.close()
    ledger_engine.dispose()


async def login(office: Office) -> None:
    async with office.client.post("/staff/api/login", json={"name": "小李", "password": PASSWORD}) as answer:
        assert answer.status == 200


async def test_calls_are_looked_up_by_who_is_logged_in(office: Office) -> None:
    for record in (call(1), call(2, outcome="transferred", turns=({"by": "voice", "said": "水费"},)), call(3)):
        office.records.put(record)
    for path in ("calls", "calls/call-1"):
        async with office.client.get(f"/staff/api/{path}") as answer:
            assert answer.status == 401
    await login(office)
    assert await office.find() == ["call-1", "call-2", "call-3"]
    assert await office.find(outcome="transferred") == ["call-2"]
    assert await office.find(tail="8003", word="电费") == ["call-3"]
    assert await office.find(tail="", word=" ") == ["call-1", "call-2", "call-3"]
    assert await office.find(since=(NOW - timedelta(hours=2, minutes=30)).isoformat()) == ["call-1", "call-2"]
    async with office.client.get("/staff/api/calls/call-1") as answer:
        shown = await answer.json()
    assert shown["turns"][0]["said"] == "我要交电费"
    assert "13800138001" not in str(shown)
    for path, status in (("calls?tail=1", 400), ("calls/none", 404), ("calls/..%2F..%2Fhealthz", 404)):
        async with office.client.get(f"/staff/api/{path}") as answer:
            assert answer.status == status


async def test_a_ledger_that_is_away_is_said_so(office: Office, tmp_path: Path) -> None:
    async with aiohttp.ClientSession() as session:

        async def anybody(_request: web.Request) -> str:
            return "小李"

        pages = CallPages(session, f"http://127.0.0.1:{free_port()}", "s", anybody)
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes(pages.routes())
        async with TestClient(TestServer(app)) as client, client.get("/staff/api/calls") as answer:
            assert answer.status == 503


async def test_the_page(office: Office, tmp_path: Path) -> None:
    if CHROMIUM is None:
        pytest.skip("needs Chromium (apt install chromium)")
    for record in (call(1), call(2, outcome="transferred"), call(3, caller=None, outcome="lost", ended=None)):
        office.records.put(record)
    await asyncio.to_thread(_use_the_page, str(office.client.make_url("/staff")), tmp_path / "calls.png")


def _use_the_page(address: str, picture: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 800})
        page.goto(address)
        page.get_by_label("名字").fill("小李")
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        page.get_by_role("button", name="电话").click()
        rows = page.locator("#calls-found tbody tr")
        expect(rows).to_have_count(3)
        expect(rows.nth(0)).to_contain_text("1分15秒")
        expect(rows.nth(2)).to_contain_text("没有号码")
        rows.nth(0).get_by_role("button").click()
        expect(page.locator("#call-said")).to_contain_text("我要交电费")
        page.screenshot(path=picture)
        assert (found := Axe().run(page)).violations_count == 0, found.generate_report()
        page.get_by_label("号码最后四位").fill("8002")
        page.get_by_label("结果").select_option(label="转给人了")
        page.get_by_label("从").fill((NOW - timedelta(days=1)).strftime("%Y-%m-%d"))
        page.get_by_role("button", name="查").click()
        expect(rows).to_have_count(1)
        page.get_by_label("说过的词").fill("没说过")
        page.get_by_role("button", name="查").click()
        expect(page.get_by_role("status")).to_have_text("没有这样的电话。")
        browser.close()
