"""A thousand updates with repetitions, wrong order, floods and restarts: each is answered exactly once."""

from __future__ import annotations

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from bot.channels.http import errors_as_json
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram.channel import HOOK
from bot.database import open_engine
from tests.bot.channels.bot_api import BotApi
from tests.bot.channels.contract import NEWS
from tests.bot.channels.telegram_driver import Mouth, config, telegram_with
from tests.bot.dialogue import DecodingEar, Dialogue, turns_with

pytestmark = pytest.mark.unit

UPDATES, CHATS, RESTARTS = 1000, 40, 4
SEED = 20261127


def stream(api: BotApi, rng: random.Random) -> list[dict[str, Any]]:
    """Updates with words of their own, a fifth of them twice, neighbours out of order."""
    updates = [api.update(message=api.message(1001 + rng.randrange(CHATS), text=f"第{n}句")) for n in range(UPDATES)]
    updates += rng.sample(updates, UPDATES // 5)
    place = {id(update): n + rng.uniform(0, 30) for n, update in enumerate(updates[:UPDATES])}
    twice = [(rng.uniform(0, UPDATES + 30), update) for update in updates[UPDATES:]]
    return [update for _, update in sorted([(place[id(u)], u) for u in updates[:UPDATES]] + twice, key=lambda p: p[0])]


async def test_a_thousand_updates_with_restarts(tmp_path: Path) -> None:
    print("seed", SEED)
    rng = random.Random(SEED)
    dialogue, api = Dialogue(), BotApi()
    async with turns_with(dialogue, tmp_path, DecodingEar()) as (turns, store):
        updates = stream(api, rng)
        step = len(updates) // (RESTARTS + 1) + 1
        for first in range(0, len(updates), step):
            await api.push(*updates[first : first + step])
            last = first + step >= len(updates)
            async with telegram_with(api, turns, store, tmp_path) as driver:
                if last:
                    await api.confirmed()
                    await driver.channel.lanes.idle()
                else:  # stopped in the middle of it
                    api.floods += 2
                    await api.sent_more(100)
    said = Counter(call["text"] for call in dialogue.received)
    assert said == Counter(f"第{n}句" for n in range(UPDATES))
    answers = Counter(call.text for call in api.sent if call.text != "还有")
    assert answers == Counter(f"听到第{n}句" for n in range(UPDATES))
    assert sum(call.text == "还有" for call in api.sent) == UPDATES
    assert dialogue.most_running > 1, "chats are served side by side"


async def test_a_chat_is_answered_in_its_order(tmp_path: Path) -> None:
    dialogue, api = Dialogue(), BotApi()
    async with (
        turns_with(dialogue, tmp_path) as (turns, store),
        telegram_with(api, turns, store, tmp_path) as driver,
    ):
        await api.push(*[api.update(message=api.message(1001, text=f"第{n}句")) for n in range(50)])
        await api.confirmed()
        await driver.channel.lanes.idle()
    assert [call.text for call in api.sent if call.text != "还有"] == [f"听到第{n}句" for n in range(50)]
    assert dialogue.most_running == 1


async def test_what_is_answered_and_not_sent_is_sent_once_after_a_crash(tmp_path: Path) -> None:
    """Telegram is away while the turn is stored; the process ends; the next one sends, and asks nobody again."""
    dialogue, api = Dialogue(), BotApi()
    async with turns_with(dialogue, tmp_path) as (turns, store):
        api.breaks = 10**6
        async with telegram_with(api, turns, store, tmp_path):
            await api.push(api.update(message=api.message(1001, text="交电费")))
            await api.called("sendMessage")
        assert api.sent == []
        api.breaks = 0
        async with telegram_with(api, turns, store, tmp_path) as driver:
            await driver.channel.lanes.idle()
    assert [call.text for call in api.sent] == ["听到交电费", "还有"]
    assert len(dialogue.received) == 1


async def test_half_an_answer_is_completed_after_a_crash(tmp_path: Path) -> None:
    dialogue, api = Dialogue(), BotApi()
    async with turns_with(dialogue, tmp_path) as (turns, store):
        api.breaks_after = 1
        async with telegram_with(api, turns, store, tmp_path):
            await api.push(api.update(message=api.message(1001, text="交电费")))
            await api.sent_more(1)
            await api.broken()
        api.breaks_after = None
        async with telegram_with(api, turns, store, tmp_path) as driver:
            await driver.channel.lanes.idle()
    assert [call.text for call in api.sent] == ["听到交电费", "还有"]


async def test_news_outlives_a_restart(tmp_path: Path) -> None:
    dialogue, api = Dialogue(), BotApi()
    async with turns_with(dialogue, tmp_path) as (turns, store):
        engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
        async with TestServer(web.Application()) as nobody:  # answers 404 to everything
            unreached = TelegramChannel(config(nobody, per_second=0.0), turns, store, engine, Mouth(), None)
            await unreached.start()
            await unreached.deliver("1001", [NEWS])
            await unreached.stop()
        engine.dispose()
        async with telegram_with(api, turns, store, tmp_path) as driver:
            await driver.channel.lanes.idle()
    assert [call.text for call in api.sent] == [NEWS.text]


async def test_a_killed_process_loses_nothing(tmp_path: Path) -> None:
    """Killed twice in the middle, without a word of warning: every message of every answer goes out, and at most the
    ones that were on their way at that moment go out twice."""
    dialogue, api = Dialogue(), BotApi()
    people, kills = 8, 2
    async with TestServer(dialogue.application()) as rasa, TestServer(api.application()) as bot_api:
        addresses = [f"http://127.0.0.1:{server.port}" for server in (bot_api, rasa)]
        module = "tests.bot.channels.telegram_process"
        await api.push(*[api.update(message=api.message(1001 + n % people, text=f"第{n}句")) for n in range(80)])
        for run in range(kills + 1):
            process = await asyncio.create_subprocess_exec(sys.executable, "-m", module, *addresses, str(tmp_path))
            try:
                async with asyncio.timeout(300):
                    if run < kills:
                        await api.sent_more(40)
                    else:
                        await api.every(81)  # 80 answers, and the second message of each, which is always the same
            finally:
                process.kill()
                await process.wait()
    answers = Counter(call.text for call in api.sent if call.text != "还有")
    assert set(answers) == {f"听到第{n}句" for n in range(80)}
    twice = [text for text, count in answers.items() if count > 1]
    assert len(twice) <= kills * people
    assert all(answers[text] == 2 for text in twice)
    asked = Counter(call["text"] for call in dialogue.received)
    assert set(asked) == {f"第{n}句" for n in range(80)}


class TestHook:
    """The web-hook, as Telegram calls it."""

    HEADERS = {"X-Telegram-Bot-Api-Secret-Token": "hook-secret"}  # noqa: RUF012

    @pytest.fixture
    def dialogue(self) -> Dialogue:
        return Dialogue()

    @pytest.fixture
    def api(self) -> BotApi:
        return BotApi()

    @pytest.fixture
    async def hook(self, dialogue: Dialogue, api: BotApi, tmp_path: Path) -> Any:
        async with (
            turns_with(dialogue, tmp_path) as (turns, store),
            telegram_with(api, turns, store, tmp_path, webhook=True, public_url="https://village.example") as driver,
        ):
            await api.called("setWebhook")
            app = web.Application(middlewares=[errors_as_json])
            app.add_routes(driver.channel.routes())
            async with TestClient(TestServer(app)) as client:
                yield client, driver

    async def test_it_is_registered_with_its_secret(self, hook: Any, api: BotApi) -> None:
        assert api.webhook["url"] == "https://village.example/telegram/webhook"
        assert api.webhook["secret_token"] == "hook-secret"

    async def test_a_repeated_update_is_answered_once(self, hook: Any, api: BotApi, dialogue: Dialogue) -> None:
        client, driver = hook
        update = api.update(message=api.message(1001, text="你好"))
        for _ in range(3):
            answer = await client.post(HOOK, json=update, headers=self.HEADERS)
            assert answer.status == 200
        await driver.channel.lanes.idle()
        assert len(dialogue.received) == 1
        assert [call.text for call in api.sent] == ["听到你好", "还有"]

    @pytest.mark.parametrize("secret", [None, "", "wrong", "错".encode().decode("latin-1")])
    async def test_strangers_are_refused(self, hook: Any, dialogue: Dialogue, api: BotApi, secret: str | None) -> None:
        client, _ = hook
        headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret}
        update = api.update(message=api.message(1001, text="你好"))
        assert (await client.post(HOOK, json=update, headers=headers)).status == 401
        assert dialogue.received == []

    @pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"\xff", b"[" * 50_000, b'{"update_id": "x"}'])
    async def test_what_is_no_update_is_refused(self, hook: Any, body: bytes) -> None:
        client, _ = hook
        assert (await client.post(HOOK, data=body, headers=self.HEADERS)).status == 400
