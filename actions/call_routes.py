"""Call records over HTTP: brought by the gateway, looked up for its staff console."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from actions.errors import LedgerUnavailable
from actions.ledger.call_records import CallRecord, CallRecords, Wanted

log = logging.getLogger(__name__)

TIDY_EVERY_S = 60.0
_MOST = 200
_LONGEST_ID = 36
OutcomeName = Literal["open", "hung_up", "farewell", "transferred", "lost"]


class _Said(BaseModel):
    """One exchange, as the hotline tells it (``bot/channels/hotline/wire.py``); ``said`` is masked already."""

    model_config = ConfigDict(extra="forbid")
    by: Literal["voice", "keys", "silence"]
    said: str | None = Field(default=None, max_length=4000)
    speech_end_ms: int | None = None
    heard_ms: int | None = None
    answered_ms: int | None = None
    first_audio_ms: int | None = None
    interrupted: bool = False


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid")
    version: int = Field(ge=1, lt=2**63)
    sender: str = Field(min_length=1, max_length=200)
    caller: str | None = Field(default=None, max_length=32)
    called: str | None = Field(default=None, max_length=32)
    protocol: str = Field(max_length=16)
    region: str | None = Field(default=None, pattern=r"^[1-9][0-9]{5}$")
    began: AwareDatetime
    ended: AwareDatetime | None = None
    outcome: OutcomeName
    turns: list[_Said] = Field(max_length=2000)


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    outcome: OutcomeName | None = None
    tail: Annotated[str, Field(pattern=r"^[0-9]{4}$")] | None = None
    word: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    sender: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    limit: int = Field(default=50, ge=1, le=_MOST)


class CallRoutes:
    """``PUT /calls/{id}``, ``GET /calls``, ``GET /calls/{id}``; tidies up while it is entered."""

    def __init__(self, records: CallRecords) -> None:
        self._records = records
        self._tidying: asyncio.Task[None] | None = None

    async def __aenter__(self) -> CallRoutes:
        self._tidying = asyncio.create_task(self._tidy())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._tidying is not None:
            self._tidying.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._tidying

    def routes(self) -> list[web.RouteDef]:
        """All of them."""
        return [
            web.put("/calls/{id}", self._put),
            web.get("/calls", self._find),
            web.get("/calls/{id}", self._get, allow_head=False),
        ]

    async def _put(self, request: web.Request) -> web.Response:
        try:
            body = _Record.model_validate_json(await request.read())
        except (ValidationError, UnicodeDecodeError, RecursionError) as error:
            return _problem(400, "bad_body", _fields(error))
        record = CallRecord(
            id=request.match_info["id"],
            version=body.version,
            began=body.began,
            ended=body.ended,
            outcome=body.outcome,
            protocol=body.protocol,
            called=body.called,
            region=body.region,
            sender=body.sender,
            caller=body.caller,
            turns=tuple(turn.model_dump() for turn in body.turns),
        )
        if len(record.id) > _LONGEST_ID:
            return _problem(400, "bad_body", "id")
        return web.json_response({"kept": await asyncio.to_thread(self._records.put, record)})

    async def _find(self, request: web.Request) -> web.Response:
        """Newest first. Numbers by their last digits; what was said only of one call (``GET /calls/{id}``)."""
        try:
            asked = _Query.model_validate(dict(request.query))
        except ValidationError as error:
            return _problem(400, "bad_query", _fields(error))
        found = await asyncio.to_thread(self._records.find, Wanted(**asked.model_dump()))
        return web.json_response({"calls": [_shown(record) for record in found]})

    async def _get(self, request: web.Request) -> web.Response:
        record = await asyncio.to_thread(self._records.get, request.match_info["id"])
        if record is None:
            return _problem(404, "call_not_found", "没有这通电话的记录。")
        return web.json_response(_shown(record) | {"turns": list(record.turns)})

    async def _tidy(self) -> None:
        while True:
            try:
                lost = await asyncio.to_thread(self._records.tidy)
                if lost:
                    log.warning("calls lost with the process that carried them: %s", lost)
            except LedgerUnavailable:
                log.warning("old call records not tidied up: the ledger is away; trying again")
            await asyncio.sleep(TIDY_EVERY_S)


def _shown(record: CallRecord) -> dict[str, Any]:
    shown = asdict(record)
    for name in ("version", "sender", "caller", "turns"):
        del shown[name]
    for name in ("began", "ended"):
        moment: datetime | None = shown[name]
        shown[name] = moment.isoformat() if moment else None
    return shown | {"tail": record.caller[-4:] if record.caller else None}


def _fields(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return ", ".join(sorted({".".join(map(str, e["loc"])) or "JSON" for e in error.errors()}))
    return "JSON"


def _problem(status: int, code: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message}}, status=status)
