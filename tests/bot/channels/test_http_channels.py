"""The channels that answer a request with the turn: JSON and the page."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from lxml import html

from bot.cases import CasesClient
from bot.channels.api import ApiChannel
from bot.channels.base import Capabilities, Channel, Channels
from bot.channels.http import errors_as_json
from bot.database import open_engine
from bot.mailbox import Mailbox
from bot.rasa import RasaClient
from bot.regions import PROVINCES
from bot.schema import Reply
from tests.bot.channels.contract import NEWS, ChannelContract, Driver, Shown
from tests.bot.channels.web_driver import EMBED_KEY, WebDriver, shown, web_with
from tests.bot.dialogue import DecodingEar, Dialogue, turns_with
from tests.running import free_port

pytestmark = pytest.mark.unit
KEY = "test-key"


class ApiDriver(Driver):
    def __init__(self, channel: ApiChannel, client: TestClient[Any, Any]) -> None:
        self.channel = channel
        self._client = client
        self._last = 0

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        body = {"text": text, "sender_id": sender, "message_id": message_id}
        return shown(await (await self._client.post("/api/v1/turns", json=body)).json())

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        form = aiohttp.FormData({"sender_id": sender})
        form.add_field("audio", audio, filename="audio")
        return shown(await (await self._client.post("/api/v1/turns", data=form)).json())

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        asked = {"sender_id": sender, "after": str(self._last)}
        letters = (await (await self._client.get("/api/v1/messages", params=asked)).json())["messages"]
        self._last = max((letter["id"] for letter in letters), default=self._last)
        return [Shown(letter["reply"]["text"]) for letter in letters]

    def sender_id(self, sender: str) -> str:
        return sender


class TestApi(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[ApiDriver]:
        mailbox = Mailbox(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
        async with turns_with(dialogue, tmp_path, DecodingEar()) as (turns, _), aiohttp.ClientSession() as session:
            nowhere = f"http://127.0.0.1:{free_port()}"
            cases, rasa = CasesClient(session, nowhere, "s"), RasaClient(session, nowhere, "s", 5)
            channel = ApiChannel(turns, cases, rasa, KEY, mailbox=mailbox, max_audio_bytes=10**6)
            app = web.Application(middlewares=[errors_as_json])
            app.add_routes(channel.routes())
            async with TestClient(TestServer(app), headers={"X-API-Key": KEY}) as client:
                yield ApiDriver(channel, client)

    async def test_waiting_messages_need_the_key(self, driver: ApiDriver) -> None:
        answer = await driver._client.get("/api/v1/messages", headers={"X-API-Key": "wrong"})
        assert answer.status == 401

    async def test_after_must_be_a_number(self, driver: ApiDriver) -> None:
        answer = await driver._client.get("/api/v1/messages", params={"after": "x"})
        assert answer.status == 400


class TestWeb(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[WebDriver]:
        async with web_with(dialogue, tmp_path) as driver:
            yield driver

    async def test_nobody_reads_messages_without_a_cookie(self, driver: WebDriver) -> None:
        async with aiohttp.ClientSession() as stranger:
            answer = await stranger.get(driver.server.make_url("/chat/messages"))
            assert answer.status == 401

    async def test_the_page_offers_every_province(self, driver: WebDriver) -> None:
        page = html.fromstring(await (await (await driver.browser("wang")).get("/")).text())
        options = {option.text: option.get("value") for option in page.xpath("//select[@id='place']/option")}
        assert options == {"我在哪省": "", **PROVINCES}

    async def test_what_was_said_is_shown_again(self, driver: WebDriver) -> None:
        await driver.says("交电费")
        turns = (await (await (await driver.browser("wang")).get("/chat/history")).json())["turns"]
        assert [turn["said"] for turn in turns] == ["交电费"]
        assert turns[0]["replies"]

    async def test_what_came_unasked_is_shown_again_in_its_place(self, driver: WebDriver) -> None:
        await driver.says("转人工")
        await driver.channel.deliver(driver.sender_id("wang"), [NEWS])
        (letter,) = (await (await (await driver.browser("wang")).get("/chat/messages")).json())["messages"]
        await driver.says("好的")
        turns = (await (await (await driver.browser("wang")).get("/chat/history")).json())["turns"]
        assert [(turn["said"], turn.get("letter")) for turn in turns] == [
            ("转人工", None),
            ("", letter["id"]),
            ("好的", None),
        ]
        assert turns[1]["replies"] == [letter["reply"]]

    async def test_a_host_vouches_for_its_user(self, driver: WebDriver) -> None:
        page = await (await driver.browser("wang")).get("/")
        assert "frame-ancestors 'self' https://app.bank.example" in page.headers["Content-Security-Policy"]
        soon = datetime.now(UTC) + timedelta(minutes=5)
        sessions = []
        for _ in range(2):
            token = jwt.encode({"sub": "customer-7", "exp": soon}, EMBED_KEY, "HS256")
            answer = await (await driver.browser("wang")).post("/chat/session", json={"token": token})
            assert answer.status == 200
            sessions.append((await answer.json())["session"])
        async with aiohttp.ClientSession() as app:
            turn = {"text": "交电费", "message_id": "m1"}
            told = await app.post(
                driver.server.make_url("/chat/turns"), json=turn, headers={"Authorization": f"Bearer {sessions[0]}"}
            )
            assert told.status == 200
            history = await app.get(
                driver.server.make_url("/chat/history"), headers={"Authorization": f"Bearer {sessions[1]}"}
            )
            assert [one["said"] for one in (await history.json())["turns"]] == ["交电费"], (
                "the same user, another visit"
            )

    @pytest.mark.parametrize(
        ("claims", "key"),
        [
            ({"sub": "customer-7", "exp": 1}, EMBED_KEY),
            ({"sub": "customer-7"}, EMBED_KEY),
            ({"exp": 4102444800}, EMBED_KEY),
            ({"sub": "customer-7", "exp": 4102444800}, "another key of thirty-two letters"),
        ],
    )
    async def test_a_token_that_is_not_the_hosts_is_refused(
        self, driver: WebDriver, claims: dict[str, object], key: str
    ) -> None:
        answer = await (await driver.browser("wang")).post(
            "/chat/session", json={"token": jwt.encode(claims, key, "HS256")}
        )
        assert answer.status == 401
        assert "重新打开" in (await answer.json())["error"]["message"]

    async def test_only_ones_own_answer_is_rated(self, driver: WebDriver) -> None:
        await driver.says("交电费")
        answer = await (await driver.browser("wang")).post("/chat/feedback", json={"turn_id": "x" * 22, "useful": True})
        assert answer.status == 404
        assert (await (await driver.browser("wang")).post("/chat/feedback", json={"useful": 7})).status == 400


class Recording(Channel):
    """Remembers the order in which channels start and stop."""

    capabilities = Capabilities()

    def __init__(self, name: str, log: list[str], fails: bool = False) -> None:
        self.name = name  # type: ignore[misc]
        self._log = log
        self._fails = fails

    async def start(self) -> None:
        self._log.append(f"start {self.name}")
        if self._fails:
            raise OSError("no network")

    async def stop(self) -> None:
        self._log.append(f"stop {self.name}")

    async def deliver(self, sender_id: str, replies: object, key: str | None = None) -> None:
        self._log.append(f"{self.name} to {sender_id}")


@pytest.fixture
def mailbox(tmp_path: Path) -> Mailbox:
    return Mailbox(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))


async def test_a_channel_that_cannot_start_stops_nobody_else(mailbox: Mailbox) -> None:
    log: list[str] = []
    channels = Channels([Recording("one", log, fails=True), Recording("two", log)], mailbox)
    async for _ in channels.lifetime(web.Application()):
        log.append("running")
    assert log == ["start one", "start two", "running", "stop two", "stop one"]


async def test_news_goes_to_the_channel_of_the_conversation(mailbox: Mailbox) -> None:
    log: list[str] = []
    channels = Channels([Recording("one", log), Recording("two", log)], mailbox)
    await channels.deliver("two:a:b", [NEWS])
    assert log == ["two to a:b"]
    await channels.deliver("partner:a", [NEWS])
    assert [letter.reply for letter in mailbox.after("partner:a", 0)] == [NEWS]


def test_two_channels_of_one_name_are_refused(mailbox: Mailbox) -> None:
    with pytest.raises(ValueError, match="one"):
        Channels([Recording("one", []), Recording("one", [])], mailbox)


def test_letters_keep_their_order_and_their_reader(mailbox: Mailbox) -> None:
    mailbox.put("web:a", [Reply(text=str(n)) for n in range(3)])
    mailbox.put("web:b", [NEWS])
    letters = mailbox.after("web:a", 0)
    assert [letter.reply.text for letter in letters] == ["0", "1", "2"]
    assert [letter.reply.text for letter in mailbox.after("web:a", letters[1].id)] == ["2"]


async def test_an_unexpected_error_claims_nothing() -> None:
    """The dialogue may have acted on the message before the gateway failed: neither done nor not done is known."""

    async def fails(_request: web.Request) -> web.Response:
        raise RuntimeError

    app = web.Application(middlewares=[errors_as_json])
    app.add_routes([web.post("/api/v1/turns", fails)])
    async with TestClient(TestServer(app)) as client:
        response = await client.post("/api/v1/turns")
        told = (await response.json())["error"]
    assert response.status == 500
    assert "说不准" in told["message"]
    assert "查进度" in told["message"]
