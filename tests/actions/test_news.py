"""News for a case's own sender: owed with the change, told until it is answered, and nothing that is not so."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from actions.bank.api import BankRecord
from actions.cases import CaseBook, CaseState
from actions.delivery import Delivery
from actions.dialogue.desk import told
from actions.ledger.forgetting import forget
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow, NewsRow, PartnerCaseRow
from actions.ledger.outbox import Outbox
from actions.ledger.requests import LoanRequests
from actions.ledger.transitions import advance
from actions.loans import LoanApplication
from actions.metrics import Metrics
from actions.news import NewsDelivery
from actions.partners.book import PartnerBook, Scope
from settings import ROOT
from tests.actions.conftest import Sandbox, eventually
from tests.bot.dialogue import Dialogue
from tests.bot.gateway_app import API_KEY, SECRET, gateway

pytestmark = pytest.mark.unit


@dataclass
class GatewayDouble:
    """Takes news; answers ``statuses`` one after the other, then 200."""

    statuses: list[int] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    async def news(self, request: web.Request) -> web.Response:
        assert request.headers["X-Xiangyin-Secret"] == SECRET
        self.asked.append(await request.json())
        status = self.statuses.pop(0) if self.statuses else 200
        headers = {"Retry-After": "0"} if status == 503 else {}
        return web.json_response({"outcome": "told"}, status=status, headers=headers)


@pytest.fixture
async def double() -> AsyncIterator[tuple[GatewayDouble, str]]:
    gateway = GatewayDouble()
    app = web.Application()
    app.add_routes([web.post("/internal/news", gateway.news)])
    async with TestServer(app) as server:
        yield gateway, f"http://127.0.0.1:{server.port}"


@asynccontextmanager
async def telling(ledger: Ledger, url: str, cases: CaseBook | None = None) -> AsyncIterator[NewsDelivery]:
    async with NewsDelivery(ledger, cases or CaseBook(ledger), url, SECRET, Metrics(), tick_s=0.02) as delivery:
        yield delivery


def states(ledger: Ledger) -> list[str]:
    with ledger.read() as session:
        return list(session.scalars(select(NewsRow.state).order_by(NewsRow.id)))


async def settled(ledger: Ledger) -> None:
    """Nothing is owed any more; pauses between attempts run out at once."""

    async def none_left() -> bool:
        past = datetime.now(UTC) - timedelta(seconds=1)
        with ledger.write() as session:
            session.execute(
                update(NewsRow)
                .where(NewsRow.state == "pending", NewsRow.lease_until.is_(None))
                .values(next_attempt_at=past)
            )
        return "pending" not in states(ledger)

    await eventually(none_left)


def moves(ledger: Ledger, case_id: str, *to: CaseState) -> None:
    """The bank reports."""
    for state in to:
        assert Outbox(ledger).report(case_id, BankRecord("ref", state.value))  # type: ignore[arg-type]


async def test_what_the_bank_decides_is_told_in_the_words_of_a_question(
    ledger: Ledger, application: LoanApplication, double: tuple[GatewayDouble, str]
) -> None:
    gateway, url = double
    case_id = ledger.register_loan(application, "k1")
    async with telling(ledger, url):
        moves(ledger, case_id, CaseState.IN_REVIEW)
        await settled(ledger)
        moves(ledger, case_id, CaseState.DECLINED)
        await settled(ledger)
    first, last = gateway.asked
    case = ledger.case(case_id)
    assert case is not None
    assert "工作人员正在审核" in first["text"]
    assert last["text"] == f"您办的事有消息了。{told(case).text}想问个明白，就说：转人工。"
    assert (last["conversation"], last["case_id"]) == ("web:42", case_id)
    assert last["step"] == case.step > first["step"]
    for private in (application.name, application.phone, application.village, application.purpose):
        assert private not in str(gateway.asked)


async def test_it_is_told_until_it_is_answered_under_one_key(
    ledger: Ledger, application: LoanApplication, double: tuple[GatewayDouble, str]
) -> None:
    gateway, url = double
    gateway.statuses = [503, 500, 404, 401]
    case_id = ledger.register_loan(application, "k1")
    moves(ledger, case_id, CaseState.IN_REVIEW)
    async with telling(ledger, url):
        await settled(ledger)
    assert len(gateway.asked) == 5
    assert len({(body["case_id"], body["step"]) for body in gateway.asked}) == 1
    assert states(ledger) == ["done"]


async def test_what_the_gateway_cannot_read_is_given_up(
    ledger: Ledger, application: LoanApplication, double: tuple[GatewayDouble, str]
) -> None:
    gateway, url = double
    gateway.statuses = [400]
    moves(ledger, ledger.register_loan(application, "k1"), CaseState.IN_REVIEW)
    async with telling(ledger, url):
        await settled(ledger)
    assert states(ledger) == ["dead"]


async def test_only_the_newest_is_told_after_a_silence(
    ledger: Ledger, application: LoanApplication, double: tuple[GatewayDouble, str]
) -> None:
    gateway, url = double
    case_id = ledger.register_loan(application, "k1")
    moves(ledger, case_id, CaseState.IN_REVIEW, CaseState.APPROVED)
    async with telling(ledger, url):
        await settled(ledger)
    assert ["银行审核通过" in body["text"] for body in gateway.asked] == [True]
    assert states(ledger) == ["done", "done"]


async def test_what_changed_meanwhile_at_the_bank_is_asked_before_it_is_told(
    ledger: Ledger,
    application: LoanApplication,
    delivery: Delivery,
    sandbox: Sandbox,
    double: tuple[GatewayDouble, str],
) -> None:
    gateway, url = double
    case_id = ledger.register_loan(application, "k1")
    case = await delivery.hurry(case_id)
    assert case.state is CaseState.IN_REVIEW
    sandbox.execute("UPDATE loan_applications SET status = 'approved'")
    with ledger.write() as session:  # nobody could be told for a minute
        session.execute(update(NewsRow).values(at=datetime.now(UTC) - timedelta(minutes=1)))
    async with telling(ledger, url, CaseBook(ledger, delivery.news)):
        await settled(ledger)
    assert ["银行审核通过" in body["text"] for body in gateway.asked] == [True]


async def test_what_the_bank_cannot_confirm_waits(
    ledger: Ledger,
    application: LoanApplication,
    delivery: Delivery,
    sandbox: Sandbox,
    double: tuple[GatewayDouble, str],
) -> None:
    gateway, url = double
    case_id = ledger.register_loan(application, "k1")
    await delivery.hurry(case_id)
    await sandbox.stop()
    with ledger.write() as session:
        session.execute(update(NewsRow).values(at=datetime.now(UTC) - timedelta(minutes=1)))
    async with telling(ledger, url, CaseBook(ledger, delivery.news)):

        async def tried() -> bool:
            with ledger.read() as session:
                return session.scalar(select(NewsRow.last_error)) == "bank_away"

        await eventually(tried)
        assert gateway.asked == []
        await sandbox.start()
        await settled(ledger)
    assert "工作人员正在审核" in gateway.asked[0]["text"]


async def test_nothing_is_owed_of_what_people_did_themselves(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(application, "k1")
    LoanRequests(ledger).withdraw(case_id, "web:42", "w")
    case = ledger.case(case_id)
    assert case is not None
    assert case.state is CaseState.WITHDRAWN
    assert states(ledger) == []


async def test_a_case_of_a_partner_is_told_to_the_partner_alone(ledger: Ledger, application: LoanApplication) -> None:
    partner = PartnerBook(ledger).add("合作社", frozenset(Scope), webhook_url="https://example.org/news")

    def theirs(session: Session, case_id: str, now: datetime) -> None:
        row = PartnerCaseRow(case_id=case_id, partner_id=partner.partner_id, created_at=now, reference_sealed="x")
        session.add(row)

    moves(ledger, ledger.register_loan(application, "k1", also=theirs), CaseState.IN_REVIEW)
    assert states(ledger) == []


async def test_who_asked_to_be_forgotten_hears_nothing_of_the_cases_they_had(
    ledger: Ledger, application: LoanApplication
) -> None:
    case_id = ledger.register_loan(application, "k1")
    moves(ledger, case_id, CaseState.IN_REVIEW)
    assert states(ledger) == ["pending"]
    forget(ledger, "web:42")
    assert states(ledger) == []
    moves(ledger, case_id, CaseState.APPROVED)
    assert states(ledger) == []
    moves(ledger, ledger.register_loan(application, "k2"), CaseState.IN_REVIEW)
    assert states(ledger) == ["pending"], "a case begun afterwards is told of"


async def test_a_change_that_is_rolled_back_leaves_no_news(ledger: Ledger, application: LoanApplication) -> None:
    case_id = ledger.register_loan(application, "k1")
    now = datetime.now(UTC)

    def half_done() -> None:
        with ledger.write() as session:
            assert advance(session, case_id, CaseState.IN_REVIEW, "bank", "收到了。", now)
            assert session.scalar(select(NewsRow.state)) == "pending"
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    assert states(ledger) == []
    with ledger.read() as session:
        assert session.scalar(select(CaseRow.state)) == CaseState.WAITING.value


async def test_killed_between_delivery_and_acknowledgement_it_is_told_once(
    database_url: str, ledger: Ledger, application: LoanApplication, tmp_path: Path
) -> None:
    """A real gateway; the action server's part dies by SIGKILL with the answer in hand, and starts again."""
    case_id = ledger.register_loan(application, "k1")
    moves(ledger, case_id, CaseState.IN_REVIEW)

    async def run(url: str, dies: str) -> int:
        command = ("-m", "tests.actions.tell_and_die", database_url, url, dies)
        process = await asyncio.create_subprocess_exec(sys.executable, *command, cwd=ROOT)
        return await asyncio.wait_for(process.wait(), 120)

    async with gateway(tmp_path, Dialogue()) as running:
        url = f"http://127.0.0.1:{running.client.port}"
        assert await run(url, "yes") == -signal.SIGKILL
        assert states(ledger) == ["pending"]
        with ledger.write() as session:
            session.execute(update(NewsRow).values(lease_until=None))
        assert await run(url, "no") == 0
        assert states(ledger) == ["done"]
        headers = {"X-API-Key": API_KEY}
        query = {"sender_id": "42", "channel": "web"}
        async with running.client.get("/api/v1/messages", params=query, headers=headers) as answer:
            letters = (await answer.json())["messages"]
    assert [letter["reply"]["case_id"] for letter in letters] == [case_id]
