"""Answers are rated, unanswered questions collected, similar ones grouped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.commands.feedback import group
from bot.database import open_engine
from bot.people.feedback import Feedback, Question, Reason, Verdict
from bot.people.front import Front
from bot.people.texts import REASONS
from bot.rasa import RasaClient
from bot.schema import Turn
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService
from knowledge.embedding import open_embedder
from knowledge.models import resolve
from settings import load_settings

pytestmark = pytest.mark.unit
LONG_AGO = datetime.now(UTC) - timedelta(days=365)


async def _dialogue(request: web.Request) -> web.Response:
    body = await request.json()
    known = "小麦" in body["text"]
    source = {"id": "farming/wheat-rust", "title": "小麦条锈病"}
    custom: dict[str, Any] = {"kind": "answer", "sources": [source]} if known else {"kind": "refuse"}
    understood = {"text": body["text"], "intent": "ask_knowledge", "confidence": 1.0, "entities": []}
    message = {"text": "打药" if known else "不知道", "buttons": [], "custom": custom}
    return web.json_response({"understood": understood, "messages": [message]})


class World:
    def __init__(self, turns: TurnService, feedback: Feedback, store: GatewayStore) -> None:
        self.turns, self.feedback, self.store = turns, feedback, store

    async def say(self, text: str, sender: str = "wang") -> Turn:
        return await self.turns.run(Inbound(channel="api", sender_id=sender, text=text))

    def list(self) -> list[tuple[str, Verdict, str | None]]:
        return [(one.text, one.verdict, one.entry) for one in self.feedback.questions(LONG_AGO)]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    store = GatewayStore(engine)
    feedback = Feedback(engine, store)
    app = web.Application()
    app.add_routes([web.post("/webhooks/gateway/turn", _dialogue)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        front = Front(feedback=feedback)
        yield World(
            TurnService(rasa, None, store, front, max_text_chars=50, default_region="national"), feedback, store
        )
    store.close()


async def test_an_unanswered_question_is_collected(world: World) -> None:
    await world.say("火星上能种菜吗")
    assert world.list() == [("火星上能种菜吗", Verdict.UNANSWERED, None)]


async def test_words_after_an_answer_rate_it(world: World) -> None:
    await world.say("小麦锈病咋治")
    assert world.list() == []
    assert "没帮上" in (await world.say("没啥用")).replies[0].text
    assert world.list() == [("小麦锈病咋治", Verdict.USELESS, "farming/wheat-rust")]


async def test_a_press_rates_once_and_may_be_changed(world: World) -> None:
    turn = await world.say("小麦锈病咋治")
    assert await world.feedback.rate("api:wang", turn.turn_id, useful=False)
    assert await world.feedback.rate("api:wang", turn.turn_id, useful=True)
    assert world.list() == [("小麦锈病咋治", Verdict.USEFUL, "farming/wheat-rust")]
    assert not await world.feedback.rate("api:li", turn.turn_id, useful=True), "only its own sender"


async def test_a_reason_is_kept_until_the_answer_is_called_useful_or_its_sender_forgotten(world: World) -> None:
    turn = await world.say("小麦锈病咋治")
    for useful, reason, kept in ((False, Reason.WRONG, Reason.WRONG), (True, Reason.WRONG, None)):
        assert await world.feedback.rate("api:wang", turn.turn_id, useful, reason)
        assert [one.reason for one in world.feedback.questions(LONG_AGO)] == [kept]
    await world.feedback.rate("api:wang", turn.turn_id, False, Reason.PARTIAL)
    world.store.forget("api:wang")
    assert world.list() == []
    assert await world.feedback.rate("api:wang", turn.turn_id, False) is False


def test_every_reason_has_words() -> None:
    assert set(REASONS) == set(Reason)


async def test_without_an_answer_the_word_is_the_dialogues(world: World) -> None:
    assert (await world.say("有用")).replies[0].text == "不知道"


async def test_who_is_forgotten_leaves_no_question(world: World) -> None:
    await world.say("火星上能种菜吗")
    world.store.forget("api:wang")
    assert world.list() == []


def test_similar_questions_are_one_group() -> None:
    settings = load_settings()
    folder = resolve(settings.models_dir, settings.embedding_dir)
    if not folder.exists():
        pytest.skip("the embedding model is not prepared: run `make setup`")
    texts = ["小麦条锈病怎么防治", "小麦得了条锈病怎么治", "手机银行密码忘了怎么办", "小麦条锈病用什么办法防治"]
    asked = [Question(text, Verdict.UNANSWERED, None, LONG_AGO) for text in texts]
    groups = group(asked, open_embedder(folder))
    assert [len(one.questions) for one in groups] == [3, 1]
    assert "小麦" in groups[0].example
