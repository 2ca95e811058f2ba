"""What is kept about a sender is told, shown and deleted, whatever the dialogue understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import update
from sqlalchemy.orm import Session

from bot.database import open_engine
from bot.errors import TurnError
from bot.people.front import Front
from bot.people.privacy import ASK_DELETE, EXPLAIN, EXPORT, REFUSE, Privacy, clean, wish
from bot.rasa import RasaClient
from bot.schema import Turn
from bot.store import AnsweredTurn, Consent, GatewayStore, Offer
from bot.turn import Inbound, TurnService
from tests.bot.dialogue import NoCases

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("删除我的数据", ASK_DELETE),
        ("请帮我把俺的聊天记录都删了", ASK_DELETE),
        ("把我的记录删掉吧", ASK_DELETE),
        ("导出我的资料", EXPORT),
        ("把我的资料导出来", EXPORT),
        ("请把我的记录发给我看看", EXPORT),
        ("你存了我什么信息？", EXPLAIN),
        ("你存了我啥子", EXPLAIN),
        ("隐私政策", EXPLAIN),
        ("我不同意保存我的记录", REFUSE),
        ("骗子说删除我的数据要交钱，是真的吗", None),
        ("你记一下我的电话", None),
        ("同意", None),
        ("我的征信记录怎么删", None),
    ],
)
def test_only_a_whole_sentence_is_a_wish(text: str, action: str | None) -> None:
    assert wish(text) == action


class Dialogue:
    """Rasa's side of the contract: echoes, forgets, and can be away."""

    def __init__(self) -> None:
        self.forgotten: list[dict[str, Any]] = []
        self.heard: list[str] = []
        self.away = False

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [web.post("/webhooks/gateway/turn", self.turn), web.post("/webhooks/gateway/forget", self.forget)]
        )
        return app

    async def turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.heard.append(body["text"])
        understood = {"text": body["text"], "intent": "greet", "confidence": 1.0, "entities": []}
        return web.json_response({"understood": understood, "messages": [{"text": "您好", "buttons": []}]})

    async def forget(self, request: web.Request) -> web.Response:
        self.forgotten.append(await request.json())
        return web.json_response({}, status=503 if self.away else 200)


class World:
    def __init__(
        self, turns: TurnService, store: GatewayStore, dialogue: Dialogue, cases: NoCases, rasa: RasaClient
    ) -> None:
        self.turns, self.store, self.dialogue, self.cases, self.rasa = turns, store, dialogue, cases, rasa

    async def say(self, text: str, channel: str = "web") -> Turn:
        return await self.turns.run(Inbound(channel=channel, sender_id="wang", text=text))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    dialogue, cases = Dialogue(), NoCases()
    store = GatewayStore(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    async with TestServer(dialogue.app()) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        front = Front(privacy=Privacy(store, rasa, cases, frozenset({"web"})))
        turns = TurnService(rasa, None, store, front, max_text_chars=50, default_region="national")
        yield World(turns, store, dialogue, cases, rasa)
    store.close()


async def test_a_newcomer_is_told_once_after_the_answer(world: World) -> None:
    first, second = await world.say("你好"), await world.say("你好")
    assert [reply.text[:2] for reply in first.replies] == ["您好", "先跟"]
    assert first.replies[1].text.count("。") == 3, "three sentences"
    assert [option.title for option in first.replies[1].options] == ["同意", "不同意"]
    assert len(second.replies) == 1
    assert len((await world.say("你好", channel="api")).replies) == 1, "a partner tells its own users"


async def test_who_refuses_still_gets_answers_and_is_forgotten_after_an_hour(world: World) -> None:
    await world.say("你好")
    await world.say("不同意")
    assert world.store.consent_of("web:wang") is Consent.REFUSED
    assert (await world.say("小麦")).replies[0].text == "您好"
    assert world.store.unwilling() == [], "not while they are talking"
    with Session(world.store._engine) as session, session.begin():
        for table in (AnsweredTurn, Offer):
            session.execute(update(table).values(created_at=datetime.now(UTC) - timedelta(hours=2)))
    rasa, cases = world.rasa, world.cases
    world.dialogue.away = True
    with pytest.raises(TurnError):
        await clean(world.store, rasa, cases)
    assert world.store.said("web:wang"), "found again the next time"
    world.dialogue.away = False
    await clean(world.store, rasa, cases)
    assert world.store.said("web:wang") == []
    assert world.dialogue.forgotten[-1] == {"sender_id": "web:wang"}
    assert cases.forgotten == ["web:wang"]


async def test_deleting_asks_first_and_then_erases_everywhere(world: World) -> None:
    await world.say("小麦锈病")
    asked = await world.say("删除我的数据")
    assert "反洗钱法" in asked.replies[0].text
    assert [option.title for option in asked.replies[0].options] == ["要删", "不删了"]
    assert world.store.said("web:wang")
    done = await world.say("1")
    assert "都删掉了" in done.replies[0].text
    assert world.dialogue.forgotten == [{"sender_id": "web:wang"}]
    assert world.cases.forgotten == ["web:wang"]
    assert "小麦" not in str(world.store.said("web:wang"))
    assert world.dialogue.heard == ["小麦锈病"], "the dialogue never saw the wish"


async def test_what_could_not_be_deleted_is_said_and_nothing_is_claimed(world: World) -> None:
    await world.say("小麦锈病")
    await world.say("删除我的数据")
    world.dialogue.away = True
    with pytest.raises(TurnError) as refused:
        await world.say("要删")
    assert refused.value.code == "not_deleted"
    assert "小麦" in str(world.store.said("web:wang"))
    world.dialogue.away = False
    assert "都删掉了" in (await world.say("要删")).replies[0].text


async def test_everything_kept_can_be_seen(world: World) -> None:
    await world.say("<b>小麦</b>锈病")
    link = (await world.say("导出我的数据")).replies[0].link
    assert link is not None
    page = world.store.export(link.removeprefix("/export/").removesuffix(".html"))
    assert page is not None
    assert "&lt;b&gt;小麦" in page
    assert world.store.export("x" * 22) is None
