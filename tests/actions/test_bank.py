"""The sandbox bank and our client of it, over real HTTP."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import aiohttp
import pytest
import yaml

from actions.bank.api import (
    BankKeyConflict,
    BankNotAuthorised,
    BankOutcomeUnknown,
    BankRefused,
    BankRequestInvalid,
    BankUnreachable,
    LoanOrder,
    PaymentOrder,
)
from actions.bank.client import CLIENT_ID, HttpBank
from actions.bank.sandbox.app import OPENAPI
from actions.bank.sandbox.samples import SAMPLE_BILLS
from actions.bank.signing import TIMESTAMP, WINDOW_S, SignatureInvalid, Verifier, sign
from actions.bills import BILL_NAMES
from tests.actions.conftest import BANK_KEY, Sandbox

pytestmark = pytest.mark.unit

LOAN = LoanOrder(
    "1234567890", 5_000_000, "种玉米", "玉米", "12.5", 12, "王小明", "13812345678", "李家沟村", "510000", "2026-01-01"
)
PAYMENT = PaymentOrder("1234567890", "sample-electricity-12345678", "12345678", 8650)


def test_a_signed_request_passes_once() -> None:
    verifier = Verifier(BANK_KEY, "a")
    headers = sign(BANK_KEY, "POST", "/x?y=1", b"body", client="a", idempotency="k")
    verifier.check("POST", "/x?y=1", headers, b"body")
    with pytest.raises(SignatureInvalid, match="nonce_reused"):
        verifier.check("POST", "/x?y=1", headers, b"body")


@pytest.mark.parametrize(
    ("method", "target", "body", "change"),
    [
        ("GET", "/x", b"body", {}),
        ("POST", "/y", b"body", {}),
        ("POST", "/x", b"other", {}),
        ("POST", "/x", b"body", {"Idempotency-Key": "other"}),
        ("POST", "/x", b"body", {"X-Bank-Nonce": "other"}),
        ("POST", "/x", b"body", {"X-Bank-Timestamp": "1"}),
        ("POST", "/x", b"body", {"X-Bank-Client": "other"}),
        ("POST", "/x", b"body", {"X-Bank-Signature": "é"}),
    ],
)
def test_any_change_breaks_the_signature(method: str, target: str, body: bytes, change: dict[str, str]) -> None:
    headers = sign(BANK_KEY, "POST", "/x", b"body", client="a", idempotency="k") | change
    with pytest.raises(SignatureInvalid, match="signature"):
        Verifier(BANK_KEY, "a").check(method, target, headers, body)


@pytest.mark.parametrize("off", [-WINDOW_S - 5, WINDOW_S + 5])
def test_an_old_or_future_request_is_refused(off: int, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + off)
    headers = sign(BANK_KEY, "POST", "/x", b"", client="a")
    monkeypatch.setattr(time, "time", lambda: now)
    assert headers[TIMESTAMP] == str(int(now + off))
    with pytest.raises(SignatureInvalid, match="timestamp"):
        Verifier(BANK_KEY, "a").check("POST", "/x", headers, b"")


def test_there_are_samples_of_every_kind_in_every_condition() -> None:
    for kind in BILL_NAMES:
        conditions = {(due > 0, paid) for k, _, _, due, paid in SAMPLE_BILLS if k == kind}
        assert conditions == {(True, False), (True, True), (False, False)}


async def test_sample_bills_are_found_and_marked(bank: HttpBank) -> None:
    for kind, account, holder, due, paid in SAMPLE_BILLS:
        bill = await bank.look_up_bill(kind, account)
        assert (bill.holder, bill.paid, bill.sample) == (holder, paid, True)
        assert bill.due_fen == (0 if paid else due)
        assert "样例" in bill.company


async def test_an_unknown_account_is_refused(bank: HttpBank) -> None:
    with pytest.raises(BankRefused, match="account_not_found"):
        await bank.look_up_bill("electricity", "99999999")


async def test_an_application_is_taken_in_once(bank: HttpBank, sandbox: Sandbox) -> None:
    assert await bank.find("loan", "k1") is None
    record = await bank.submit_loan(LOAN, "k1")
    assert record.status == "in_review"
    assert await bank.submit_loan(LOAN, "k1") == record
    assert await bank.find("loan", "k1") == record
    with pytest.raises(BankKeyConflict):
        await bank.submit_loan(replace(LOAN, amount_fen=1), "k1")
    assert sandbox.count("loan_applications") == 1


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (replace(PAYMENT, amount_fen=8651), "amount_changed"),
        (replace(PAYMENT, bill_id="nothing"), "bill_not_found"),
        (replace(PAYMENT, account="20230001"), "bill_not_found"),
        (PaymentOrder("1", "sample-water-30010008", "30010008", 2700), "already_paid"),
    ],
)
async def test_payments_that_cannot_be_are_refused(bank: HttpBank, order: PaymentOrder, code: str) -> None:
    with pytest.raises(BankRefused) as refusal:
        await bank.start_payment(order, "k1")
    assert refusal.value.code == code
    assert refusal.value.message.endswith("。")
    assert await bank.find("bill", "k1") is None


async def test_a_person_confirms_on_the_page(bank: HttpBank, sandbox: Sandbox) -> None:
    first = await bank.start_payment(PAYMENT, "k1")
    second = await bank.start_payment(PAYMENT, "k2")
    assert first.confirm_url is not None
    async with aiohttp.ClientSession() as browser:
        async with browser.get(first.confirm_url) as page:
            shown = await page.text()
            assert page.headers["Cache-Control"] == "no-store"
        assert "86.50元" in shown
        assert "样例" in shown
        assert "<form" in shown
        assert (await _found(bank, "k1")).status == "awaiting_confirmation"
        async with browser.post(first.confirm_url) as page:
            assert "缴费成功" in await page.text()
        receipt = (await _found(bank, "k1")).receipt
        async with browser.post(first.confirm_url) as page:
            assert receipt in await page.text()
        assert second == first  # one bill, one open order
        async with browser.get(f"{sandbox.url}/pay/unknown") as page:
            assert page.status == 404
    assert (await _found(bank, "k1")).status == "completed"
    assert (await _found(bank, "k2")).receipt == receipt
    assert (await bank.look_up_bill("electricity", "12345678")).paid


async def _found(bank: HttpBank, key: str):
    record = await bank.find("bill", key)
    assert record is not None
    return record


async def test_the_bank_does_not_answer_strangers(sandbox: Sandbox) -> None:
    async with HttpBank(sandbox.url, b"another key") as stranger:
        with pytest.raises(BankNotAuthorised):
            await stranger.submit_loan(LOAN, "k1")
    async with aiohttp.ClientSession() as http, http.post(f"{sandbox.url}/v1/payments", json={}) as answer:
        assert answer.status == 401
    assert sandbox.count("loan_applications") == 0


async def test_a_request_against_the_description_needs_a_person(bank: HttpBank) -> None:
    with pytest.raises(BankRequestInvalid):
        await bank.submit_loan(replace(LOAN, phone="not digits"), "k1")


async def test_the_four_outcomes_are_told_apart(bank: HttpBank, sandbox: Sandbox) -> None:
    sandbox.faults.lose = 1
    with pytest.raises(BankOutcomeUnknown):
        await bank.submit_loan(LOAN, "k1")
    assert (await bank.submit_loan(LOAN, "k1")).status == "in_review"
    sandbox.faults.fail = 1
    with pytest.raises(BankOutcomeUnknown):
        await bank.submit_loan(LOAN, "k2")
    async with HttpBank(sandbox.url, BANK_KEY, timeout_s=0.3) as hurried:
        sandbox.faults.delay_s = 1
        with pytest.raises(BankOutcomeUnknown):
            await hurried.submit_loan(LOAN, "k3")
        sandbox.faults.delay_s = 0
    await sandbox.stop()
    with pytest.raises(BankUnreachable):
        await bank.submit_loan(LOAN, "k4")
    assert not await bank.ready()
    assert sandbox.count("loan_applications") == 2


async def test_the_sandbox_implements_its_description(sandbox: Sandbox) -> None:
    described = {
        (method.upper(), path)
        for path, methods in yaml.safe_load(OPENAPI.read_text("utf-8"))["paths"].items()
        for method in methods
    }
    assert sandbox.server is not None
    served = {
        (route.method, route.resource.canonical)
        for route in sandbox.server.app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith("/v1/")
    }
    assert served == described


async def test_garbage_never_makes_the_sandbox_fail(sandbox: Sandbox) -> None:
    bodies = [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"amount_fen": 1e999}', json.dumps({"x": 1}).encode()]
    async with aiohttp.ClientSession() as http:
        for path in ("/v1/payments", "/v1/loan-applications", "/v1/bills/query", "/v1/payments/query"):
            for body in bodies:
                headers = sign(BANK_KEY, "POST", path, body, client=CLIENT_ID, idempotency="k")
                async with http.post(sandbox.url + path, data=body, headers=headers) as answer:
                    assert answer.status == 400
                    assert (await answer.json())["code"]
