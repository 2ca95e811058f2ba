"""A person takes over: one employee wins, the user keeps their channel, the bot returns."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.http import errors_as_json
from bot.database import open_engine
from bot.people import texts as say
from bot.people.accounts import AccountError, Accounts
from bot.people.book import State, TalkBook, Who
from bot.people.console import Console
from bot.people.front import Front
from bot.people.handoff import HandOffDesk
from bot.people.hours import Hours
from bot.rasa import RasaClient
from bot.schema import Reply, Turn
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService

pytestmark = pytest.mark.unit

ALWAYS = Hours.parse("1-7 00:00-23:59")
PASSWORD = "long-enough-1"


def never() -> Hours:
    """Hours of another day than today."""
    day = datetime.now(UTC).isoweekday() % 7 + 1
    day = day % 7 + 1
    return Hours.parse(f"{day}-{day} 00:00-00:01")


class Dialogue:
    """Puts whoever says 转人工 on the list, under one number a sender, as the ledger does."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.numbers: dict[str, str] = {}

    async def turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard.append(body["text"])
        understood = {"text": body["text"], "intent": "human_agent", "confidence": 1.0, "entities": []}
        message: dict[str, Any] = {"text": "您好", "buttons": [], "custom": {"kind": "talk"}}
        if body["text"] == "转人工":
            number = self.numbers.setdefault(body["sender_id"], str(1000 + len(self.numbers)))
            message = {"text": f"登记号是{number}", "custom": {"kind": "handoff", "hand_off_id": number}}
        if body["text"] == "麻烦快点":
            message = {"text": "没听明白", "buttons": [], "custom": {"kind": "not_understood"}}
        return web.json_response({"understood": understood, "messages": [message]})


class World:
    """A gateway's turns with a desk and a console."""

    def __init__(self, turns: TurnService, book: TalkBook, dialogue: Dialogue, client: TestClient[Any, Any]) -> None:
        self.turns, self.book, self.dialogue, self.client = turns, book, dialogue, client
        self.delivered: list[tuple[str, str]] = []

    async def say(self, text: str, sender: str = "wang") -> Turn:
        return await self.turns.run(Inbound(channel="api", sender_id=sender, text=text))

    async def deliver(self, conversation: str, replies: Sequence[Reply]) -> None:
        self.delivered += [(conversation, reply.text) for reply in replies]

    async def post(self, path: str, body: dict[str, Any]) -> int:
        async with self.client.post(f"/staff/api/{path}", json=body) as response:
            return response.status

    async def get(self, path: str) -> Any:
        async with self.client.get(f"/staff/api/{path}") as response:
            return await response.json() if response.status == 200 else response.status


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    store, book, accounts, dialogue = GatewayStore(engine), TalkBook(engine), Accounts(engine), Dialogue()
    accounts.add("小李", PASSWORD)
    accounts.add("老张", PASSWORD)
    rasa_app = web.Application()
    rasa_app.add_routes([web.post("/webhooks/gateway/turn", dialogue.turn)])
    async with TestServer(rasa_app) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        front = Front(desk=HandOffDesk(book, ALWAYS))
        turns = TurnService(rasa, None, store, front, max_text_chars=50, default_region="national")
        app = web.Application(middlewares=[errors_as_json])

        async def deliver(conversation: str, replies: Sequence[Reply]) -> None:
            await here.deliver(conversation, replies)

        app.add_routes(Console(accounts, book, store, deliver, "secret").routes())
        async with TestClient(TestServer(app)) as client:
            here = World(turns, book, dialogue, client)
            yield here
    store.close()


async def test_a_whole_hand_over(world: World) -> None:
    await world.say("我的卡被吞了")
    asked = await world.say("转人工")
    assert "下一个就轮到您" in asked.replies[-1].text
    assert (await world.say("你好")).replies[0].text == "您好", "who waits may go on asking"

    assert await world.get("queue") == 401
    assert await world.post("login", {"name": "小李", "password": "wrong-password"}) == 401
    assert await world.post("login", {"name": "小李", "password": PASSWORD}) == 200
    queue = await world.get("queue")
    assert [talk["state"] for talk in queue["talks"]] == ["waiting"]
    assert "wang" not in str(queue), "the queue names nobody"
    number = queue["talks"][0]["number"]
    shown = await world.get(f"talks/{number}")
    assert shown["turns"][0]["user"] == "我的卡被吞了"
    assert "说了3句" in shown["summary"]

    assert await world.post(f"talks/{number}/take", {}) == 200
    said = await world.say("卡在柜台那台机器里")
    assert said.replies[0].kind == "relayed"
    assert world.dialogue.heard[-1] == "你好", "the dialogue does not hear what is said to a person"
    assert await world.post(f"talks/{number}/say", {"text": "别急，我让网点的人去看"}) == 200
    assert world.delivered[-1] == ("api:wang", "工作人员小李说：别急，我让网点的人去看")
    lines = (await world.get(f"talks/{number}"))["lines"]
    assert [(line["who"], line["text"][:4]) for line in lines] == [("user", "卡在柜台"), ("staff", "别急，我")]

    assert await world.post(f"talks/{number}/close", {}) == 200
    assert "接着由我来答您" in world.delivered[-1][1]
    assert (await world.say("你好")).replies[0].text == "您好"
    again = await world.say("转人工")
    assert "轮到您" in again.replies[-1].text
    assert world.book.open_talk("api:wang") is not None, "the same number may be opened again"


