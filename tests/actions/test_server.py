"""The action server's HTTP: Rasa's protocol, the secret, plain words on failure, cases, call-backs."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection
from sqlalchemy import update

from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.signing import Verifier, sign
from actions.bills import BillService
from actions.cases import CaseState
from actions.delivery import Delivery
from actions.errors import LedgerUnavailable
from actions.ledger.database import open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.models import CaseRow
from actions.loans import LoanApplication, LoanService
from actions.metrics import Metrics
from actions.server import create_app
from tests.actions.conftest import BANK_KEY, Sandbox, eventually

pytestmark = pytest.mark.unit
SECRET = {"X-Xiangyin-Secret": "open sesame"}
SAID = "我叫欧阳小明，电话13812345678"


class Greets(Action):
    def name(self) -> str:
        return "action_greets"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        dispatcher.utter_message(text="您好", json_message={"kind": "answer"})
        return [SlotSet("met", True)]


class Rejects(Action):
    def name(self) -> str:
        return "action_rejects"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        raise ActionExecutionRejection(self.name(), "not now")


class Breaks(Action):
    """Fails the way code does: with what the user said in the message."""

    def name(self) -> str:
        return "action_breaks"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        raise ValueError(f"cannot read {tracker.latest_message['text']}")


class LosesLedger(Breaks):
    def name(self) -> str:
        return "action_loses_ledger"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        raise LedgerUnavailable


class Hangs(Breaks):
    def name(self) -> str:
        return "action_hangs"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict) -> list:
        await asyncio.Event().wait()
        return []


@pytest.fixture
async def server(ledger: Ledger, bank: HttpBank, delivery: Delivery) -> AsyncIterator[TestClient]:
    app = create_app(
        [Greets(), Rejects(), Breaks(), LosesLedger(), Hangs()],
        ledger=ledger,
        bank=bank,
        delivery=delivery,
        metrics=Metrics(),
        verifier=Verifier(BANK_KEY, CLIENT_ID),
        secret=SECRET["X-Xiangyin-Secret"],
        action_timeout_s=0.3,
    )
    async with TestClient(TestServer(app)) as client:
        yield client


def call(action: str) -> dict[str, Any]:
    message = {"text": SAID, "intent": {}, "entities": [], "metadata": {"turn_id": "turn-1", "region": "510000"}}
    return {
        "next_action": action,
        "sender_id": "web:42",
        "version": "3.6.21",
        "domain": {},
        "tracker": {
            "sender_id": "web:42",
            "slots": {},
            "latest_message": message,
            "events": [],
            "paused": False,
            "followup_action": None,
            "active_loop": {},
            "latest_action_name": None,
        },
    }


async def test_an_action_runs_as_rasa_expects(server: TestClient) -> None:
    async with server.post("/webhook", json=call("action_greets"), headers=SECRET) as answer:
        assert answer.status == 200
        body = await answer.json()
    assert body["events"] == [{"event": "slot", "timestamp": None, "name": "met", "value": True}]
    assert body["responses"][0]["text"] == "您好"
    assert body["responses"][0]["custom"] == {"kind": "answer"}


@pytest.mark.parametrize(("action", "status"), [("action_rejects", 400), ("action_unknown", 404)])
async def test_rejection_and_unknown_actions(server: TestClient, action: str, status: int) -> None:
    async with server.post("/webhook", json=call(action), headers=SECRET) as answer:
        assert answer.status == status
        assert (await answer.json())["action_name"] == action


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("action_breaks", "unexpected"),
        ("action_loses_ledger", "ledger_unavailable"),
        ("action_hangs", "unexpected"),
    ],
)
async def test_a_failure_is_told_plainly_and_logged_without_personal_data(
    server: TestClient, caplog: pytest.LogCaptureFixture, action: str, code: str
) -> None:
    with caplog.at_level(logging.DEBUG):
        async with server.post("/webhook", json=call(action), headers=SECRET) as answer:
            assert answer.status == 200
            body = await answer.json()
    (response,) = body["responses"]
    assert body["events"] == []
    assert response["custom"]["kind"] == "error"
    assert "查进度" in response["text"]
    assert "turn=turn-1" in caplog.text
    assert f"code={code}" in caplog.text
    number = response["text"].split("问题编号")[1].rstrip("。")
    assert f"problem {number}" in caplog.text
    for personal in ("欧阳小明", "13812345678", "web:42"):
        assert personal not in caplog.text
        assert personal not in response["text"]


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{", b"\xff", b'{"tracker": 1}', b'{"tracker": {}, "next_action": 5}']
)
async def test_a_bad_body_is_a_400(server: TestClient, body: bytes) -> None:
    async with server.post("/webhook", data=body, headers=SECRET) as answer:
        assert answer.status == 400


@pytest.mark.parametrize("headers", [{}, {"X-Xiangyin-Secret": "wrong"}, {"X-Xiangyin-Secret": "芝麻"}])
async def test_all_but_health_need_the_secret(server: TestClient, headers: dict[str, str]) -> None:
    for method, path in [("POST", "/webhook"), ("GET", "/cases"), ("GET", "/cases/1"), ("GET", "/metrics")]:
        async with server.request(method, path, headers=headers) as answer:
            assert answer.status == 401
    async with server.get("/healthz") as answer:
        assert answer.status == 200


async def test_cases_are_listed_and_shown_masked(
    server: TestClient, loans: LoanService, application: LoanApplication
) -> None:
    case = await loans.submit(application, "k1")
    async with server.get("/cases", params={"sender": "web:42"}, headers=SECRET) as answer:
        assert [found["id"] for found in (await answer.json())["cases"]] == [case.id]
    async with server.get("/cases", params={"sender": "web:7"}, headers=SECRET) as answer:
        assert (await answer.json())["cases"] == []
    async with server.get(f"/cases/{case.id}", headers=SECRET) as answer:
        shown = await answer.text()
    assert json.loads(shown) == case.as_json()
    assert "欧阳小明" not in json.dumps(json.loads(shown), ensure_ascii=False)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/cases/1234567890", 404),
        ("/cases/x", 404),
        ("/cases?limit=0", 400),
        ("/cases?limit=9999999", 400),
        ("/cases?limit=x", 400),
        ("/nothing", 404),
    ],
)
async def test_wrong_questions_get_a_reason(server: TestClient, path: str, status: int) -> None:
    async with server.get(path, headers=SECRET) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]["code"]


async def test_ready_while_the_bank_is_away(server: TestClient, sandbox: Sandbox) -> None:
    async with server.get("/readyz") as answer:
        assert await answer.json() == {"ready": True, "ledger": True, "delivery": True, "bank": True}
    await sandbox.stop()
    async with server.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["bank"] is False


async def test_not_ready_without_a_ledger(server: TestClient, ledger: Ledger, monkeypatch) -> None:
    monkeypatch.setattr(ledger, "engine", open_engine("postgresql+psycopg://nobody@127.0.0.1:1/x"))
    async with server.get("/readyz") as answer:
        assert answer.status == 503
    async with server.get("/cases", headers=SECRET) as answer:
        assert answer.status == 503
        assert (await answer.json())["error"]["code"] == "ledger_unavailable"


async def test_metrics_count_actions(server: TestClient) -> None:
    async with server.post("/webhook", json=call("action_greets"), headers=SECRET):
        pass
    async with server.get("/metrics", headers=SECRET) as answer:
        assert 'xiangyin_actions_total{action="action_greets",outcome="ok"} 1.0' in await answer.text()


async def test_the_banks_call_back_brings_a_payment_to_its_end(
    server: TestClient, bills: BillService, ledger: Ledger, sandbox: Sandbox
) -> None:
    await sandbox.stop()
    sandbox.notify_url = str(server.make_url("/bank/events"))
    await sandbox.start()
    case = await bills.pay(await bills.look_up("electricity", "12345678"), "web:42", "k1")
    with ledger.write() as session:
        # Far away, so that only the call-back can bring the news.
        session.execute(update(CaseRow).values(next_check_at=datetime.now(UTC) + timedelta(hours=1)))
    async with aiohttp.ClientSession() as browser, browser.post(case.details["confirm_url"]):
        pass

    async def completed() -> bool:
        found = ledger.case(case.id)
        return found is not None and found.state is CaseState.COMPLETED

    await eventually(completed)


async def test_a_call_back_must_be_signed_and_make_sense(server: TestClient) -> None:
    async with server.post("/bank/events", json={"client_ref": "1234567890"}) as answer:
        assert answer.status == 401
    for body, status in [(b"{}", 400), (b"\xff", 400), (b'{"client_ref": 5}', 400), (b"[1]", 400)]:
        headers = sign(BANK_KEY, "POST", "/bank/events", body, client=CLIENT_ID)
        async with server.post("/bank/events", data=body, headers=headers) as answer:
            assert answer.status == status


def test_no_secret_no_server(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="secret"):
        create_app([], ledger=ledger, bank=None, delivery=None, metrics=Metrics(), verifier=None, secret="")
