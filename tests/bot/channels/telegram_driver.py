"""A person on Telegram, and the gateway's side of it, for tests."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.channels.http import errors_as_json
from bot.channels.telegram import TelegramChannel, TelegramConfig
from bot.database import open_engine
from bot.errors import NotFoundError
from bot.store import GatewayStore
from bot.turn import TurnService
from tests.bot.channels.bot_api import TOKEN, BotApi, Call
from tests.bot.channels.contract import Driver, Shown
from tests.bot.dialogue import DecodingEar, Dialogue, turns_with
from tests.bot.recordings import ogg_opus

SPEECH = ogg_opus()


class Mouth:
    """Says everything as the same hum."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def speak(self, text: str) -> bytes:
        self.said.append(text)
        return SPEECH

    async def speak_part(self, text: str, index: int) -> bytes | None:
        return await self.speak(text) if index == 0 else None


class Artist:
    """Draws one picture, and knows no other."""

    KEY = "A" * 22
    DRAWN = b"\x89PNG\r\n\x1a\n" + bytes(20)

    async def png(self, key: str) -> bytes:
        if key != self.KEY:
            raise NotFoundError
        return self.DRAWN


class TelegramDriver(Driver):
    channel: TelegramChannel
    chats = {"wang": 1001, "li": 1002}  # noqa: RUF012

    def __init__(self, channel: TelegramChannel, api: BotApi, store: GatewayStore, mouth: Mouth) -> None:
        self.channel = channel
        self.api = api
        self.store = store
        self.mouth = mouth
        self._files = 0
        self._seen: Counter[int] = Counter()

    async def send(self, *updates: dict[str, Any]) -> list[Call]:
        """Updates, and the messages that were sent for them."""
        before = len(self.api.sent)
        await self.api.push(*updates)
        await self.api.confirmed()
        await self.channel.lanes.idle()
        self._seen = Counter(call.chat for call in self.api.sent)
        return self.api.sent[before:]

    async def write(self, chat: int = 1001, user: int | None = None, **content: Any) -> list[Call]:
        return await self.send(self.api.update(message=self.api.message(chat, user, **content)))

    async def press(self, data: str, chat: int = 1001, update_id: int | None = None) -> list[Call]:
        query = {
            "id": f"q{len(self.api.calls)}",
            "from": {"id": chat, "is_bot": False, "first_name": "老王"},
            "chat_instance": "1",
            "data": data,
            "message": self.api.message(chat, text="?"),
        }
        return await self.send(self.api.update(update_id, callback_query=query))

    def file(self, data: bytes) -> str:
        self._files += 1
        self.api.files[f"file{self._files}"] = data
        return f"file{self._files}"

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        chat = self.chats[sender]
        update_id = int(message_id) if message_id else None
        before = len(self.api.shown(chat))
        await self.send(self.api.update(update_id, message=self.api.message(chat, text=text)))
        return [shown(call) for call in self.api.shown(chat)[before:]]

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        voice = {"file_id": self.file(audio), "file_unique_id": "u", "duration": 1, "file_size": len(audio)}
        calls = await self.write(self.chats[sender], voice=voice)
        return [shown(call) for call in calls if call.method == "sendMessage"]

    async def chooses(self, number: int, *, sender: str = "wang") -> list[Shown]:
        chat = self.chats[sender]
        buttons = [button for call in self.api.shown(chat) for button in call.buttons]
        title, data = next(b for b in reversed(buttons) if b[0].startswith(f"{number}. "))
        assert title
        return [shown(call) for call in await self.press(data, chat)]

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        """Everything after the answers, which ``send`` has taken note of."""
        await self.channel.lanes.idle()
        chat = self.chats[sender]
        calls = self.api.shown(chat)[self._seen[chat] :]
        self._seen[chat] += len(calls)
        return [shown(call) for call in calls]

    def sender_id(self, sender: str) -> str:
        return str(self.chats[sender])


def shown(call: Call) -> Shown:
    return Shown(call.text, tuple(title for title, _ in call.buttons))


def config(server: TestServer, **changes: Any) -> TelegramConfig:
    api_url = f"http://127.0.0.1:{server.port}"
    return TelegramConfig(
        TOKEN,
        webhook_secret="hook-secret",
        **{"api_url": api_url, "per_second": 0.0, "max_audio_bytes": 10**6, **changes},
    )


@asynccontextmanager
async def telegram_with(
    api: BotApi, turns: TurnService, store: GatewayStore, folder: Path, **changes: Any
) -> AsyncIterator[TelegramDriver]:
    """A channel against ``api``; leaving stops it, entering again is a restart."""
    engine = open_engine(f"sqlite:///{folder / 'gateway.sqlite'}")
    mouth = Mouth()
    async with TestServer(api.application()) as server:
        channel = TelegramChannel(config(server, **changes), turns, store, engine, mouth, Artist())
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes(channel.routes())
        await channel.start()
        try:
            yield TelegramDriver(channel, api, store, mouth)
        finally:
            await channel.stop()
            engine.dispose()


@asynccontextmanager
async def driver_with(dialogue: Dialogue, folder: Path, **changes: Any) -> AsyncIterator[TelegramDriver]:
    async with (
        turns_with(dialogue, folder, DecodingEar()) as (turns, store),
        telegram_with(BotApi(), turns, store, folder, **changes) as driver,
    ):
        yield driver
