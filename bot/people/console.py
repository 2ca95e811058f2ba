"""The staff console: who waits, what they talked about, and answering them on their own channel.

``/staff`` is a page; behind it a small JSON interface with a signed session cookie. An employee sees a conversation
only while its user waits for, or talks with, a person.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web
from itsdangerous import BadSignature, URLSafeTimedSerializer
from pydantic import Field

from bot.channels.http import json_response, parsed, same_origin
from bot.database import new_key
from bot.errors import BadRequestError, NotFoundError, TurnError, UnauthorisedError
from bot.people import texts as say
from bot.people.accounts import Accounts
from bot.people.book import State, Talk, TalkBook, Who
from bot.people.summary import summary
from bot.schema import Model, Reply
from bot.store import GatewayStore

Deliver = Callable[[str, Sequence[Reply]], Awaitable[None]]
_STATIC = Path(__file__).parent / "static"
_COOKIE = "xiangyin_staff"
_SESSION_S = 12 * 3600
_TRIES, _TRIES_S = 10, 300.0
_SHOWN = 30
"""Turns of the conversation that are shown."""
_CSP = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class _Login(Model):
    name: str = Field(max_length=64)
    password: str = Field(max_length=256)


class _Said(Model):
    text: str = Field(min_length=1, max_length=2000)


class TakenError(TurnError):
    code = "taken"
    status = 409
    message = "这位已经有人接了，或者已经结束了。"


class Console:
    """Routes below ``/staff``.

    Args:
        accounts: who may log in.
        book: the talks.
        store: what was said before.
        deliver: brings a message to a conversation on its channel.
        secret: signs sessions.
    """

    def __init__(self, accounts: Accounts, book: TalkBook, store: GatewayStore, deliver: Deliver, secret: str) -> None:
        self._accounts = accounts
        self._book = book
        self._store = store
        self._deliver = deliver
        self._signer = URLSafeTimedSerializer(secret, salt="staff-session")
        self._failed: list[float] = []

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/staff", self._page),
            web.static("/staff/static", _STATIC),
            web.post("/staff/api/login", self._login),
            web.post("/staff/api/logout", self._logout),
            web.get("/staff/api/queue", self._queue),
            web.get("/staff/api/talks/{number}", self._talk),
            web.post("/staff/api/talks/{number}/take", self._take),
            web.post("/staff/api/talks/{number}/say", self._say),
            web.post("/staff/api/talks/{number}/close", self._close),
        ]

    async def _page(self, _request: web.Request) -> web.Response:
        page = (_STATIC / "staff.html").read_text("utf-8")
        headers = {"Content-Security-Policy": _CSP, "Cache-Control": "no-cache", "Referrer-Policy": "no-referrer"}
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def _login(self, request: web.Request) -> web.Response:
        _check_origin(request)
        asked = parsed(_Login, await request.read())
        now = time.monotonic()
        self._failed = [at for at in self._failed if now - at < _TRIES_S]
        if len(self._failed) >= _TRIES:
            raise UnauthorisedError("试错的次数太多了，请五分钟后再试。", code="too_many_tries", status=429)
        if not await asyncio.to_thread(self._accounts.check, asked.name, asked.password):
            self._failed.append(now)
            raise UnauthorisedError("名字或密码不对。", code="wrong_password")
        response = json_response({"name": asked.name})
        response.set_cookie(
            _COOKIE,
            self._signer.dumps(asked.name),
            max_age=_SESSION_S,
            httponly=True,
            samesite="Strict",
            secure=request.secure or request.headers.get("X-Forwarded-Proto") == "https",
            path="/staff",
        )
        return response

    async def _logout(self, request: web.Request) -> web.Response:
        _check_origin(request)
        response = json_response({})
        response.del_cookie(_COOKIE, path="/staff")
        return response

    async def _queue(self, request: web.Request) -> web.Response:
        name = await self.staff(request)
        talks = await asyncio.to_thread(self._book.open_talks)
        return json_response({"name": name, "talks": [_shown(talk) for talk in talks]})

    async def _talk(self, request: web.Request) -> web.Response:
        await self.staff(request)
        talk = await self._open_talk(request)
        said = (await asyncio.to_thread(self._store.said, talk.sender))[-_SHOWN:]
        lines = await asyncio.to_thread(self._book.lines, talk.number)
        turns = [{"at": at.isoformat(), **_turn(json.loads(answer))} for at, answer in said]
        return json_response(
            {
                "talk": _shown(talk),
                "summary": summary([json.loads(answer) for _, answer in said]),
                "turns": turns,
                "lines": [{"who": line.who, "text": line.text, "at": line.at.isoformat()} for line in lines],
            }
        )

    async def _take(self, request: web.Request) -> web.Response:
        name = await self.staff(request, writing=True)
        talk = await self._open_talk(request)
        if not await asyncio.to_thread(self._book.take, talk.number, name):
            raise TakenError
        await self._bring(talk, say.TAKEN.format(name=name))
        return json_response({"number": talk.number})

    async def _say(self, request: web.Request) -> web.Response:
        name = await self.staff(request, writing=True)
        talk = await self._own_talk(request, name)
        text = parsed(_Said, await request.read()).text.strip()
        if not text:
            raise BadRequestError("还没有写字。")
        # Kept only when the channel has it: what staff see as said was said.
        await self._bring(talk, say.STAFF_SAYS.format(name=name, text=text))
        await asyncio.to_thread(self._book.say, talk.number, Who.STAFF, text)
        return json_response({"number": talk.number})

    async def _close(self, request: web.Request) -> web.Response:
        name = await self.staff(request, writing=True)
        talk = await self._own_talk(request, name)
        if not await asyncio.to_thread(self._book.close, talk.number, name):
            raise TakenError
        await self._bring(talk, say.CLOSED)
        return json_response({"number": talk.number})

    async def _bring(self, talk: Talk, text: str) -> None:
        key = new_key()
        await asyncio.to_thread(self._store.keep_spoken, talk.sender, key, text)
        await self._deliver(talk.sender, [Reply(text=text, audio=f"/audio/{key}.ogg", kind="staff")])

    async def staff(self, request: web.Request, *, writing: bool = False) -> str:
        """The employee of the session.

        Raises:
            UnauthorisedError: nobody is logged in, or the account is gone.
        """
        if writing:
            _check_origin(request)
        try:
            name = self._signer.loads(request.cookies.get(_COOKIE, ""), max_age=_SESSION_S)
        except BadSignature:
            raise UnauthorisedError("请先登录。", code="logged_out") from None
        if not isinstance(name, str) or not await asyncio.to_thread(self._accounts.exists, name):
            raise UnauthorisedError("请先登录。", code="logged_out")
        return name

    async def _open_talk(self, request: web.Request) -> Talk:
        talk = await asyncio.to_thread(self._book.talk, request.match_info["number"])
        if talk is None or talk.state is State.CLOSED:
            raise NotFoundError("这位已经不在等了。")
        return talk

    async def _own_talk(self, request: web.Request, name: str) -> Talk:
        talk = await self._open_talk(request)
        if talk.holder != name:
            raise TakenError
        return talk


def _check_origin(request: web.Request) -> None:
    if not same_origin(request):
        raise UnauthorisedError("这个页面放得太久了，请刷新一下。", code="wrong_origin")


def _shown(talk: Talk) -> dict[str, Any]:
    """A talk in the queue: the channel, and a short name for the person that says nothing about them."""
    channel, _, sender = talk.sender.partition(":")
    return {
        "number": talk.number,
        "channel": channel,
        "who": hashlib.sha256(sender.encode()).hexdigest()[:4].upper(),
        "state": talk.state,
        "holder": talk.holder,
        "opened_at": talk.opened_at.isoformat(),
    }


def _turn(turn: dict[str, Any]) -> dict[str, Any]:
    heard, understood = turn.get("heard") or {}, turn.get("understood") or {}
    return {
        "user": heard.get("text") or understood.get("text") or "",
        "voice": bool(heard),
        "replies": [reply["text"] for reply in turn.get("replies", ())],
    }
