"""The channel: checks what comes in, answers within five seconds where it can, and sends later where it cannot."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp
from aiohttp import web
from sqlalchemy import Engine

from bot import regions
from bot.channels.base import Capabilities, Channel
from bot.channels.kinds import News, Text
from bot.channels.lanes import AgainLaterError, Lanes, Progress
from bot.channels.wechat import texts
from bot.channels.wechat.api import Api, GoneError, OfficialApi, RefusedError, WeComApi
from bot.channels.wechat.envelope import Envelope, ForgedError, check
from bot.channels.wechat.messages import (
    WHAT,
    MalformedError,
    Message,
    Told,
    Voice,
    fields,
    read,
    reply,
    sealed_reply,
    shown,
)
from bot.database import new_key
from bot.errors import BadRequestError, TurnError, UnauthorisedError
from bot.inbox import Arrival, Inbox
from bot.preferences import Preferences
from bot.schema import Reply, Turn
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService
from nlu.dialect import secrets

log = logging.getLogger(__name__)

_GRACE_S = 3.0
_REMEMBERED = 2000
_TRIES = 3
"""Requests that WeChat makes for a message before it gives up."""
_REGION = re.compile(r"\s*(?:/region|地区|位置)[\s:：]*(\S.*)", re.S)
_NOTHING = "success"
"""What tells WeChat that nothing is to be shown now, and not to ask again."""


@dataclass(frozen=True)
class WeChatConfig:
    """An account, as its settings page names things.

    Attributes:
        kind: official account, or application in WeCom (with ``agent_id``).
        account: AppID or CorpID.
        secret: AppSecret or the application's Secret.
        token: of the signature.
        aes_key: EncodingAESKey; None for an official account in plain mode.
        api_url: without trailing slash.
        public_url: of the gateway, for pages that answers point to.
        patience_s: within which an answer is given as the reply; WeChat waits five seconds.
        max_audio_bytes: bound on a recording.
    """

    kind: Literal["wechat", "wecom"]
    account: str
    secret: str
    token: str
    aes_key: str | None
    api_url: str
    agent_id: int = 0
    public_url: str | None = None
    patience_s: float = 4.5
    max_audio_bytes: int = 10 * 2**20


class WeChatChannel(Channel):
    """See the package. ``engine`` is the gateway's database.

    Raises:
        ValueError: the key is malformed, or a WeCom application has none.
    """

    capabilities = Capabilities(voice=True, links=True)

    def __init__(self, config: WeChatConfig, turns: TurnService, store: GatewayStore, engine: Engine) -> None:
        if config.aes_key is None and config.kind == "wecom":
            raise ValueError("WeCom always encrypts: EncodingAESKey is missing")
        self.name = config.kind  # type: ignore[misc]
        self._config = config
        self._envelope = Envelope(config.token, config.aes_key, config.account) if config.aes_key else None
        self._turns = turns
        self._store = store
        self._preferences = Preferences(engine)
        self._inbox = Inbox(engine, config.kind)
        self.lanes = Lanes(self._inbox, self._work)
        self._waiting: dict[str, asyncio.Future[str | None]] = {}
        self._replied: OrderedDict[str, str] = OrderedDict()
        self._requests: OrderedDict[str, int] = OrderedDict()
        self._session: aiohttp.ClientSession | None = None
        self._api: Api | None = None

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        path = f"/{self.name}/callback"
        return [web.get(path, self._introduced), web.post(path, self._received)]

    async def start(self) -> None:
        config = self._config
        self._session = session = aiohttp.ClientSession()
        if config.kind == "wecom":
            self._api = WeComApi(
                session, config.api_url, config.max_audio_bytes, config.account, config.secret, config.agent_id
            )
        else:
            self._api = OfficialApi(session, config.api_url, config.max_audio_bytes, config.account, config.secret)
        await self.lanes.start()

    async def stop(self) -> None:
        await self.lanes.stop(_GRACE_S)
        if self._session is not None:
            await self._session.close()

    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """As customer-service messages; an official account's reach whoever wrote within 48 hours."""
        what = News(tuple(replies))
        await self.lanes.take([self._arrival(f"news-{key or new_key()}", sender_id, what)])

    async def _introduced(self, request: web.Request) -> web.Response:
        """WeChat asks once, when the address is entered, whether we know the token."""
        query = request.query
        echo = query.get("echostr", "")
        try:
            if self._envelope is not None and "msg_signature" in query:
                opened = self._envelope.open(echo, query["msg_signature"], *_stamp(request))
                return web.Response(body=opened, content_type="text/plain")
            if self._config.kind == "wecom":
                raise ForgedError
            check(self._config.token, query.get("signature", ""), *_stamp(request))
        except ForgedError as error:
            raise UnauthorisedError from error
        return web.Response(text=echo, content_type="text/plain")

    async def _received(self, request: web.Request) -> web.Response:
        began = time.monotonic()
        try:
            message = read(self._opened(await request.read(), request))
        except ForgedError as error:
            raise UnauthorisedError from error
        except MalformedError as error:
            raise BadRequestError from error
        if message.what is None:
            return web.Response(text=_NOTHING)
        text = await self._answered(message, self._config.patience_s - (time.monotonic() - began))
        if text is None:
            return web.Response(text=_NOTHING)
        body = reply(message.user, message.account, text)
        if self._envelope is not None:
            timestamp, nonce = _stamp(request)
            sealed = self._envelope.seal(body)
            body = sealed_reply(sealed, self._envelope.signed(sealed, timestamp, nonce), timestamp, nonce)
        return web.Response(body=body, content_type="application/xml", charset="utf-8")

    def _opened(self, body: bytes, request: web.Request) -> dict[str, str]:
        """Raises ForgedError or MalformedError."""
        query = request.query
        if self._envelope is None:
            check(self._config.token, query.get("signature", ""), *_stamp(request))
            return fields(body)
        # A plain copy beside it ("compatible mode") is not looked at: the signature does not cover it.
        sealed = fields(body).get("Encrypt", "")
        return fields(self._envelope.open(sealed, query.get("msg_signature", ""), *_stamp(request)))

    async def _answered(self, message: Message, patience_s: float) -> str | None:
        """The reply, or None when it has been or will be sent on its own."""
        self._requests[message.key] = requests = self._requests.get(message.key, 0) + 1
        _bound(self._requests)
        text = await self._reply(message, patience_s)
        if text is None or requests < _TRIES:
            return text
        return await self._last_try(message, text)

    async def _reply(self, message: Message, patience_s: float) -> str | None:
        assert message.what is not None
        key = message.key
        known = None
        if key not in self._replied and key not in self._waiting:
            known = await asyncio.to_thread(self._inbox.state, key)
        if key in self._replied:
            return self._replied[key]  # an earlier reply did not reach WeChat
        # Looked for after the await: another delivery may have been taken meanwhile, and this one is its successor.
        future = self._waiting.get(key)
        if future is None:
            if known is not None:
                return await self._replied_before(message) if known.finished and known.sent == 0 else None
            future = self._waiting.setdefault(key, asyncio.get_running_loop().create_future())
            await self.lanes.take([self._arrival(key, message.user, message.what)])
        try:
            return await asyncio.wait_for(asyncio.shield(future), max(patience_s, 0))
        except TimeoutError:
            return future.result() if future.done() else None
        finally:
            if self._waiting.get(key) is future:
                del self._waiting[key]

    async def _replied_before(self, message: Message) -> str | None:
        """The reply that another run of this gateway gave."""
        assert message.what is not None
        said = await self._said(message.user, self._arrival(message.key, message.user, message.what))
        return said[0]

    async def _last_try(self, message: Message, text: str) -> str | None:
        """Two replies did not reach WeChat, and it will not ask again: a message that it confirms is surer.

        One that does not get through now is sent when it does. The reply is still given where such messages are not
        allowed, or WeChat takes too long to say.
        """
        self._replied.pop(message.key, None)  # nobody else sends it
        assert self._api is not None
        try:
            await asyncio.wait_for(self._api.say(message.user, text), self._config.patience_s)
        except (RefusedError, GoneError, TimeoutError):
            self._remember(message.key, text)
            return text
        except AgainLaterError:
            await self.lanes.take([self._arrival(f"again-{message.key}", message.user, Told(text))])
        await asyncio.to_thread(self._inbox.sent, message.key, 1)
        return None

    async def _work(self, progress: Progress) -> None:
        arrival = progress.arrival
        user = arrival.sender.partition(":")[2]
        said = await self._said(user, arrival)
        future = self._waiting.get(arrival.key)
        waiting = future if future is not None and not future.done() and progress.sent == 0 else None
        if waiting is not None and len(said) == 1:
            self._reply_with(waiting, arrival.key, said[0])
            return
        try:
            await self._send(user, said, progress, waiting)
        finally:
            if waiting is not None and not waiting.done():
                waiting.set_result(None)

    async def _send(
        self, user: str, said: Sequence[str], progress: Progress, waiting: asyncio.Future[str | None] | None
    ) -> None:
        """The messages that have not gone out, as customer-service messages; where those may not be sent, the first
        as the reply that WeChat is ``waiting`` for."""
        assert self._api is not None
        for text in said[progress.sent :]:
            try:
                await self._api.say(user, text)
            except RefusedError as error:
                log.warning("%s refuses a message: %s", self.name, error)
                if waiting is not None and not waiting.done():
                    self._reply_with(waiting, progress.arrival.key, text)
            except GoneError:
                log.info("%s: somebody cannot be reached", self.name)
                return
            else:
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            await progress.one_more()

    def _reply_with(self, future: asyncio.Future[str | None], key: str, text: str) -> None:
        self._remember(key, text)
        future.set_result(text)

    def _remember(self, key: str, text: str) -> None:
        self._replied[key] = text
        _bound(self._replied)

    async def _said(self, user: str, arrival: Arrival) -> list[str]:
        try:
            return await self._answer(user, arrival)
        except TurnError as error:
            return [error.message]

    async def _answer(self, user: str, arrival: Arrival) -> list[str]:
        what = WHAT.validate_json(arrival.body)
        match what:
            case Told(answer):
                return [answer]
            case News(replies):
                return [text for one in replies for text in shown([one], self._config.public_url)]
            case Text(text):
                place = _REGION.fullmatch(text)
                if place is not None:
                    return [await self._live_in(arrival.sender, place.group(1))]
                return await self._turn(user, arrival, text=text)
            case Voice(media_id):
                assert self._api is not None
                try:
                    audio = await self._api.fetch(media_id)
                except RefusedError:
                    return [texts.LOST_RECORDING]
                return await self._turn(user, arrival, audio=audio)

    async def _turn(
        self, user: str, arrival: Arrival, *, text: str | None = None, audio: bytes | None = None
    ) -> list[str]:
        chosen = await asyncio.to_thread(self._preferences.of, arrival.sender)
        turn = await self._turns.run(
            Inbound(self.name, user, message_id=arrival.key, text=text, audio=audio, region=chosen.region)
        )
        return self._shown(turn, secrets.has_secret(text or ""))

    def _shown(self, turn: Turn, secret: bool = False) -> list[str]:
        secret = secret or (turn.heard is not None and secrets.has_secret(turn.heard.text))
        secret = secret or (turn.understood is not None and secrets.was_secret(turn.understood.text))
        return shown(turn.replies, self._config.public_url, *([texts.REMOVE_IT] if secret else []))

    async def _live_in(self, conversation: str, words: str) -> str:
        found = regions.named(words)
        if found is None:
            return texts.PROVINCE_UNKNOWN
        name, code = found
        await asyncio.to_thread(self._preferences.choose, conversation, region=code)
        return texts.PROVINCE_SET.format(name=name)

    def _arrival(self, key: str, user: str, what: Text | Voice | Told | News) -> Arrival:
        if isinstance(what, Text):
            what = Text(secrets.blank(what.text))  # it is on disk from here
        return Arrival(key, f"{self.name}:{user}", WHAT.dump_json(what).decode())


def _stamp(request: web.Request) -> tuple[str, str]:
    return request.query.get("timestamp", ""), request.query.get("nonce", "")


def _bound(memory: OrderedDict[str, Any]) -> None:
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
