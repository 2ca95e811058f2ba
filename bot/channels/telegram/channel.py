"""The channel: takes updates by long polling or by web-hook, keeps them safe, and has them answered."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiohttp import web
from sqlalchemy import Engine
from telegram import BotCommand, Update, User
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.channels.audio import Mouth
from bot.channels.base import Capabilities, Channel, UnreachableError
from bot.channels.kinds import News, Text
from bot.channels.lanes import Lanes, Progress
from bot.channels.telegram import texts
from bot.channels.telegram.client import UPDATES, TelegramClient
from bot.channels.telegram.conversation import CHANNEL, Artist, Conversation
from bot.channels.telegram.incoming import INCOMING, Edit, Incoming, Photo, chat_of, read
from bot.database import new_key
from bot.errors import BadRequestError, ServiceUnavailableError, UnauthorisedError
from bot.inbox import Arrival, Inbox
from bot.people.feedback import Feedback
from bot.preferences import Preferences
from bot.schema import Reply
from bot.store import GatewayStore
from bot.turn import TurnService
from nlu.dialect import secrets

log = logging.getLogger(__name__)

HOOK = "/telegram/webhook"
_GRACE_S = 3.0
_PAUSES_S = (1.0, 2.0, 5.0, 15.0, 30.0)
_LONG_PAUSE_S = 60.0


@dataclass(frozen=True)
class TelegramConfig:
    """How the Bot API is reached.

    Attributes:
        token: from @BotFather.
        api_url: without trailing slash.
        public_url: public HTTPS address of the gateway.
        webhook: whether Telegram calls there; else long polling.
        webhook_secret: what Telegram must send along; letters, digits, ``_`` and ``-``.
        proxy: to the Bot API.
        per_second: see ``client.py``.
        max_audio_bytes: bound on a recording.
    """

    token: str
    webhook_secret: str
    api_url: str = "https://api.telegram.org"
    public_url: str | None = None
    webhook: bool = False
    proxy: str | None = None
    per_second: float = 25.0
    max_audio_bytes: int = 10 * 2**20


class TelegramChannel(Channel):
    """See the package. ``engine`` is the gateway's database."""

    name = CHANNEL
    capabilities = Capabilities(buttons=True, voice=True, speech=True, images=True, links=True)

    def __init__(
        self,
        config: TelegramConfig,
        turns: TurnService,
        store: GatewayStore,
        engine: Engine,
        mouth: Mouth | None,
        artist: Artist | None,
    ) -> None:
        self._config = config
        self._client = TelegramClient(config.token, config.api_url.rstrip("/"), config.proxy, config.per_second)
        self._conversation = Conversation(
            self._client,
            turns,
            store,
            Preferences(engine),
            Feedback(engine, store),
            mouth,
            artist,
            max_audio_bytes=config.max_audio_bytes,
            public_url=config.public_url,
        )
        self.lanes = Lanes(Inbox(engine, CHANNEL), self._work)
        self._me: User | None = None
        self._connected = asyncio.Event()
        self._listening: asyncio.Task[None] | None = None

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [web.post(HOOK, self._hook)] if self._config.webhook else []

    async def start(self) -> None:
        await self.lanes.start()
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listening
            self._listening = None
        await self.lanes.stop(_GRACE_S)
        if self._connected.is_set():
            self._connected.clear()
            await self._client.bot.shutdown()

    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """To the sender's private chat, after what they are being answered now."""
        try:
            chat_id = chat_of(sender_id)
        except ValueError as error:
            raise UnreachableError from error
        news = Incoming(chat_id, sender_id, 0, False, News(tuple(replies)))
        await self.lanes.take([_arrival(f"news-{key or new_key()}", news)])

    async def _work(self, progress: Progress) -> None:
        await self._connected.wait()
        await self._conversation.answer(progress)

    async def _listen(self) -> None:
        """Connects, then takes updates until it is cancelled."""
        failures = 0
        while True:
            try:
                await self._connect()
                break
            except TelegramError as error:
                failures = await self._pause("not reached", error, failures)
        if not self._config.webhook:
            await self._poll()

    async def _connect(self) -> None:
        bot = self._client.bot
        await bot.initialize()
        self._me = bot.bot
        with contextlib.suppress(TelegramError):  # a menu, no more
            await bot.set_my_commands([BotCommand(name, what) for name, what in texts.COMMANDS.items()])
        if not self._config.webhook:
            await bot.delete_webhook()
        else:
            await bot.set_webhook(
                f"{self._config.public_url}{HOOK}",
                secret_token=self._config.webhook_secret,
                allowed_updates=UPDATES,
            )
        self._connected.set()
        log.info("telegram: connected by %s", "web-hook" if self._config.webhook else "long polling")

    async def _poll(self) -> None:
        """Telegram forgets an update when the next one is asked for: by then this one is in the inbox."""
        offset: int | None = None
        failures = 0
        while True:
            try:
                updates = await self._client.bot.raw_updates(offset)
            except TelegramError as error:
                failures = await self._pause("no updates", error, failures)
                continue
            failures = 0
            await self._take(updates)
            for update in updates:
                offset = max(offset or 0, _number(update) + 1)

    async def _pause(self, what: str, error: TelegramError, failures: int) -> int:
        pause = _PAUSES_S[min(failures, len(_PAUSES_S) - 1)]
        if isinstance(error, RetryAfter):
            pause = error._retry_after.total_seconds()
        elif isinstance(error, InvalidToken | Conflict):
            pause = _LONG_PAUSE_S
        cure = {
            InvalidToken: "the token is not valid: ask @BotFather",
            Conflict: "another process takes this bot's updates: stop it",
        }.get(type(error), "the Bot API is not reached" if isinstance(error, NetworkError) else error.message)
        log.warning("telegram: %s: %s; again in %.0f s", what, cure, pause)
        await asyncio.sleep(pause)
        return failures + 1

    async def _hook(self, request: web.Request) -> web.Response:
        given = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
        if not hmac.compare_digest(given.encode(), self._config.webhook_secret.encode()):
            raise UnauthorisedError
        if not self._connected.is_set():
            raise ServiceUnavailableError  # Telegram tries again
        try:
            update = json.loads(await request.read())
        except (ValueError, RecursionError) as error:
            raise BadRequestError from error
        if not isinstance(update, dict) or not isinstance(update.get("update_id"), int):
            raise BadRequestError
        await self._take([update])
        return web.Response()

    async def _take(self, updates: Sequence[dict[str, Any]]) -> None:
        assert self._me is not None
        arrivals: list[Arrival] = []
        for update in sorted(updates, key=_number):
            try:
                incoming = read(Update.de_json(update, self._client.bot), self._me)
            except Exception as error:  # noqa: BLE001 - Telegram would send it again for ever
                log.warning("telegram: an update cannot be read: %s", type(error).__name__)
                continue
            if incoming is not None:
                arrivals.append(_arrival(str(update["update_id"]), incoming))
        await self.lanes.take(arrivals)


def _number(update: dict[str, Any]) -> int:
    number = update.get("update_id")
    return number if isinstance(number, int) else 0


def _arrival(key: str, incoming: Incoming) -> Arrival:
    """For the inbox, secrets blanked: it is on disk."""
    if isinstance(incoming.what, Text | Edit | Photo):
        incoming = replace(incoming, what=replace(incoming.what, text=secrets.blank(incoming.what.text)))
    return Arrival(key, f"{CHANNEL}:{incoming.sender_id}", INCOMING.dump_json(incoming).decode())