async def test_of_two_employees_one_gets_it(world: World) -> None:
    await world.say("转人工")
    number = world.dialogue.numbers["api:wang"]
    assert sorted(world.book.take(number, name) for name in ("小李", "老张")) == [False, True]
    await world.post("login", {"name": "老张", "password": PASSWORD})
    assert await world.post(f"talks/{number}/say", {"text": "我也来说一句"}) == 409
    assert world.delivered == []


async def test_the_queue_has_an_order(world: World) -> None:
    await world.say("转人工", sender="wang")
    asked = await world.say("转人工", sender="li")
    assert "前面还有1位" in asked.replies[-1].text
    await world.say("转人工", sender="wang")
    assert len(world.book.open_talks()) == 2, "asking twice is one place"


async def test_the_user_ends_it(world: World) -> None:
    await world.say("转人工")
    world.book.take(world.dialogue.numbers["api:wang"], "小李")
    assert "接着由我来答您" in (await world.say("不用人工了")).replies[0].text
    assert world.book.open_talks() == []


async def test_who_waits_may_give_it_up(world: World) -> None:
    await world.say("转人工")
    assert "不等了" in (await world.say("不用人工了")).replies[0].text
    assert world.book.open_talks() == []
    assert "轮到您" in (await world.say("转人工")).replies[-1].text


async def test_what_is_not_understood_while_waiting_is_left_for_staff(world: World) -> None:
    assert [reply.text for reply in (await world.say("麻烦快点")).replies] == ["没听明白"]
    await world.say("转人工")
    assert [reply.text for reply in (await world.say("麻烦快点")).replies] == [say.LEFT_FOR_STAFF]
    assert [reply.text for reply in (await world.say("小麦怎么种")).replies] == ["您好"]


async def test_outside_hours_a_number_to_call_back_is_taken(world: World) -> None:
    world.turns._front = Front(desk=HandOffDesk(world.book, never()))
    assert "下班了" in (await world.say("转人工")).replies[-1].text
    assert "电话记下了" in (await world.say("13800001111")).replies[0].text
    lines = world.book.lines(world.dialogue.numbers["api:wang"])
    assert [(line.who, line.text) for line in lines] == [(Who.USER, "13800001111")]
    assert world.book.open_talks()[0].state is State.WAITING


async def test_guessing_passwords_is_slowed(world: World) -> None:
    tries = [await world.post("login", {"name": "小李", "password": f"guess-{n}"}) for n in range(11)]
    assert tries[:10] == [401] * 10
    assert tries[10] == 429


async def test_an_account_that_is_removed_is_out_at_once(world: World, tmp_path: Path) -> None:
    await world.post("login", {"name": "小李", "password": PASSWORD})
    Accounts(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")).remove("小李")
    assert await world.get("queue") == 401


@pytest.mark.parametrize(("name", "password"), [("", PASSWORD), ("a b", PASSWORD), ("李", "short")])
def test_bad_accounts_are_refused(tmp_path: Path, name: str, password: str) -> None:
    with pytest.raises(AccountError):
        Accounts(open_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")).add(name, password)


def test_hours_are_read_and_said() -> None:
    hours = Hours.parse("1-5 08:30-17:00")
    assert hours.text == "周一到周五8点30分到17点"
    assert hours.open_at(datetime(2026, 11, 27, 0, 30, tzinfo=UTC)), "8:30 on a Friday in China"
    assert not hours.open_at(datetime(2026, 11, 27, 9, 0, tzinfo=UTC)), "17:00"
    assert not hours.open_at(datetime(2026, 11, 28, 3, 0, tzinfo=UTC)), "Saturday"
    for wrong in ("", "5-1 08:00-17:00", "1-5 17:00-08:00", "1-5"):
        with pytest.raises(ValueError, match="staff hours"):
            Hours.parse(wrong)
