"""Calls to WeChat: customer-service messages and recordings, of an official account or of a WeCom application."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from abc import ABC, abstractmethod
from typing import Any

import aiohttp

from bot.channels.lanes import AgainLaterError

log = logging.getLogger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=20)
_TOKEN_MARGIN_S = 300.0
_WRONG_TOKEN = frozenset((40001, 40014, 42001))
_LATER = {-1: 5.0, 45009: 600.0, 45011: 60.0}
"""Busy; the day's calls are spent; too many in this minute."""
_GONE = frozenset((40003, 43004, 45015, 60111, 81013))
"""No such user; not following; silent for 48 hours; not in this company."""
_CURES = {
    48001: "this account may not send customer-service messages: it must be verified",
    40164: "this machine's address is not in the account's list (IP白名单)",
    61004: "this machine's address is not in the account's list (IP白名单)",
    40013: "the AppID is wrong",
    40125: "the AppSecret is wrong",
}


class RefusedError(Exception):
    """WeChat does not take this call."""


class GoneError(Exception):
    """This person cannot be reached any more."""


class Api(ABC):
    """One account. Every method raises AgainLaterError, RefusedError or GoneError.

    Args:
        session: shared HTTP session.
        url: without trailing slash.
        max_bytes: bound on a recording.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str, max_bytes: int) -> None:
        self._session = session
        self._url = url
        self._max_bytes = max_bytes
        self._token = ""
        self._token_ends = 0.0
        self._renewing = asyncio.Lock()

    @abstractmethod
    async def _new_token(self) -> dict[str, Any]:
        """WeChat's answer with ``access_token`` and ``expires_in``."""

    @abstractmethod
    async def say(self, user: str, text: str) -> None:
        """Send a text that is no reply to a request."""

    async def fetch(self, media_id: str) -> bytes:
        """A recording as WeChat has it (AMR-NB, or SILK, which nobody here reads)."""
        data = await self._with_token("GET", "/cgi-bin/media/get", media_id=media_id)
        if isinstance(data, dict):
            raise RefusedError("no recording")
        return data

    async def _with_token(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any] | bytes:
        for last in (False, True):
            token = await self._current_token()
            answer = await self._call(method, path, body, access_token=token, **query)
            code = answer.get("errcode", 0) if isinstance(answer, dict) else 0
            if code not in _WRONG_TOKEN or last:
                break
            if token == self._token:  # else somebody has renewed it meanwhile
                self._token = ""
        self._check(code, path)
        return answer

    async def _current_token(self) -> str:
        async with self._renewing:
            if not self._token or time.monotonic() > self._token_ends:
                answer = await self._new_token()
                self._check(answer.get("errcode", 0), "token")
                self._token = str(answer.get("access_token", ""))
                self._token_ends = time.monotonic() + float(answer.get("expires_in", 0)) - _TOKEN_MARGIN_S
            return self._token

    @staticmethod
    def _check(code: int, what: str) -> None:
        if code == 0:
            return
        if code in _GONE:
            raise GoneError
        log.warning("wechat: %s: error %s%s", what, code, f": {_CURES[code]}" if code in _CURES else "")
        if code in _LATER or code in _WRONG_TOKEN:
            raise AgainLaterError(_LATER.get(code, 60.0))
        raise RefusedError(str(code))

    async def _call(self, method: str, path: str, body: Any = None, **query: str) -> dict[str, Any] | bytes:
        # WeChat shows \\uXXXX to people as it is.
        data = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._session.request(
                method, self._url + path, params=query, data=data, timeout=_TIMEOUT
            ) as response:
                if response.status >= 500:
                    raise AgainLaterError
                answer = bytearray()
                async for piece in response.content.iter_chunked(65_536):
                    answer += piece
                    if len(answer) > self._max_bytes:
                        raise RefusedError("too large")
                is_json = "json" in response.content_type or "text" in response.content_type
        except (aiohttp.ClientError, TimeoutError) as error:
            raise AgainLaterError from error
        if not is_json:
            return bytes(answer)
        try:
            parsed = json.loads(bytes(answer))
        except ValueError as error:
            raise AgainLaterError from error
        return parsed if isinstance(parsed, dict) else {}


class OfficialApi(Api):
    """Of an official account (公众号)."""

    def __init__(self, session: aiohttp.ClientSession, url: str, max_bytes: int, app_id: str, secret: str) -> None:
        super().__init__(session, url, max_bytes)
        self._app_id = app_id
        self._secret = secret

    async def _new_token(self) -> dict[str, Any]:
        body = {"grant_type": "client_credential", "appid": self._app_id, "secret": self._secret}
        answer = await self._call("POST", "/cgi-bin/stable_token", body)
        return answer if isinstance(answer, dict) else {}

    async def say(self, user: str, text: str) -> None:
        body = {"touser": user, "msgtype": "text", "text": {"content": text}}
        await self._with_token("POST", "/cgi-bin/message/custom/send", body)


class WeComApi(Api):
    """Of an application in WeCom (企业微信)."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, max_bytes: int, corp_id: str, secret: str, agent_id: int
    ) -> None:
        super().__init__(session, url, max_bytes)
        self._corp_id = corp_id
        self._secret = secret
        self._agent_id = agent_id

    async def _new_token(self) -> dict[str, Any]:
        answer = await self._call("GET", "/cgi-bin/gettoken", corpid=self._corp_id, corpsecret=self._secret)
        return answer if isinstance(answer, dict) else {}

    async def say(self, user: str, text: str) -> None:
        body = {"touser": user, "msgtype": "text", "agentid": self._agent_id, "text": {"content": text}}
        await self._with_token("POST", "/cgi-bin/message/send", body)
