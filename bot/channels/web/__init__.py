"""The web chat: one page, its signed session, and its turns."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from aiohttp import web
from pydantic import Field

from bot.channels.base import Capabilities, Channel
from bot.channels.http import json_response, letters_after, parsed, read_inbound, same_origin
from bot.channels.web.sockets import Sockets
from bot.channels.web.visitors import Visitors
from bot.errors import NotFoundError, UnauthorisedError
from bot.mailbox import Mailbox
from bot.people.feedback import Feedback, Reason
from bot.schema import Model, Reply
from bot.store import GatewayStore
from bot.turn import TurnService

_STATIC = Path(__file__).parent / "static"
_CSP = (
    "default-src 'self'; media-src 'self' blob:; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self' {hosts}"
)
_SHOWN = 30
"""Turns of the history that the page shows."""


class _Token(Model):
    token: str = Field(max_length=4000)


class _Rating(Model):
    turn_id: str = Field(max_length=64)
    useful: bool
    reason: Reason | None = None


class WebChannel(Channel):
    """Routes of the page.

    Args:
        turns: runs a turn.
        visitors: knows who speaks.
        store: what was said before.
        feedback: takes what people say of answers.
        mailbox: keeps messages until the page fetches them.
        max_audio_bytes: bound on a recording.
        hosts: origins that may show the page in a frame.
    """

    name = "web"
    capabilities = Capabilities(buttons=True, voice=True, speech=True, images=True, links=True)

    def __init__(
        self,
        turns: TurnService,
        visitors: Visitors,
        *,
        store: GatewayStore,
        feedback: Feedback,
        mailbox: Mailbox,
        max_audio_bytes: int,
        hosts: Sequence[str] = (),
    ) -> None:
        self._turns = turns
        self._visitors = visitors
        self._store = store
        self._feedback = feedback
        self._mailbox = mailbox
        self._max_audio_bytes = max_audio_bytes
        self._sockets = Sockets(mailbox, visitors, self.name)
        self._csp = _CSP.format(hosts=" ".join(hosts)).rstrip()

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        return [
            web.get("/", self._page),
            web.get("/sw.js", self._worker),
            web.post("/chat/session", self._session),
            web.post("/chat/turns", self._turn),
            web.get("/chat/history", self._history),
            web.get("/chat/messages", self._messages),
            web.get("/chat/socket", self._sockets.handle),
            web.post("/chat/feedback", self._rate),
            web.static("/static", _STATIC),
        ]

    async def deliver(self, sender_id: str, replies: Sequence[Reply], key: str | None = None) -> None:
        """Messages wait until the page asks for them; a page with a socket is sent them now."""
        conversation = f"{self.name}:{sender_id}"
        await asyncio.to_thread(self._mailbox.put, conversation, replies, key)
        self._sockets.wake(conversation)

    async def hang_up(self, _app: web.Application) -> None:
        """When the server shuts down: it would wait for the sockets."""
        await self._sockets.close()

    async def _page(self, request: web.Request) -> web.Response:
        response = web.Response(
            text=(_STATIC / "index.html").read_text("utf-8"),
            content_type="text/html",
            headers={
                "Content-Security-Policy": self._csp,
                "Permissions-Policy": "microphone=(self)",
                "Cache-Control": "no-cache",
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": "no-referrer",
            },
        )
        if self._visitors.of(request) is None:
            self._visitors.welcome(request, response)
        return response

    async def _worker(self, _request: web.Request) -> web.Response:
        """At the root: a service worker rules only what lies below it."""
        text = (_STATIC / "sw.js").read_text("utf-8")
        return web.Response(text=text, content_type="text/javascript", headers={"Cache-Control": "no-cache"})

    async def _session(self, request: web.Request) -> web.Response:
        """A session for the user that an embedding page vouches for."""
        if not same_origin(request):
            raise UnauthorisedError("登录过期了，请从原来的地方重新打开。", code="token_invalid")
        return json_response({"session": self._visitors.embedded(parsed(_Token, await request.read()).token)})

    async def _turn(self, request: web.Request) -> web.Response:
        visitor = self._known(request)
        inbound = await read_inbound(request, self._max_audio_bytes)
        heard = partial(self._sockets.heard, f"{self.name}:{visitor}", inbound.message_id)
        turn = await self._turns.run(replace(inbound, channel=self.name, sender_id=visitor), heard)
        return web.json_response(text=turn.model_dump_json(exclude={"sender_id"}))

    async def _history(self, request: web.Request) -> web.Response:
        """What this visitor said and was told in the last days; ``letter`` numbers what came unasked."""
        conversation = self._conversation(request)
        said = await asyncio.to_thread(self._store.said, conversation)
        letters = await asyncio.to_thread(self._mailbox.kept, conversation)
        turns = [(at, _shown(json.loads(answer))) for at, answer in said[-_SHOWN:]]
        told = [
            (at, {"said": "", "replies": [letter.reply.model_dump()], "letter": letter.id})
            for at, letter in letters[-_SHOWN:]
        ]
        return json_response({"turns": [one for _, one in sorted((*turns, *told), key=lambda pair: pair[0])]})

    async def _messages(self, request: web.Request) -> web.Response:
        return json_response(await letters_after(self._mailbox, self._conversation(request), request))

    async def _rate(self, request: web.Request) -> web.Response:
        conversation = self._conversation(request)
        rating = parsed(_Rating, await request.read())
        if not await self._feedback.rate(conversation, rating.turn_id, rating.useful, rating.reason):
            raise NotFoundError("这句话找不到了，没法评。")
        return json_response({"useful": rating.useful})

    def _conversation(self, request: web.Request) -> str:
        return f"{self.name}:{self._known(request)}"

    def _known(self, request: web.Request) -> str:
        visitor = self._visitors.of(request)
        if visitor is None or not same_origin(request):
            raise UnauthorisedError("这个页面放得太久了，请刷新一下再说。", code="session_expired")
        return visitor


def _shown(turn: dict[str, object]) -> dict[str, object]:
    heard, understood = turn.get("heard"), turn.get("understood")
    told = heard if isinstance(heard, dict) else understood if isinstance(understood, dict) else {}
    text = str(told.get("text") or "")
    return {"said": "" if text.startswith("/") else text, "replies": turn.get("replies", [])}
