"""People in front of the page, and the gateway's side of it, for tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.http import errors_as_json
from bot.channels.web import WebChannel
from bot.channels.web.visitors import Visitors
from bot.database import open_engine
from bot.mailbox import Mailbox
from bot.people.feedback import Feedback
from tests.bot.channels.contract import Driver, Shown
from tests.bot.dialogue import DecodingEar, Dialogue, turns_with

EMBED_KEY = "the key that page and host share"


def shown(answer: dict[str, Any]) -> list[Shown]:
    if "error" in answer:
        return [Shown(answer["error"]["message"])]
    return [Shown(r["text"], tuple(f"{o['key']}. {o['title']}" for o in r["options"])) for r in answer["replies"]]


class WebDriver(Driver):
    """Every person has a browser, which has a cookie."""

    def __init__(self, channel: WebChannel, server: TestServer) -> None:
        self.channel = channel
        self.server = server
        self._browsers: dict[str, TestClient[Any, Any]] = {}
        self._last: dict[str, int] = {}

    async def browser(self, sender: str) -> TestClient[Any, Any]:
        if sender not in self._browsers:
            browser = TestClient(self.server)
            self._browsers[sender] = browser
            assert (await browser.get("/")).status == 200
        return self._browsers[sender]

    async def close(self) -> None:
        for browser in self._browsers.values():
            await browser.session.close()

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        browser = await self.browser(sender)
        return shown(await (await browser.post("/chat/turns", json={"text": text, "message_id": message_id})).json())

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        form = aiohttp.FormData()
        form.add_field("audio", audio, filename="audio")
        return shown(await (await (await self.browser(sender)).post("/chat/turns", data=form)).json())

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        browser = await self.browser(sender)
        after = {"after": str(self._last.get(sender, 0))}
        letters = (await (await browser.get("/chat/messages", params=after)).json())["messages"]
        self._last[sender] = max((letter["id"] for letter in letters), default=self._last.get(sender, 0))
        return [Shown(letter["reply"]["text"]) for letter in letters]

    def sender_id(self, sender: str) -> str:
        cookie = self._browsers[sender].session.cookie_jar.filter_cookies(self.server.make_url("/"))
        visitor = self.channel._visitors._signer.loads(cookie["xiangyin_session"].value)  # type: ignore[attr-defined]
        assert isinstance(visitor, str)
        return visitor


@asynccontextmanager
async def web_with(dialogue: Dialogue, folder: Path) -> AsyncIterator[WebDriver]:
    engine = open_engine(f"sqlite:///{folder / 'gateway.sqlite'}")
    async with turns_with(dialogue, folder, DecodingEar()) as (turns, store):
        channel = WebChannel(
            turns,
            Visitors("secret", EMBED_KEY),
            store=store,
            feedback=Feedback(engine, store),
            mailbox=Mailbox(engine),
            max_audio_bytes=10**6,
            hosts=["https://app.bank.example"],
        )
        app = web.Application(middlewares=[errors_as_json])
        app.on_shutdown.append(channel.hang_up)
        app.add_routes(channel.routes())
        async with TestServer(app) as server:
            driver = WebDriver(channel, server)
            yield driver
            await driver.close()
