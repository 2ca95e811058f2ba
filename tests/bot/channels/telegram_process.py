"""``python -m tests.bot.channels.telegram_process BOT_API DIALOGUE FOLDER``: a channel that can be killed."""

from __future__ import annotations

import asyncio
import sys

import aiohttp

from bot.channels.telegram import TelegramChannel, TelegramConfig
from bot.database import open_engine
from bot.people.front import Front
from bot.people.privacy import Privacy
from bot.rasa import RasaClient
from bot.store import GatewayStore
from bot.turn import TurnService
from tests.bot.channels.bot_api import TOKEN
from tests.bot.dialogue import SECRET, NoCases


async def main(api_url: str, rasa_url: str, folder: str) -> None:
    engine = open_engine(f"sqlite:///{folder}/gateway.sqlite")
    store = GatewayStore(engine)
    async with aiohttp.ClientSession() as session:
        rasa = RasaClient(session, rasa_url, SECRET, 5)
        front = Front(privacy=Privacy(store, rasa, NoCases(), frozenset()))
        turns = TurnService(rasa, None, store, front, max_text_chars=50, default_region="national")
        config = TelegramConfig(TOKEN, webhook_secret="unused", api_url=api_url, per_second=0)
        await TelegramChannel(config, turns, store, engine, None, None).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
