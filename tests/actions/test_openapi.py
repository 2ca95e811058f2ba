"""What really goes over the wire between us and the bank, held against ``openapi.yaml``, both sides."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestServer
from jsonschema import Draft202012Validator

from actions.bank.api import BankError, LoanChange, LoanOrder, LoanWithdrawal, PaymentOrder
from actions.bank.client import HttpBank
from actions.bank.sandbox.app import OPENAPI
from tests.actions.conftest import BANK_KEY, Sandbox

pytestmark = pytest.mark.unit
DESCRIPTION: dict[str, Any] = yaml.safe_load(OPENAPI.read_text("utf-8"))


def check(value: Any, schema: dict[str, Any]) -> None:
    """``$ref`` of an OpenAPI 3.1 schema resolves within the whole description."""
    Draft202012Validator({**schema, "components": DESCRIPTION["components"]}).validate(value)


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        target: Any = DESCRIPTION
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


@dataclass
class Witness:
    """Passes requests on to the sandbox and holds each exchange against the description."""

    bank: str
    seen: set[tuple[str, str]] = field(default_factory=set)

    async def pass_on(self, request: web.Request) -> web.Response:
        body = await request.read()
        operation = DESCRIPTION["paths"][request.path][request.method.lower()]
        check(json.loads(body), operation["requestBody"]["content"]["application/json"]["schema"])
        for parameter in map(resolved, operation.get("parameters", ())):
            assert parameter["in"] == "header"
            check(request.headers[parameter["name"]], parameter["schema"])
        async with (
            aiohttp.ClientSession() as http,
            http.request(
                request.method, self.bank + request.path_qs, data=body, headers=dict(request.headers)
            ) as answer,
        ):
            text = await answer.read()
            described = resolved(operation["responses"][str(answer.status)])
            check(json.loads(text), described["content"]["application/json"]["schema"])
            self.seen.add((request.path, str(answer.status)))
            return web.Response(body=text, status=answer.status, content_type="application/json")


@pytest.fixture
async def witness(sandbox: Sandbox) -> AsyncIterator[tuple[Witness, str]]:
    seen = Witness(sandbox.url)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", seen.pass_on)
    async with TestServer(app) as server:
        yield seen, f"http://127.0.0.1:{server.port}"


async def test_every_exchange_follows_the_description(witness: tuple[Witness, str], sandbox: Sandbox) -> None:
    seen, url = witness
    loan = LoanOrder("1", 5_000_000, "种玉米", "玉米", "12.5", 12, "王明", "13812345678", "李家沟", "", "2026-01-01")
    payment = PaymentOrder("2", "sample-electricity-12345678", "12345678", 8650)
    async with HttpBank(url, BANK_KEY, timeout_s=10) as bank, HttpBank(url, b"wrong", timeout_s=10) as stranger:
        for kind, account in (("electricity", "12345678"), ("electricity", "20230000"), ("pension", "70010008")):
            await bank.look_up_bill(kind, account)
        await bank.submit_loan(loan, "k1")
        await bank.start_payment(payment, "k2")
        await bank.find("loan", "k1")
        await bank.find("bill", "k2")
        await bank.change_loan(LoanChange("1", amount_fen=6_000_000), "c1")
        await bank.withdraw_loan(LoanWithdrawal("1"), "w1")
        assert await bank.find("bill", "unknown") is None
        assert await bank.find("loan", "unknown") is None
        for refused in (
            bank.look_up_bill("water", "99999999"),
            bank.start_payment(PaymentOrder("3", "no-such-bill", "12345678", 1), "k3"),
            bank.submit_loan(LoanOrder(**{**loan.__dict__, "amount_fen": 1}), "k1"),
            bank.start_payment(PaymentOrder("2", "sample-water-30010001", "30010001", 3240), "k2"),
            stranger.look_up_bill("water", "30010001"),
            bank.change_loan(LoanChange("1", amount_fen=7_000_000), "c2"),
            bank.change_loan(LoanChange("9", amount_fen=7_000_000), "c3"),
            bank.withdraw_loan(LoanWithdrawal("1"), "w2"),
            bank.withdraw_loan(LoanWithdrawal("9"), "w3"),
            stranger.change_loan(LoanChange("1", amount_fen=1), "c4"),
            stranger.withdraw_loan(LoanWithdrawal("1"), "w4"),
            stranger.find("loan", "k1"),
            stranger.find("bill", "k2"),
            stranger.submit_loan(loan, "k9"),
            stranger.start_payment(payment, "k9"),
        ):
            with pytest.raises(BankError):
                await refused
    described = {
        (path, status)
        for path, methods in DESCRIPTION["paths"].items()
        for status in methods["post"]["responses"]
        if status != "400"  # our client sends nothing malformed; the fuzz tests do
    }
    assert seen.seen == described
