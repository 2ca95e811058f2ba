"""A local double of WeChat: calls the gateway as WeChat does, asks again when no answer comes in time, and takes
customer-service messages."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from lxml import etree

from bot.channels.http import errors_as_json
from bot.channels.wechat import WeChatChannel, WeChatConfig
from bot.channels.wechat.envelope import Envelope, signature
from bot.database import open_engine
from bot.store import GatewayStore
from bot.turn import TurnService
from tests.bot.channels.contract import Driver, Shown
from tests.bot.dialogue import DecodingEar, Dialogue, turns_with

ACCOUNT, TOKEN = "wx5823bf96d3bd56c7", "QDG6eK"
AES_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
"""The values of the example in WeCom's documentation (document/path/90968)."""
PATIENCE_S = 5.0
TRIES = 3


class WeChatSide:
    """What people see lies in ``shown``: (user, text)."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, str]] = []
        self.media: dict[str, bytes] = {}
        self.errors: list[int] = []
        """Error codes for the next customer-service messages, first to last."""
        self.tokens = 0
        self.token = ""
        self.calls: list[tuple[str, Any]] = []
        self.requests = 0
        self.lost = 0
        """How many of the next replies never reach WeChat."""
        self.sealed = True
        self.tries = TRIES
        """Requests that are made for a message that gets no answer."""
        self._asked: Counter[str] = Counter()
        self._in_turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._replied: set[str] = set()
        self._numbers = itertools.count(7_000_000)
        self._changed = asyncio.Condition()

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.post("/cgi-bin/stable_token", self._new_token),
                web.get("/cgi-bin/gettoken", self._new_token),
                web.post("/cgi-bin/message/custom/send", self._send),
                web.post("/cgi-bin/message/send", self._send),
                web.get("/cgi-bin/media/get", self._media),
            ]
        )
        return app

    async def _new_token(self, request: web.Request) -> web.Response:
        self.tokens += 1
        self.token = f"token-{self.tokens}"
        return web.json_response({"access_token": self.token, "expires_in": 7200})

    async def _send(self, request: web.Request) -> web.Response:
        raw = await request.text()
        body = await request.json()
        self.calls.append((request.path, body))
        assert "\\u" not in raw, "people would read the escapes"
        if request.query["access_token"] != self.token:
            return web.json_response({"errcode": 42001})
        if self.errors and (code := self.errors.pop(0)):
            return web.json_response({"errcode": code})
        async with self._changed:
            self.shown.append((body["touser"], body["text"]["content"]))
            self._changed.notify_all()
        return web.json_response({"errcode": 0})

    async def _media(self, request: web.Request) -> web.Response:
        if request.query["access_token"] != self.token:
            return web.json_response({"errcode": 42001})
        data = self.media.get(request.query["media_id"])
        if data is None:
            return web.json_response({"errcode": 40007})
        return web.Response(body=data, content_type="audio/amr")

    async def push(self, client: TestClient[Any, Any], path: str, user: str, **content: str) -> None:
        """One message to the gateway: again, up to three times in all, when no answer comes in time.

        The same message pushed once more is a repetition: it may overtake the first request, and is never the third,
        which WeChat makes only when two have failed.
        """
        content.setdefault("MsgId", str(next(self._numbers)))
        key = content["MsgId"] or f"event{next(self._numbers)}"
        given = {"ToUserName": ACCOUNT, "FromUserName": user, "CreateTime": "1790000000", **content}
        if key in self._asked:
            async with self._in_turn[key]:
                if self._asked[key] < self.tries - 1:
                    await self._ask(client, path, key, given)
            return
        await self._ask(client, path, key, given)
        while self._asked[key] < self.tries and key not in self._replied:
            async with self._in_turn[key]:
                if key not in self._replied:
                    await self._ask(client, path, key, given)

    async def _ask(self, client: TestClient[Any, Any], path: str, key: str, given: dict[str, str]) -> None:
        self._asked[key] += 1
        self.requests += 1
        body, query = self.wrapped(xml(given))
        try:
            timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
            async with client.post(path, data=body, params=query, timeout=timeout) as answer:
                assert answer.status == 200, await answer.text()
                said = await answer.read()
        except TimeoutError:
            return
        if self.lost > 0:
            self.lost -= 1
        elif key not in self._replied:
            self._replied.add(key)  # one reply to a message is all that WeChat shows
            self._see(said)

    def wrapped(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        """``body`` and the query with which WeChat sends it."""
        stamp = {"timestamp": "1790000000", "nonce": "n"}
        if not self.sealed:
            return body, {**stamp, "signature": signature(TOKEN, "1790000000", "n")}
        envelope = Envelope(TOKEN, AES_KEY, ACCOUNT)
        sealed = envelope.seal(body)
        query = {**stamp, "msg_signature": envelope.signed(sealed, "1790000000", "n"), "encrypt_type": "aes"}
        return xml({"ToUserName": ACCOUNT, "Encrypt": sealed}), query

    def _see(self, said: bytes) -> None:
        if said in (b"success", b""):
            return
        given = parsed(said)
        if self.sealed:
            stamp = (given["MsgSignature"], given["TimeStamp"], given["Nonce"])
            given = parsed(Envelope(TOKEN, AES_KEY, ACCOUNT).open(given["Encrypt"], *stamp))
        assert given["FromUserName"] == ACCOUNT
        assert given["MsgType"] == "text"
        assert len(given["Content"].encode()) <= 2048
        self.shown.append((given["ToUserName"], given["Content"]))

    def seen(self, user: str) -> list[str]:
        return [text for whom, text in self.shown if whom == user]

    def counted(self) -> Counter[str]:
        return Counter(text.partition("\n")[0] for _, text in self.shown)


def xml(values: dict[str, str]) -> bytes:
    root = etree.Element("xml")
    for name, value in values.items():
        etree.SubElement(root, name).text = value
    return bytes(etree.tostring(root))


def parsed(body: bytes) -> dict[str, str]:
    return {child.tag: child.text or "" for child in etree.fromstring(body)}


class WeChatDriver(Driver):
    channel: WeChatChannel

    def __init__(
        self, channel: WeChatChannel, side: WeChatSide, client: TestClient[Any, Any], store: GatewayStore
    ) -> None:
        self.channel = channel
        self.side = side
        self.client = client
        self.store = store
        self.path = f"/{channel.name}/callback"
        self._seen: Counter[str] = Counter()

    async def send(self, user: str = "wang", **content: str) -> list[str]:
        """A message, and the texts that are shown for it."""
        await self.side.push(self.client, self.path, user, **content)
        await self.channel.lanes.idle()
        texts = self.side.seen(user)[self._seen[user] :]
        self._seen[user] += len(texts)
        return texts

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        content = {"MsgType": "text", "Content": text} | ({"MsgId": message_id} if message_id else {})
        return [shown(said) for said in await self.send(sender, **content)]

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        self.side.media["m1"] = audio
        return [shown(said) for said in await self.send(sender, MsgType="voice", MediaId="m1", Format="amr")]

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        await self.channel.lanes.idle()
        texts = self.side.seen(sender)[self._seen[sender] :]
        self._seen[sender] += len(texts)
        return [shown(said) for said in texts]

    def sender_id(self, sender: str) -> str:
        return sender


def shown(said: str) -> Shown:
    options = tuple(line for line in said.splitlines() if line[:1].isdigit() and line[1:2] == ".")
    return Shown(said, options)


@asynccontextmanager
async def wechat_with(
    side: WeChatSide, turns: TurnService, store: GatewayStore, folder: Path, **changes: Any
) -> AsyncIterator[WeChatDriver]:
    """A channel against ``side``; leaving stops it, entering again is a restart."""
    engine = open_engine(f"sqlite:///{folder / 'gateway.sqlite'}")
    async with TestServer(side.application()) as server:
        given: dict[str, Any] = {
            "kind": "wechat",
            "account": ACCOUNT,
            "secret": "s",
            "token": TOKEN,
            "aes_key": AES_KEY if side.sealed else None,
            "api_url": f"http://127.0.0.1:{server.port}",
            **changes,
        }
        channel = WeChatChannel(WeChatConfig(**given), turns, store, engine)
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes(channel.routes())
        await channel.start()
        async with TestClient(TestServer(app)) as client:
            try:
                yield WeChatDriver(channel, side, client, store)
            finally:
                await channel.stop()
                engine.dispose()


@asynccontextmanager
async def driver_with(
    dialogue: Dialogue, folder: Path, sealed: bool = True, **changes: Any
) -> AsyncIterator[WeChatDriver]:
    side = WeChatSide()
    side.sealed = sealed
    async with (
        turns_with(dialogue, folder, DecodingEar()) as (turns, store),
        wechat_with(side, turns, store, folder, **changes) as driver,
    ):
        yield driver
