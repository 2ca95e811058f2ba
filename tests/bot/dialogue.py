"""A local HTTP server that speaks the dialogue's side of the contract, an ear that decodes, and turns on both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.database import open_engine
from bot.people.front import Front
from bot.people.privacy import Privacy
from bot.rasa import RasaClient
from bot.store import GatewayStore
from bot.turn import Ear, TurnService
from voice.decode import SAMPLE_RATE, Limits, decode
from voice.service import NO_HINTS, Hints, Transcript

SECRET = "s3cret"
HEARD = "我要交电费"
"""What :class:`DecodingEar` hears in every recording that can be decoded."""


class Dialogue:
    """A dialogue that echoes, offers two options, and remembers what it was sent."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.status = 200
        self.silent = False
        self.words = ""
        """Said instead of the echo."""
        self.kind: str | None = None
        """Of the first message of its answers."""
        self.running = 0
        self.most_running = 0
        self.open = asyncio.Event()
        """Cleared, it holds every turn back until it is set again."""
        self.open.set()
        self.two_at_once = asyncio.Event()

    async def turn(self, request: web.Request) -> web.Response:
        assert request.headers["X-Xiangyin-Secret"] == SECRET
        body = await request.json()
        self.received.append(body)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        if self.running > 1:
            self.two_at_once.set()
        await asyncio.sleep(0)
        await self.open.wait()
        self.running -= 1
        if self.status != 200:
            return web.Response(status=self.status, text="Traceback: secret details")
        understood = {"text": body["text"], "intent": "greet", "confidence": 1.0, "entities": []}
        buttons = [{"title": "贷款", "payload": "/apply_loan"}, {"title": "交费", "payload": "/pay_bill"}]
        more = [{"title": "找人", "payload": "/human_agent"}]
        messages = [
            {
                "text": self.words or f"听到{body['text']}",
                "buttons": buttons,
                "custom": {"spoken": "您好。", "kind": self.kind},
            },
            {"text": "还有", "buttons": more, "custom": None},
        ]
        return web.json_response({"understood": understood, "messages": [] if self.silent else messages})

    async def forget(self, request: web.Request) -> web.Response:
        return web.json_response({})

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [web.post("/webhooks/gateway/turn", self.turn), web.post("/webhooks/gateway/forget", self.forget)]
        )
        return app


class NoCases:
    """An action server at which this sender has nothing; remembers who was to be forgotten."""

    def __init__(self) -> None:
        self.forgotten: list[str] = []

    async def list(self, sender: str | None, limit: int) -> Any:
        return {"cases": []}

    async def calls(self, sender: str) -> Any:
        return {"calls": []}

    async def forget(self, sender: str) -> None:
        self.forgotten.append(sender)


class DecodingEar:
    """Decodes a recording as the voice service does, and hears the same words in each."""

    async def hear(self, data: bytes, hints: Hints = NO_HINTS) -> Transcript:
        seconds = decode(data, Limits(10**7, 60, 20)).size / SAMPLE_RATE
        return Transcript(HEARD, HEARD, 0.9, (), "test", seconds, 1)


@asynccontextmanager
async def turns_with(
    dialogue: Dialogue, folder: Path, ear: Ear | None = None
) -> AsyncIterator[tuple[TurnService, GatewayStore]]:
    """Turns against ``dialogue``, with the gateway's memory in ``folder``."""
    store = GatewayStore(open_engine(f"sqlite:///{folder / 'gateway.sqlite'}"))
    async with TestServer(dialogue.application()) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", SECRET, 5)
        front = Front(privacy=Privacy(store, rasa, NoCases(), frozenset()))
        yield TurnService(rasa, ear, store, front, max_text_chars=50, default_region="national"), store
    store.close()
