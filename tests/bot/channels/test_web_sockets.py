"""The page's socket: who may have one, what is told on it, and how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestClient

from bot.channels.web import sockets
from bot.database import open_engine
from bot.mailbox import Mailbox
from tests.bot.channels.contract import NEWS
from tests.bot.channels.web_driver import EMBED_KEY, WebDriver, web_with
from tests.bot.dialogue import HEARD, Dialogue
from tests.bot.recordings import ogg_opus

pytestmark = pytest.mark.unit


@pytest.fixture
async def driver(tmp_path: Path) -> AsyncIterator[WebDriver]:
    async with web_with(Dialogue(), tmp_path) as driver:
        yield driver


async def line(browser: TestClient[Any, Any], **hello: Any) -> ClientWebSocketResponse:
    """A socket that has said who it is, and been told what waits."""
    socket = await browser.ws_connect("/chat/socket")
    await socket.send_json({"session": None, "after": 0, **hello})
    return socket


async def told(socket: ClientWebSocketResponse) -> list[str]:
    return [letter["reply"]["text"] for letter in (await socket.receive_json(timeout=10))["messages"]]


async def test_news_comes_at_once_to_every_tab_and_to_nobody_else(driver: WebDriver) -> None:
    wang, li = await driver.browser("wang"), await driver.browser("li")
    tabs = [await line(wang), await line(wang), await line(li)]
    assert [await told(tab) for tab in tabs] == [[], [], []]
    await driver.channel.deliver(driver.sender_id("wang"), [NEWS, NEWS])
    assert [await told(tab) for tab in tabs[:2]] == [[NEWS.text] * 2] * 2
    with pytest.raises(TimeoutError):
        await tabs[2].receive(timeout=0.2)


async def test_what_came_while_the_line_was_down_is_told_once(driver: WebDriver) -> None:
    browser = await driver.browser("wang")
    await driver.channel.deliver(driver.sender_id("wang"), [NEWS] * 60)
    socket = await line(browser)
    first = (await socket.receive_json(timeout=10))["messages"]
    rest = (await socket.receive_json(timeout=10))["messages"]
    assert len(first) + len(rest) == 60
    await socket.close()
    again = await line(browser, after=rest[-2]["id"])
    assert len(await told(again)) == 1


async def test_many_at_the_same_time_come_in_order_and_once(driver: WebDriver) -> None:
    browser = await driver.browser("wang")
    socket = await line(browser)
    assert await told(socket) == []
    sender = driver.sender_id("wang")
    await asyncio.gather(*(driver.channel.deliver(sender, [NEWS]) for _ in range(40)))
    numbers: list[int] = []
    while len(numbers) < 40:
        numbers += [letter["id"] for letter in (await socket.receive_json(timeout=10))["messages"]]
    assert numbers == sorted(set(numbers))


async def test_what_was_heard_is_told_before_the_answer_is_there(tmp_path: Path) -> None:
    dialogue = Dialogue()
    async with web_with(dialogue, tmp_path) as driver:
        wang, li = await driver.browser("wang"), await driver.browser("li")
        tabs = [await line(wang), await line(li)]
        assert [await told(tab) for tab in tabs] == [[], []]
        dialogue.open.clear()
        form = aiohttp.FormData({"message_id": "m1"})
        form.add_field("audio", ogg_opus(), filename="speech")
        answer = asyncio.ensure_future(wang.post("/chat/turns", data=form))
        said = await tabs[0].receive_json(timeout=20)
        assert said == {"messages": [], "heard": {"message_id": "m1", "text": HEARD}}
        assert not answer.done()
        dialogue.open.set()
        assert (await (await answer).json())["heard"]["text"] == HEARD
        with pytest.raises(TimeoutError):
            await tabs[1].receive(timeout=0.2)


async def test_an_embedded_page_says_its_session(driver: WebDriver) -> None:
    browser = await driver.browser("wang")
    token = jwt.encode({"sub": "customer-7", "exp": datetime.now(UTC) + timedelta(minutes=5)}, EMBED_KEY, "HS256")
    session = (await (await browser.post("/chat/session", json={"token": token})).json())["session"]
    async with aiohttp.ClientSession() as app, app.ws_connect(driver.server.make_url("/chat/socket")) as socket:
        await socket.send_json({"session": session, "after": 0})
        assert await told(socket) == []


@pytest.mark.parametrize(
    "hello", ['{"session": "forged", "after": 0}', '{"session": null}', '{"after": -1}', "nonsense", "[" * 3000]
)
async def test_a_stranger_is_hung_up_on(driver: WebDriver, hello: str) -> None:
    await driver.channel.deliver("wang", [NEWS])
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.ws_connect(driver.server.make_url("/chat/socket")) as socket,
    ):
        await socket.send_str(hello)
        answer = await socket.receive(timeout=10)
        assert answer.type == WSMsgType.CLOSE
        assert answer.data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_who_says_nothing_is_hung_up_on(driver: WebDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "HELLO_S", 0.05)
    async with (
        aiohttp.ClientSession() as stranger,
        stranger.ws_connect(driver.server.make_url("/chat/socket")) as socket,
    ):
        assert (await socket.receive(timeout=10)).type == WSMsgType.CLOSE


async def test_another_page_gets_no_socket(driver: WebDriver) -> None:
    browser = await driver.browser("wang")
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.ws_connect("/chat/socket", headers={"Origin": "https://evil.example"})
    assert refused.value.status == 401
    assert (await browser.get("/chat/socket")).status == 400, "no WebSocket"


async def test_the_oldest_of_too_many_makes_room(driver: WebDriver) -> None:
    browser = await driver.browser("wang")
    tabs = []
    for _ in range(sockets.MOST_EACH + 1):  # each is told before the next comes: the last one ends the first
        tabs.append(await line(browser))
        assert await told(tabs[-1]) == []
    assert (await tabs[0].receive(timeout=10)).data == sockets.REPLACED
    await driver.channel.deliver(driver.sender_id("wang"), [NEWS])
    assert [await told(tab) for tab in tabs[1:]] == [[NEWS.text]] * sockets.MOST_EACH


async def test_a_full_gateway_says_so_and_the_page_can_still_ask(
    driver: WebDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 1)
    browser = await driver.browser("wang")
    held = await line(browser)
    assert await told(held) == []
    with pytest.raises(WSServerHandshakeError) as refused:
        await browser.ws_connect("/chat/socket")
    assert refused.value.status == 503
    await driver.channel.deliver(driver.sender_id("wang"), [NEWS])
    assert len(await driver.unasked("wang")) == 1
    await held.close()
    monkeypatch.setattr(sockets, "MOST_SOCKETS", 2)
    assert await told(await line(browser)) == [NEWS.text], "there is room again"


async def test_a_server_that_stops_hangs_up(tmp_path: Path) -> None:
    """And does not wait for its pages."""
    async with asyncio.timeout(20), web_with(Dialogue(), tmp_path) as driver:
        socket = await line(await driver.browser("wang"))
        assert await told(socket) == []
        closing = asyncio.create_task(driver.server.close())
        assert (await socket.receive()).data == aiohttp.WSCloseCode.GOING_AWAY
        await closing


async def test_messages_of_another_process_come_with_the_next_asking(driver: WebDriver, tmp_path: Path) -> None:
    socket = await line(await driver.browser("wang"))
    assert await told(socket) == []
    mailbox = Mailbox(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    mailbox.put(f"web:{driver.sender_id('wang')}", [NEWS])
    assert len(await driver.unasked("wang")) == 1
