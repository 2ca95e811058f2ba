"""The channel that ``docs/adding.md`` shows is a channel: its text is run here against the contract."""

from __future__ import annotations

import hmac
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel

from bot.channels.base import Capabilities, Channel, UnreachableError
from bot.channels.http import errors_as_json, json_response
from bot.errors import UnauthorisedError
from bot.schema import Reply
from bot.turn import Inbound, TurnService
from settings import ROOT
from tests.bot.channels.contract import NEWS, ChannelContract, Driver, Shown
from tests.bot.dialogue import Dialogue, turns_with

pytestmark = pytest.mark.unit


class BoardMessage(BaseModel):
    house: str
    id: str | None = None
    text: str


def shown(reply: Reply) -> str:
    return "\n".join((reply.text, *(f"{option.key}. {option.title}" for option in reply.options)))


def example() -> Any:
    """The class of the document."""
    section = (ROOT / "docs" / "adding.md").read_text("utf-8").partition("\n## A channel\n")[2]
    code = re.search(r"```python\n(.*?)```", section, re.S)
    assert code is not None
    names = {
        **{known.__name__: known for known in (Capabilities, Channel, UnreachableError, UnauthorisedError, Reply)},
        **{known.__name__: known for known in (Inbound, TurnService, BoardMessage, Sequence)},
        **{"aiohttp": aiohttp, "web": web, "hmac": hmac, "json_response": json_response, "shown": shown},
    }
    exec(code.group(1), names)
    return names["BoardChannel"]


class BoardDriver(Driver):
    def __init__(self, channel: Channel, client: TestClient[Any, Any], board: dict[str, list[str]]) -> None:
        self.channel = channel
        self._client = client
        self._board = board

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        body = {"house": sender, "id": message_id, "text": text}
        answer = await self._client.post("/board/messages", json=body, headers={"X-Board-Secret": "s"})
        made = await answer.json()
        return [self._shown(line) for line in made.get("lines") or [made["error"]["message"]]]

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        raise NotImplementedError

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        return [self._shown(line) for line in self._board.pop(sender, [])]

    def sender_id(self, sender: str) -> str:
        return sender

    @staticmethod
    def _shown(line: str) -> Shown:
        return Shown(line, tuple(part for part in line.splitlines() if re.match(r"\d\. ", part)))


class TestWrittenExample(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[BoardDriver]:
        board: dict[str, list[str]] = defaultdict(list)

        hung: set[tuple[str, str]] = set()

        async def put(request: web.Request) -> web.Response:
            house, news = request.match_info["house"], await request.json()
            if (house, news["key"]) not in hung:
                board[house] += news["lines"]
            if news["key"] is not None:
                hung.add((house, news["key"]))
            return web.Response(status=404 if house == "empty" else 200)

        outside = web.Application()
        outside.add_routes([web.post("/houses/{house}", put)])
        async with (
            turns_with(dialogue, tmp_path) as (turns, _),
            TestServer(outside) as server,
            aiohttp.ClientSession() as session,
        ):
            channel = example()(turns, session, f"http://127.0.0.1:{server.port}", "s")
            app = web.Application(middlewares=[errors_as_json])
            app.add_routes(channel.routes())
            async with TestClient(TestServer(app)) as client:
                yield BoardDriver(channel, client, board)

    async def test_who_cannot_be_reached_is_named(self, driver: BoardDriver) -> None:
        with pytest.raises(UnreachableError):
            await driver.channel.deliver("empty", [NEWS])
