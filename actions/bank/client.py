"""The bank over HTTP: signed, timed, with the four outcomes told apart (see ``openapi.yaml``)."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from datetime import date
from typing import Literal, TypeVar

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from yarl import URL

from actions.bank.api import (
    BankBill,
    BankKeyConflict,
    BankNotAuthorised,
    BankOutcomeUnknown,
    BankRecord,
    BankRefused,
    BankRequestInvalid,
    BankStatus,
    BankUnreachable,
    LoanChange,
    LoanOrder,
    LoanWithdrawal,
    OrderKind,
    PaymentOrder,
)
from actions.bank.signing import sign

CLIENT_ID = "xiangyin"
_PATHS: dict[OrderKind, str] = {"loan": "/v1/loan-applications", "bill": "/v1/payments"}
M = TypeVar("M", bound=BaseModel)


class _Bill(BaseModel):
    model_config = ConfigDict(extra="ignore")
    bill_id: str = Field(max_length=64)
    bill_type: str
    account: str
    holder: str = Field(max_length=64)
    due_fen: int = Field(ge=0)
    paid: bool
    period: str = Field(max_length=64)
    company: str = Field(max_length=128)
    due_on: date | None = None
    sample: bool = False
    partial_from_fen: int | None = Field(None, gt=0)


class _Record(BaseModel):
    model_config = ConfigDict(extra="ignore")
    idempotency_key: str
    ref: str = Field(max_length=64)
    status: BankStatus
    confirm_url: str | None = Field(None, pattern=r"^https?://", max_length=500)
    receipt: str | None = Field(None, max_length=64)
    days: int | None = None


class _Problem(BaseModel):
    model_config = ConfigDict(extra="ignore")
    code: str
    message: str = "银行没有受理这笔业务。"


class HttpBank:
    """:class:`~actions.bank.api.BankApi` over HTTP.

    Args:
        base_url: without trailing slash.
        key: shared with the bank, signs requests.
        timeout_s: for one whole request.
    """

    def __init__(self, base_url: str, key: bytes, timeout_s: float = 8.0) -> None:
        self._base = URL(base_url)
        self._key = key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=min(3.0, timeout_s))
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> HttpBank:
        # A connection for each request: an answer that comes twice is never taken for the answer to the next one.
        connector = aiohttp.TCPConnector(force_close=True)
        self._session = aiohttp.ClientSession(timeout=self._timeout, connector=connector)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def look_up_bill(self, bill_type: str, account: str) -> BankBill:
        """See :class:`~actions.bank.api.BankApi`."""
        # The account goes in the body: paths end up in access logs.
        body = await self._ask("POST", "/v1/bills/query", {"bill_type": bill_type, "account": account})
        bill = _read(_Bill, body)
        if (bill.bill_type, bill.account) != (bill_type, account):
            raise BankOutcomeUnknown("bank_answer_for_another")
        return BankBill(**bill.model_dump())

    async def start_payment(self, order: PaymentOrder, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return _record(await self._ask("POST", _PATHS["bill"], asdict(order), key), key)

    async def submit_loan(self, order: LoanOrder, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return _record(await self._ask("POST", _PATHS["loan"], asdict(order), key), key)

    async def change_loan(self, change: LoanChange, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return _record(await self._ask("POST", f"{_PATHS['loan']}/change", asdict(change), key), key)

    async def withdraw_loan(self, withdrawal: LoanWithdrawal, key: str) -> BankRecord:
        """See :class:`~actions.bank.api.BankApi`."""
        return _record(await self._ask("POST", f"{_PATHS['loan']}/withdraw", asdict(withdrawal), key), key)

    async def find(self, kind: OrderKind, key: str) -> BankRecord | None:
        """See :class:`~actions.bank.api.BankApi`."""
        try:
            return _record(await self._ask("POST", f"{_PATHS[kind]}/query", {"idempotency_key": key}), key)
        except BankRefused as refusal:
            if refusal.code == "not_found":
                return None
            raise

    async def ready(self) -> bool:
        """See :class:`~actions.bank.api.BankApi`."""
        try:
            async with asyncio.timeout(2), self._http().get(self._base / "healthz") as response:
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("HttpBank is used outside its context")
        return self._session

    async def _ask(
        self, method: Literal["GET", "POST"], path: str, payload: dict[str, object], key: str | None = None
    ) -> bytes:
        body = json.dumps(payload, ensure_ascii=False, sort_keys=True).encode()
        url = self._base.joinpath(path.lstrip("/"))
        headers = sign(self._key, method, url.raw_path_qs, body, client=CLIENT_ID, idempotency=key)
        headers["Content-Type"] = "application/json"
        try:
            async with self._http().request(method, url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await response.read()
                status = response.status
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise BankUnreachable from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise BankOutcomeUnknown from error
        if 200 <= status < 300:
            return answer
        if status == 400:
            raise BankRequestInvalid
        if status in (401, 403):
            raise BankNotAuthorised
        if status not in (404, 409, 410, 422):
            raise BankOutcomeUnknown(f"bank_http_{status}")
        problem = _read(_Problem, answer)
        if problem.code == "idempotency_conflict":
            raise BankKeyConflict
        raise BankRefused(problem.code, problem.message)


def _read(model: type[M], body: bytes) -> M:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        # An answer we cannot read says nothing about what the bank did.
        # The validation error quotes the body, so it is not chained.
        raise BankOutcomeUnknown("bank_answer_unreadable") from None


def _record(body: bytes, key: str) -> BankRecord:
    record = _read(_Record, body)
    if record.idempotency_key != key:
        raise BankOutcomeUnknown("bank_answer_for_another")
    return BankRecord(**record.model_dump(exclude={"idempotency_key"}))
