"""The whole gateway with every channel switched on, against doubles of everything outside."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from bot.gateway import build_app
from settings import Settings
from tests.bot.channels.bot_api import TOKEN, BotApi
from tests.bot.channels.wechat_side import ACCOUNT, AES_KEY, WeChatSide
from tests.bot.channels.wechat_side import TOKEN as WECHAT_TOKEN
from tests.bot.dialogue import HEARD, SECRET, DecodingEar, Dialogue
from tests.bot.recordings import ogg_opus
from tests.running import free_port
from voice.service import NO_HINTS, Hints, Transcript

API_KEY = "test-key"


class HummingVoice(DecodingEar):
    """Hears what :class:`DecodingEar` hears, and hums every reply."""

    def __init__(self) -> None:
        self._hum = ogg_opus()

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def alive(self) -> bool:
        return True

    async def hear_pcm(self, pieces: AsyncIterator[bytes], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        sound = b"".join([piece async for piece in pieces])
        return Transcript(HEARD, HEARD, 0.9, (), "test", len(sound) / 2 / rate, 1)

    async def speak_pcm(self, text: str, rate: int) -> AsyncIterator[bytes]:
        yield bytes(rate // 5)

    async def speak(self, text: str) -> bytes:
        return self._hum

    async def speak_part(self, text: str, index: int) -> bytes | None:
        return self._hum if index == 0 else None


@dataclass
class Gateway:
    client: TestClient[Any, Any]
    telegram: BotApi
    wechat: WeChatSide
    dialogue: Dialogue


@asynccontextmanager
async def gateway(folder: Path, dialogue: Dialogue, **changes: Any) -> AsyncIterator[Gateway]:
    """A running gateway; ``changes`` are settings."""
    telegram, wechat = BotApi(), WeChatSide()
    async with (
        TestServer(dialogue.application()) as rasa,
        TestServer(telegram.application()) as bot_api,
        TestServer(wechat.application()) as wechat_api,
    ):
        given: dict[str, Any] = {
            "state_dir": folder,
            "api_key": API_KEY,
            "session_secret": "session",
            "internal_secret": SECRET,
            "rasa_url": f"http://127.0.0.1:{rasa.port}",
            "actions_url": f"http://127.0.0.1:{free_port()}",
            "telegram_token": TOKEN,
            "telegram_mode": "webhook",
            "telegram_api_url": f"http://127.0.0.1:{bot_api.port}",
            "telegram_per_second": 0,
            "public_url": "https://village.example",
            "wechat_app_id": ACCOUNT,
            "wechat_app_secret": "s",
            "wechat_token": WECHAT_TOKEN,
            "wechat_aes_key": AES_KEY,
            "wechat_api_url": f"http://127.0.0.1:{wechat_api.port}",
            "wecom_corp_id": ACCOUNT,
            "wecom_secret": "s",
            "wecom_token": WECHAT_TOKEN,
            "wecom_aes_key": AES_KEY,
            "wecom_api_url": f"http://127.0.0.1:{wechat_api.port}",
            **changes,
        }
        app = await build_app(Settings(**given), HummingVoice())
        async with TestClient(TestServer(app)) as client:
            await telegram.called("setWebhook")
            yield Gateway(client, telegram, wechat, dialogue)
