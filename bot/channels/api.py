"""The JSON channel: ``/api/v1`` for the command line and for partner systems, guarded by the API key."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence

from aiohttp import web

from bot.cases import CasesClient
from bot.channels.base import Capabilities, Channel
from bot.channels.http import Handler, json_response, keyed, letters_after, parse_turn_request, read_inbound
from bot.errors import BadRequestError
from bot.mailbox import Mailbox
from bot.openapi import description
from bot.rasa import RasaClient
from bot.schema import Reply
from bot.turn import TurnService

_MAX_CASES = 500
_LIMIT = re.compile("[0-9]{1,3}")


class ApiChannel(Channel):
    """Routes under ``/api/v1``. Partners' systems may name channels of their own in their calls.

    Args:
        turns: runs a turn.
        cases: reads cases.
        rasa: understanding alone.
        key: what ``X-API-Key`` (or ``Authorization: Bearer``) must hold.
        mailbox: keeps messages until they are fetched.
        max_audio_bytes: bound on an upload.
    """

    name = "api"
    capabilities = Capabilities(buttons=True, voice=True, speech=True, images=True, links=True)

    def __init__(
        self,
        turns: TurnService,
        cases: CasesClient,
        rasa: RasaClient,
        key: str,
        *,
        mailbox: Mailbox,
        max_audio_bytes: int,
    ) -> None:
        self._turns = turns
        self._mailbox = mailbox
        self._cases = cases
        self._rasa = rasa
        self._key = key.encode()
        self._max_audio_bytes = max_audio_bytes

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/api/v1/openapi.json", self._openapi),
            web.post("/api/v1/turns", self._guarded(self._turn)),
            web.get("/api/v1/messages", self._guarded(self._messages)),
            web.post("/api/v1/nlu/parse", self._guarded(self._parse)),
            web.get("/api/v1/cases", self._guarded(self._list)),
            web.get("/api/v1/cases/{case_id}", self._guarded(self._show)),
        ]

    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """Messages wait until ``GET /api/v1/messages`` fetches them."""
        await asyncio.to_thread(self._mailbox.put, f"{self.name}:{sender_id}", replies, key)

    def _guarded(self, handler: Handler) -> Handler:
        return keyed(handler, self._key)

    async def _openapi(self, _request: web.Request) -> web.Response:
        return json_response(description())

    async def _turn(self, request: web.Request) -> web.Response:
        inbound = await read_inbound(request, self._max_audio_bytes)
        turn = await self._turns.run(inbound)
        return web.json_response(text=turn.model_dump_json())

    async def _messages(self, request: web.Request) -> web.Response:
        asked = {key: value for key, value in request.query.items() if key in ("sender_id", "channel")}
        whose = parse_turn_request({"text": "", **asked})
        return json_response(await letters_after(self._mailbox, f"{whose.channel}:{whose.sender_id}", request))

    async def _parse(self, request: web.Request) -> web.Response:
        asked = parse_turn_request(await request.read())
        understood = await self._rasa.parse(self._turns.checked(asked.text))
        return json_response(understood.model_dump())

    async def _list(self, request: web.Request) -> web.Response:
        limit = request.query.get("limit", "50")
        if not _LIMIT.fullmatch(limit) or not 1 <= int(limit) <= _MAX_CASES:
            raise BadRequestError(f"limit 要在 1 到 {_MAX_CASES} 之间。")
        return json_response(await self._cases.list(request.query.get("sender"), int(limit)))

    async def _show(self, request: web.Request) -> web.Response:
        return json_response(await self._cases.get(request.match_info["case_id"]))
