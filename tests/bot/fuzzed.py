"""Requests as nobody should send them, for every door of the gateway: the same for the same seed."""

from __future__ import annotations

import hashlib
import hmac
import json
import random
from dataclasses import dataclass, field
from typing import Any

from bot.channels.telegram.channel import HOOK
from bot.channels.wechat.envelope import Envelope, signature
from tests.bot.channels.bot_api import BotApi
from tests.bot.channels.wechat_side import ACCOUNT, AES_KEY, TOKEN, xml
from tests.bot.dialogue import SECRET
from tests.bot.gateway_app import API_KEY

PATHS = (
    *("/", "/chat/turns", "/chat/messages", "/api/v1/turns", "/api/v1/messages", "/api/v1/nlu/parse", "/api/v1/cases"),
    *("/api/v1/cases/x", "/api/v1/openapi.json", "/audio/AAAAAAAAAAAAAAAAAAAAAA.ogg", "/static/chat.js"),
    *("/chat/socket", "/chat/history", "/chat/session", "/chat/feedback"),
    *("/export/AAAAAAAAAAAAAAAAAAAAAA.html", "/static/../../settings.py", "/healthz", "/metrics", "/nowhere"),
    *(HOOK, "/wechat/callback", "/wecom/callback", "/api/v1/ivr/turns", "/staff/api/calls", "/staff/api/calls/x"),
    *("/internal/hotline/calls", "/internal/hotline/calls/x", "/internal/hotline/calls/x/turns"),
    *("/internal/hotline/calls/x/hear", "/internal/hotline/speech"),
)
METHODS = ("GET", "POST", "POST", "POST", "PUT", "DELETE", "HEAD", "OPTIONS")
TYPES = (
    *("application/json", "application/json; charset=gbk", "application/json; charset=nonsense", "text/xml"),
    *("multipart/form-data", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded", "nonsense"),
)
WORDS = (
    *("你好", "1", "第二个", "", " ", "\x00", "\u202e", "😀" * 40, "长" * 60, "/affirm{}", "' OR 1=1 --", "<script>"),
    *("%s%n", "../..", "删除我的数据", "我的密码是135790", "None", "-1", "1e999", "\u0301" * 200, "\uffff", "A" * 5000),
)


@dataclass
class Request:
    method: str
    path: str
    body: bytes
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


class Fuzzer:
    """Makes requests: well-formed ones with odd values, and ones that are broken somewhere."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._api = BotApi()
        key = hmac.new(b"session", b"telegram-webhook", hashlib.sha256).hexdigest()
        self._hook = {"X-Telegram-Bot-Api-Secret-Token": key}

    def request(self) -> Request:
        rng = self._rng
        made = rng.choice(
            (self._anything, self._turn, self._turn, self._form, self._update, self._update, self._wechat, self._call)
        )()
        if rng.random() < 0.3:
            made.body = self._damaged(made.body)
        if rng.random() < 0.1:
            made.headers["Content-Type"] = rng.choice(TYPES)
        return made

    def _value(self, depth: int = 0) -> Any:
        rng = self._rng
        kind = rng.randrange(9 if depth < 3 else 6)
        if kind == 6:
            return [self._value(depth + 1) for _ in range(rng.randrange(4))]
        if kind >= 7:
            return {rng.choice(WORDS): self._value(depth + 1) for _ in range(rng.randrange(4))}
        return rng.choice((None, True, 0, -1, 10**18, 10**40, 1.5, float("inf"), rng.choice(WORDS), rng.choice(WORDS)))

    def _damaged(self, body: bytes) -> bytes:
        rng = self._rng
        data = bytearray(body or b"x")
        for _ in range(rng.randrange(1, 6)):
            place = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[place] = rng.randrange(256)
                case 1:
                    del data[place : place + rng.randrange(1, 30)]
                case 2:
                    data[place:place] = rng.randbytes(rng.randrange(1, 20))
                case _:
                    data[place:place] = data[: rng.randrange(1, 50)]
            data = data or bytearray(b"x")
        return bytes(data)

    def _anything(self) -> Request:
        rng = self._rng
        query = {rng.choice(("after", "sender_id", "limit", "channel", "x")): rng.choice(WORDS) for _ in range(2)}
        headers = {"X-API-Key": API_KEY} if rng.random() < 0.7 else {}
        body = rng.randbytes(rng.randrange(200)) if rng.random() < 0.5 else b""
        return Request(rng.choice(METHODS), rng.choice(PATHS), body, query, headers)

    def _turn(self) -> Request:
        rng = self._rng
        names = ("text", "sender_id", "region", "channel", "message_id", "extra")
        body = {name: self._value() for name in names if rng.random() < 0.4}
        body.setdefault("text", rng.choice(WORDS))
        if rng.random() < 0.5:
            body = {"text": rng.choice(WORDS), "sender_id": rng.choice(WORDS)}
        path = rng.choice(("/api/v1/turns", "/api/v1/nlu/parse", "/chat/turns"))
        headers = {"X-API-Key": API_KEY, "Content-Type": "application/json"}
        return Request("POST", path, json.dumps(body).encode(), {}, headers)

    def _call(self) -> Request:
        """A telephone call: its beginning, its turns and its end, by the line process or a platform."""
        rng = self._rng
        call = rng.choice(("call-1", "call-2", "call-3"))
        caller = rng.choice(("13800138000", "02887654321", None, rng.choice(WORDS)))
        bodies: dict[str, dict[str, Any]] = {
            "/internal/hotline/calls": {
                "call_id": call,
                "caller": caller,
                "called": "4001234",
                "protocol": "websocket",
            },
            f"/internal/hotline/calls/{call}/turns": {"message_id": rng.choice(WORDS), "text": rng.choice(WORDS)},
            "/internal/hotline/speech": {"text": rng.choice(WORDS), "rate": rng.choice((8000, 16000, 0))},
            "/api/v1/ivr/turns": {"call_id": call, "caller": caller, rng.choice(("text", "keys")): rng.choice(WORDS)},
        }
        path = rng.choice(list(bodies))
        body = bodies[path]
        if rng.random() < 0.3:
            body[rng.choice((*body, "region", "heard", "purpose", "ended", "outcome"))] = self._value()
        headers = {"X-API-Key": API_KEY, "X-Xiangyin-Secret": SECRET, "Content-Type": "application/json"}
        return Request("POST", path, json.dumps(body).encode(), {}, headers)

    def _form(self) -> Request:
        rng = self._rng
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"{rng.choice(("", "; filename=a"))}\r\n\r\n'.encode()
            + rng.choice((b"x", b"RIFF", b"OggS", b"\x02#!SILK_V3", "王".encode(), rng.randbytes(60)))
            + b"\r\n"
            for name in rng.sample(("audio", "sender_id", "text", "region", "message_id", "x"), rng.randrange(4))
        ]
        headers = {"X-API-Key": API_KEY, "Content-Type": "multipart/form-data; boundary=b"}
        return Request("POST", "/api/v1/turns", b"".join(parts) + b"--b--\r\n", {}, headers)

    def _update(self) -> Request:
        rng = self._rng
        message = self._api.message(rng.choice((1001, 1002, -100_200)), 7, text=rng.choice(WORDS))
        for name in ("voice", "photo", "entities", "location", "contact", "reply_to_message", "chat", "from", "date"):
            if rng.random() < 0.08:
                message[name] = self._value()
        kind = rng.choice(("message", "message", "edited_message", "callback_query", "channel_post"))
        update = self._api.update(**{kind: message if rng.random() < 0.95 else self._value()})
        if rng.random() < 0.05:
            update["update_id"] = self._value()
        headers = dict(self._hook) if rng.random() < 0.95 else {}
        return Request("POST", HOOK, json.dumps(update).encode(), {}, {**headers, "Content-Type": "application/json"})

    def _wechat(self) -> Request:
        rng = self._rng
        names = (
            "ToUserName",
            "FromUserName",
            "CreateTime",
            "MsgType",
            "Content",
            "MsgId",
            "MediaId",
            "Event",
            "EventKey",
        )
        given = {name: _plain(rng.choice(WORDS)) for name in names if rng.random() < 0.8}
        given |= {
            "MsgType": rng.choice(("text", "voice", "event", "image", "link", "x")),
            "FromUserName": rng.choice("ab"),
        }
        envelope = Envelope(TOKEN, AES_KEY, ACCOUNT)
        inner = xml(given)
        sealed = envelope.seal(self._damaged(inner) if rng.random() < 0.2 else inner)
        query = {"timestamp": "1", "nonce": rng.choice(WORDS)}
        query["msg_signature"] = signature(TOKEN, "1", query["nonce"], sealed)
        if rng.random() < 0.1:
            query["msg_signature"] = rng.choice(WORDS)
        path = rng.choice(("/wechat/callback", "/wecom/callback"))
        return Request(rng.choice(("POST", "POST", "POST", "GET")), path, xml({"Encrypt": sealed}), query, {})


def _plain(text: str) -> str:
    return "".join(c for c in text if c.isprintable())
