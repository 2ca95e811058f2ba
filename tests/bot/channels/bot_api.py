"""A local double of Telegram's Bot API: speaks HTTP to the real client library, keeps updates until they are confirmed,
and can flood, break off and lose connections."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "123456:test-token"
BOT_ID = 123456
BOT_NAME = "xiangyin_test_bot"
SENDS = ("sendMessage", "sendVoice", "sendPhoto")


@dataclass
class Call:
    """One call as it came in; files as bytes."""

    method: str
    data: dict[str, Any]

    @property
    def chat(self) -> int:
        return int(self.data["chat_id"])

    @property
    def text(self) -> str:
        return str(self.data.get("text", ""))

    @property
    def buttons(self) -> list[tuple[str, str]]:
        rows = json.loads(self.data.get("reply_markup", "{}")).get("inline_keyboard", [])
        return [(button["text"], button["callback_data"]) for row in rows for button in row]


@dataclass
class _Waiting:
    update: dict[str, Any]
    served: bool = False


@dataclass
class BotApi:
    """The other side of the bot."""

    calls: list[Call] = field(default_factory=list)
    sent: list[Call] = field(default_factory=list)
    """Messages that people see, in their order."""
    files: dict[str, bytes] = field(default_factory=dict)
    floods: int = 0
    """How many of the next messages are answered with 429."""
    breaks: int = 0
    """How many of the next messages are answered with 502."""
    breaks_after: int | None = None
    """After this many messages, all are answered with 502."""
    refuses: set[str] = field(default_factory=set)
    """Methods answered with 400."""
    gone: set[int] = field(default_factory=set)
    """Chats that have blocked the bot."""
    broke: int = 0
    webhook: dict[str, Any] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    _messages: int = 50_000
    _updates: int = 900_000

    def application(self) -> web.Application:
        app = web.Application(client_max_size=10**8)
        app.add_routes(
            [
                web.post(f"/bot{TOKEN}/{{method}}", self._call),
                web.get(f"/file/bot{TOKEN}/{{path:.+}}", self._file),
            ]
        )
        return app

    async def push(self, *updates: dict[str, Any]) -> None:
        """Updates for the next ``getUpdates``, in this order; the same may be pushed again."""
        async with self._changed:
            self._waiting += [_Waiting(update) for update in updates]
            self._changed.notify_all()

    async def confirmed(self) -> None:
        """Wait until everything pushed was taken."""
        async with self._changed:
            await self._changed.wait_for(lambda: not self._waiting)

    async def called(self, method: str) -> None:
        """Wait until a method was called."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(call.method == method for call in self.calls))

    async def said(self, text: str) -> None:
        """Wait until somebody was sent ``text``."""
        async with self._changed:
            await self._changed.wait_for(lambda: any(call.text == text for call in reversed(self.sent)))

    async def sent_more(self, count: int) -> None:
        """Wait until ``count`` messages more were sent than at the beginning of the wait."""
        async with self._changed:
            enough = len(self.sent) + count
            await self._changed.wait_for(lambda: len(self.sent) >= enough)

    async def every(self, count: int) -> None:
        """Wait until ``count`` different texts were sent."""
        async with self._changed:
            await self._changed.wait_for(lambda: len({call.text for call in self.sent}) >= count)

    async def broken(self) -> None:
        """Wait until a message was answered with 502."""
        async with self._changed:
            await self._changed.wait_for(lambda: self.broke > 0)

    def update(self, update_id: int | None = None, **content: Any) -> dict[str, Any]:
        self._updates += 1
        return {"update_id": self._updates if update_id is None else update_id, **content}

    def message(self, chat: int = 1001, user: int | None = None, **content: Any) -> dict[str, Any]:
        """A message of a private chat, or of a group when ``chat`` is below zero."""
        self._messages += 1
        user = user or chat
        kind = {"id": chat, "type": "private"} if chat > 0 else {"id": chat, "type": "supergroup", "title": "村里"}
        return {
            "message_id": self._messages,
            "date": 1_790_000_000,
            "chat": kind,
            "from": {"id": user, "is_bot": False, "first_name": "老王"},
            **content,
        }

    def shown(self, chat: int) -> list[Call]:
        return [call for call in self.sent if call.chat == chat]

    def counted(self) -> Counter[str]:
        return Counter(call.text for call in self.sent)

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self.files[request.match_info["path"].removeprefix("files/")])

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        form = await request.post()
        data = {k: v.file.read() if isinstance(v, web.FileField) else v for k, v in form.items()}
        for name, value in list(data.items()):  # attach://<name> stands for a file
            if isinstance(value, str) and value.startswith("attach://"):
                data[name] = data.pop(value.removeprefix("attach://"))
        call = Call(method, data)
        if method == "getUpdates":
            return await self._get_updates(call)
        answer = self._answer(call)
        async with self._changed:
            self.calls.append(call)
            self._changed.notify_all()
        return answer

    def _answer(self, call: Call) -> web.Response:
        method = call.method
        if method in self.refuses:
            return _failed(400, "Bad Request: message can't be deleted")
        if method == "getMe":
            return _ok({"id": BOT_ID, "is_bot": True, "first_name": "乡音", "username": BOT_NAME})
        if method == "getFile":
            return self._get_file(call)
        if method in SENDS:
            return self._send(call)
        if method == "setWebhook":
            self.webhook = call.data
        return _ok(True)

    def _send(self, call: Call) -> web.Response:
        if call.chat in self.gone:
            return _failed(403, "Forbidden: bot was blocked by the user")
        if self.floods > 0:
            self.floods -= 1
            return _failed(429, "Too Many Requests: retry after 1", retry_after=1)
        if self.breaks > 0 or (self.breaks_after is not None and len(self.sent) >= self.breaks_after):
            self.breaks -= 1
            self.broke += 1
            return _failed(502, "Bad Gateway")
        self._messages += 1
        self.sent.append(call)
        chat = {"id": call.chat, "type": "private"}
        return _ok({"message_id": self._messages, "date": 1_790_000_001, "chat": chat, "text": call.text})

    def _get_file(self, call: Call) -> web.Response:
        file_id = call.data["file_id"]
        if file_id not in self.files:
            return _failed(400, "Bad Request: file is too big")
        return _ok({"file_id": file_id, "file_unique_id": file_id, "file_path": f"files/{file_id}"})

    async def _get_updates(self, call: Call) -> web.Response:
        offset = int(call.data.get("offset") or 0)
        async with self._changed:
            self._waiting = [w for w in self._waiting if not (w.served and w.update["update_id"] < offset)]
            self._changed.notify_all()
            # A fraction of the real patience: a client that is gone is noticed by the next write only.
            try:
                async with asyncio.timeout(0.5):
                    await self._changed.wait_for(lambda: bool(self._waiting))
            except TimeoutError:
                return _ok([])
            batch = self._waiting[:100]
            for waiting in batch:
                waiting.served = True
            return _ok([waiting.update for waiting in batch])


def _ok(result: Any) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _failed(code: int, description: str, **parameters: int) -> web.Response:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return web.json_response(body, status=code)
