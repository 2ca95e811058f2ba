"""Partner platforms at the action server's door: keys, scopes, quotas, idempotency, signed news."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from sqlalchemy import text, update

from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.signing import Verifier
from actions.cases import CaseBook, CaseState
from actions.delivery import Delivery
from actions.ledger.attachments import Attachments
from actions.ledger.ledger import Ledger
from actions.ledger.models import PartnerHookRow
from actions.loans import LoanService
from actions.metrics import Metrics
from actions.partners.book import PER_DAY, PartnerBook, PartnerInvalid, Scope
from actions.partners.desk import PartnerDesk
from actions.partners.hooks import ATTEMPTS, HookDelivery, HookOutbox, signature
from actions.partners.routes import PartnerRoutes
from actions.server import create_app
from bot.openapi import description
from tests.actions.conftest import BANK_KEY, Sandbox, eventually

pytestmark = pytest.mark.unit
BODY: dict[str, Any] = {
    "reference": "coop-0001",
    "applicant": {"name": "欧阳小明", "phone": "13812345678", "village": "李家沟村"},
    "amount_fen": 5_000_000,
    "purpose": "买玉米种子和化肥",
    "crop_or_livestock": "玉米",
    "area_mu": "12.5",
    "term_months": 12,
    "region": "510000",
    "consent": {"data_to_bank": True, "given_at": "2026-01-01T08:00:00+08:00"},
    "plot": {"type": "Polygon", "coordinates": [[[104.1, 30.6], [104.2, 30.6], [104.2, 30.7], [104.1, 30.6]]]},
}


@dataclass
class Door:
    """The action server with one partner."""

    http: TestClient[web.Request, web.Application]
    book: PartnerBook
    key: str

    async def ask(
        self, method: str, path: str, body: Any = None, key: str | None = None, idem: str | None = "i1"
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"X-Xiangyin-Secret": "s", "X-API-Key": self.key if key is None else key}
        if idem is not None:
            headers["Idempotency-Key"] = idem
        data = None if body is None else json.dumps(body).encode()
        async with self.http.request(method, f"/partners{path}", data=data, headers=headers) as answer:
            return answer.status, await answer.json(), dict(answer.headers)


@pytest.fixture
async def door(ledger: Ledger, bank: HttpBank, delivery: Delivery, loans: LoanService) -> AsyncIterator[Door]:
    book = PartnerBook(ledger)
    made = book.add("合作社", frozenset(Scope))
    partners = PartnerRoutes(book, PartnerDesk(ledger, book, loans, CaseBook(ledger, delivery.news)))
    app = create_app(
        [],
        ledger=ledger,
        bank=bank,
        delivery=delivery,
        metrics=Metrics(),
        verifier=Verifier(BANK_KEY, CLIENT_ID),
        secret="s",
        partners=partners,
    )
    async with TestClient(TestServer(app)) as client:
        yield Door(client, book, made.key)


def follows(value: Any, name: str) -> None:
    whole = description()
    Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": whole["components"]}).validate(value)


async def test_an_application_is_started_and_followed(door: Door, ledger: Ledger, sandbox: Sandbox) -> None:
    follows(BODY, "ApplicationBody")
    status, made, headers = await door.ask("POST", "/applications", BODY)
    assert status == 201
    follows(made, "Application")
    assert (made["reference"], made["state"]) == ("coop-0001", "in_review")
    assert made["details"]["phone"] == "138****5678"
    assert "欧阳小明" not in json.dumps(made, ensure_ascii=False)
    assert headers["X-RateLimit-Remaining-Day"] == str(PER_DAY - 1)
    assert Attachments(ledger).plots(made["id"])[0]["coordinates"] == BODY["plot"]["coordinates"]
    sandbox.execute("UPDATE loan_applications SET status = 'approved'")
    status, progress, _ = await door.ask("GET", f"/applications/{made['id']}/progress")
    follows(progress, "Progress")
    assert (status, progress["state"]) == (200, "approved")
    assert "details" not in progress
    status, listed, _ = await door.ask("GET", "/applications?limit=5")
    assert (status, [one["id"] for one in listed["applications"]]) == (200, [made["id"]])
    assert sandbox.count("loan_applications") == 1


async def test_the_same_key_gives_the_same_application_and_another_body_is_an_error(
    door: Door, sandbox: Sandbox
) -> None:
    answers = await asyncio.gather(*(door.ask("POST", "/applications", BODY) for _ in range(5)))
    assert {status for status, _, _ in answers} == {201}
    assert len({made["id"] for _, made, _ in answers}) == 1
    status, problem, _ = await door.ask("POST", "/applications", {**BODY, "amount_fen": 6_000_000})
    assert (status, problem["error"]["code"]) == (409, "key_reused")
    status, problem, _ = await door.ask("POST", "/applications", BODY, idem=None)
    assert (status, problem["error"]["code"]) == (400, "idempotency_key_missing")
    status, _, _ = await door.ask("POST", "/applications", {**BODY, "reference": "coop-0002"}, idem="i2")
    assert status == 201
    assert sandbox.count("loan_applications") == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount_fen": 0}, "amount_fen"),
        ({"amount_fen": "5000000"}, "amount_fen"),
        ({"amount_fen": 1.5}, "amount_fen"),
        ({"consent": {"data_to_bank": False, "given_at": "2026-01-01T00:00:00Z"}}, "consent.data_to_bank"),
        ({"consent": {"data_to_bank": True, "given_at": "2099-01-01T00:00:00Z"}}, "consent.given_at"),
        ({"consent": {"data_to_bank": True, "given_at": "2026-01-01T00:00:00"}}, "consent.given_at"),
        ({"applicant": {"name": "王", "phone": "138x", "village": "x"}}, "applicant.phone"),
        ({"plot": {"type": "Polygon", "coordinates": [[[1, 1], [2, 2], [3, 1], [1, 2]]]}}, "plot.coordinates"),
        ({"plot": {"type": "Polygon", "coordinates": [[[181, 1], [2, 2], [3, 1], [181, 1]]]}}, "plot.coordinates"),
        ({"password": "123456"}, "password"),
    ],
)
async def test_a_wrong_body_is_named_without_its_values(door: Door, change: dict[str, Any], field: str) -> None:
    status, problem, _ = await door.ask("POST", "/applications", {**BODY, **change})
    assert status == 400
    assert field in problem["error"]["message"]
    assert "138x" not in problem["error"]["message"]


async def test_only_who_may_and_only_their_own(
    door: Door, ledger: Ledger, loans: LoanService, application: Any
) -> None:
    _, made, _ = await door.ask("POST", "/applications", BODY)
    mine = (await loans.submit(application, "k9")).id
    reader = door.book.add("别家", frozenset({Scope.PROGRESS}))
    assert (await door.ask("GET", "/applications", key="xy_no"))[0] == 401
    assert (await door.ask("GET", "/applications", key=""))[0] == 401
    status, problem, _ = await door.ask("POST", "/applications", BODY, key=reader.key)
    assert (status, problem["error"]["code"]) == (403, "scope_missing")
    for case_id, key in ((made["id"], reader.key), (mine, door.key), ("1234567890", door.key)):
        assert (await door.ask("GET", f"/applications/{case_id}/progress", key=key))[0] == 404
    second = door.book.add("合作社", frozenset({Scope.PROGRESS}))
    assert (await door.ask("GET", f"/applications/{made['id']}/progress", key=second.key))[0] == 200
    assert door.book.revoke(second.key_id)
    assert not door.book.revoke(second.key_id)
    assert (await door.ask("GET", f"/applications/{made['id']}/progress", key=second.key))[0] == 401
    with ledger.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM partner_keys")).all())
    assert door.key not in kept
    assert door.key.rsplit("_", 1)[1] not in kept
    assert door.key not in json.dumps(door.book.every_key(), ensure_ascii=False)


async def test_quotas_are_counted_by_partner_and_not_raced_past(door: Door, ledger: Ledger) -> None:
    small = door.book.add("小店", frozenset(Scope), per_minute=5, per_day=8)
    partner = door.book.who(small.key)
    assert partner is not None
    noon = datetime(2026, 11, 27, 12, 0, 30, tzinfo=UTC)
    spent = await asyncio.gather(*(asyncio.to_thread(door.book.spend, partner, noon) for _ in range(8)))
    assert sorted(one.allowed for one in spent) == [False] * 3 + [True] * 5
    assert {one.retry_after_s for one in spent} == {30}
    later = door.book.spend(partner, noon.replace(minute=1))
    assert (later.allowed, later.retry_after_s) == (False, 43_111), "the day is over"
    assert door.book.spend(partner, noon.replace(day=28)).allowed
    with ledger.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM partner_usage")).scalar_one() == 2
    tiny = door.book.add("更小", frozenset(Scope), per_minute=1)
    await door.ask("GET", "/applications", key=tiny.key)
    status, problem, headers = await door.ask("GET", "/applications", key=tiny.key)
    if status == 200:  # the minute changed in between
        status, problem, headers = await door.ask("GET", "/applications", key=tiny.key)
    assert (status, problem["error"]["code"]) == (429, "quota_exceeded")
    assert 1 <= int(headers["Retry-After"]) <= 60


@pytest.mark.parametrize("url", ["http://example.org/x", "https://u:p@example.org", "ftp://example.org", "nonsense"])
def test_an_unsafe_address_for_news_is_refused(ledger: Ledger, url: str) -> None:
    with pytest.raises(PartnerInvalid):
        PartnerBook(ledger).add("合作社", frozenset(Scope), webhook_url=url)


@dataclass
class Platform:
    """A partner's own server; answers with ``statuses`` in turn, then 200."""

    secret: str = ""
    statuses: list[int] = field(default_factory=list)
    news: list[dict[str, Any]] = field(default_factory=list)
    tries: int = 0

    async def hook(self, request: web.Request) -> web.Response:
        raw = await request.read()
        stamp = request.headers["X-Xiangyin-Timestamp"]
        assert abs(time.time() - int(stamp)) < 60
        assert request.headers["X-Xiangyin-Signature"] == signature(self.secret, stamp, raw)
        self.tries += 1
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        self.news.append(json.loads(raw))
        return web.Response()


@pytest.fixture
async def platform() -> AsyncIterator[tuple[Platform, str]]:
    served = Platform()
    app = web.Application()
    app.router.add_post("/news", served.hook)
    async with TestServer(app) as server:
        yield served, f"http://127.0.0.1:{server.port}/news"


def due_now(ledger: Ledger) -> None:
    with ledger.write() as session:
        past = datetime(2020, 1, 1, tzinfo=UTC)
        session.execute(update(PartnerHookRow).values(next_attempt_at=past, lease_until=None))


async def test_news_arrive_signed_and_are_tried_again(
    door: Door, ledger: Ledger, sandbox: Sandbox, platform: tuple[Platform, str]
) -> None:
    served, url = platform
    made = door.book.add("平台", frozenset(Scope), webhook_url=url)
    served.secret, served.statuses = str(made.webhook_secret), [500, 302]
    async with HookDelivery(ledger, tick_s=0.05):
        _, case, _ = await door.ask("POST", "/applications", BODY, key=made.key)

        async def arrived() -> bool:
            due_now(ledger)
            return len(served.news) == 1

        await eventually(arrived)
        assert served.tries == 3
        sandbox.execute("UPDATE loan_applications SET status = 'declined'")
        await door.ask("GET", f"/applications/{case['id']}", key=made.key)

        async def told() -> bool:
            return len(served.news) == 2

        await eventually(told)
    for news in served.news:
        follows(news, "News")
        assert news["application_id"] == case["id"]
    assert [news["state"] for news in served.news] == ["in_review", "declined"]
    assert len({news["delivery"] for news in served.news}) == 2
    assert "13812345678" not in json.dumps(served.news)


async def test_news_nobody_takes_are_given_up_and_counted(
    door: Door, ledger: Ledger, platform: tuple[Platform, str]
) -> None:
    _served, url = platform
    made = door.book.add("平台", frozenset(Scope), webhook_url=url)
    await door.ask("POST", "/applications", BODY, key=made.key)
    outbox = HookOutbox(ledger)
    for _ in range(ATTEMPTS):
        due_now(ledger)
        (news,) = outbox.claim(5)
        assert outbox.claim(5) == [], "one worker holds it"
        outbox.settle(news, "http_500")
    due_now(ledger)
    assert outbox.claim(5) == []
    (line,) = (line for line in door.book.every_key() if line["partner"] == "平台")
    assert line["news_not_delivered"] == 1


async def test_a_case_of_nobodys_partner_owes_no_news(loans: LoanService, ledger: Ledger, application: Any) -> None:
    case = await loans.submit(application, "k1")
    assert case.state is CaseState.IN_REVIEW
    assert HookOutbox(ledger).claim(5) == []
