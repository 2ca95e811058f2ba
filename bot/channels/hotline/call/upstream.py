"""The gateway, as the line process asks it: a client of ``wire.py``."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import aiohttp
from pydantic import ValidationError

from bot.channels.hotline.wire import CallRecord, CallStart, CallTurn, Part, Signs, SpeechRequest, SpokenTurn, Welcome
from bot.schema import Heard, Model
from voice.errors import Code

log = logging.getLogger(__name__)
_SECRET_HEADER = "X-Xiangyin-Secret"  # noqa: S105 - a header's name
_LONGEST_SENTENCE = 8 * 2**20
_PAUSES_S = (0.1, 0.3, 0.7, 1.0, 1.0)
_DEAD = frozenset(("dialogue_unavailable", "outcome_unknown", Code.WORKER_LOST, Code.TIMEOUT))
"""Errors of a gateway behind which a part has died or hangs: the next try would go wrong too."""
M = TypeVar("M", bound=Model)
T = TypeVar("T")


class UpstreamError(Exception):
    """The gateway did not do what it was asked. ``code`` is stable and goes to the log; no personal data in it."""

    code = "hotline_upstream"


class AwayError(UpstreamError):
    """It cannot be reached, does not answer in time, or answers what nobody understands."""

    code = "gateway_away"


class NothingHeardError(UpstreamError):
    """There was no speech in the audio."""

    code = "heard_nothing"


class RefusedError(UpstreamError):
    """It answered with an error; ``message`` is Chinese that can be spoken."""

    def __init__(self, code: str, message: str, status: int) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Patience:
    """Seconds that the gateway has for each kind of request, one try each; ``ping_s`` for a sign of life."""

    start_s: float = 4.0
    hear_s: float = 30.0
    turn_s: float = 35.0
    first_sound_s: float = 15.0
    record_s: float = 4.0
    ping_s: float = 1.0
    ping_every_s: float = 0.3


class Upstream:
    """The gateway. One for the whole process; used from one event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base: str,
        secret: str,
        patience: Patience = Patience(),
    ) -> None:
        """Args: ``base``: its URL without trailing slash; ``secret``: the internal one."""
        self._http, self._base = session, f"{base}/internal/hotline"
        self._headers = {_SECRET_HEADER: secret}
        self._patience = patience
        self._ping: asyncio.Task[bool] | None = None
        self._pinged = (0.0, True)
        self._silent: frozenset[Part] = frozenset()

    async def start(self, call: CallStart) -> Welcome:
        """Announce a call. Raises: AwayError, RefusedError."""
        return await self._asked("POST", "/calls", call, Welcome, self._patience.start_s)

    async def turn(self, call_id: str, turn: CallTurn) -> SpokenTurn:
        """The answer to a turn; a lost one is asked for again under its id. Raises: AwayError, RefusedError."""
        asked = self._asked("POST", f"/calls/{call_id}/turns", turn, SpokenTurn, self._patience.turn_s)
        return await self._while_alive(Part.DIALOGUE, asked)

    async def keep(self, record: CallRecord) -> None:
        """Keep a call's record. Raises: AwayError, RefusedError."""
        await self._request("PUT", f"/calls/{record.call_id}", record, self._patience.record_s)

    async def hear(self, call_id: str, rate: int, pcm: AsyncIterable[bytes]) -> Heard:
        """What was said in ``pcm`` (16 bit, mono), sent as it comes; nothing is repeated.

        Raises: NothingHeardError, AwayError, RefusedError.
        """
        return await self._while_alive(Part.VOICE, self._heard(call_id, rate, pcm))

    async def _heard(self, call_id: str, rate: int, pcm: AsyncIterable[bytes]) -> Heard:
        url, timeout = f"{self._base}/calls/{call_id}/hear", aiohttp.ClientTimeout(sock_connect=1.0, sock_read=None)
        try:
            async with self._http.post(
                url, params={"rate": rate}, data=pcm, headers=self._headers, timeout=timeout
            ) as response:
                return _parsed(Heard, response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise AwayError(type(error).__name__) from error

    async def speech(self, text: str, rate: int) -> AsyncGenerator[bytes, None]:
        """``text`` as PCM, sentence by sentence as they are ready. Raises: AwayError, RefusedError."""
        timeout = aiohttp.ClientTimeout(sock_connect=1.0, sock_read=self._patience.first_sound_s)
        body = SpeechRequest(text=text, rate=rate).model_dump(mode="json")
        try:
            async with self._http.post(
                f"{self._base}/speech", json=body, headers=self._headers, timeout=timeout
            ) as response:
                if response.status != 200:
                    raise _refusal(response.status, await response.read())
                while head := await response.content.read(4):
                    while len(head) < 4:
                        head += await response.content.readexactly(4 - len(head))
                    length = int.from_bytes(head, "big")
                    if length > _LONGEST_SENTENCE or length % 2:
                        raise AwayError("a sentence of impossible length")
                    if length:
                        yield await response.content.readexactly(length)
        except (aiohttp.ClientError, TimeoutError, OSError, asyncio.IncompleteReadError) as error:
            raise AwayError(type(error).__name__) from error

    async def well(self) -> bool:
        """Whether the gateway shows a sign of life; all calls share one ping."""
        at, was = self._pinged
        if time.monotonic() - at < self._patience.ping_every_s:
            return was
        if self._ping is None or self._ping.done():
            self._ping = asyncio.create_task(self._pinging(), name="hotline-ping")
        return await asyncio.shield(self._ping)

    async def lost(self, after_s: float) -> None:
        """Return when the gateway has shown no sign of life for ``after_s`` seconds from now on."""
        seen = time.monotonic()
        while True:
            asked = time.monotonic()
            if await self.well():
                seen = asked
            if time.monotonic() - seen >= after_s:
                return
            await asyncio.sleep(self._patience.ping_every_s)

    async def found(self) -> None:
        """Return when the gateway shows a sign of life."""
        while True:
            if await self.well():
                return
            await asyncio.sleep(self._patience.ping_every_s)

    async def close(self) -> None:
        """End what is still being asked. The HTTP session is the owner's to close."""
        if self._ping is not None:
            self._ping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ping

    async def _while_alive(self, part: Part, work: Coroutine[Any, Any, T]) -> T:
        """The result of ``work``. Raises: AwayError when ``part``, which does it, shows no sign of life meanwhile."""
        task, dead = asyncio.ensure_future(work), asyncio.ensure_future(self._silence_of(part))
        try:
            await asyncio.wait({task, dead}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise AwayError(f"{part} is silent")
        finally:
            task.cancel()
            dead.cancel()
            await asyncio.wait({task, dead})

    async def _silence_of(self, part: Part) -> None:
        """Return when the gateway says that ``part`` shows no sign of life."""
        while not (await self.well() and part in self._silent):  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(self._patience.ping_every_s)

    async def _pinging(self) -> bool:
        try:
            timeout = aiohttp.ClientTimeout(total=self._patience.ping_s)
            async with self._http.get(f"{self._base}/signs", headers=self._headers, timeout=timeout) as response:
                well = response.status == 200
                self._silent = Signs.model_validate_json(await response.read()).silent if well else frozenset()
        except (aiohttp.ClientError, TimeoutError, OSError, ValidationError):
            well, self._silent = False, frozenset()
        self._pinged = (time.monotonic(), well)
        return well

    async def _asked(self, method: str, path: str, body: Model, answer: type[M], timeout_s: float) -> M:
        return _parsed(answer, *await self._request(method, path, body, timeout_s))

    async def _request(self, method: str, path: str, body: Model, timeout_s: float) -> tuple[int, bytes]:
        """Asked until there is an answer: every request may be repeated. Gives up with the last of the pauses."""
        timeout, data = aiohttp.ClientTimeout(total=timeout_s, sock_connect=1.0), body.model_dump(mode="json")
        for pause in (*_PAUSES_S, None):
            try:
                async with self._http.request(
                    method, self._base + path, json=data, headers=self._headers, timeout=timeout
                ) as response:
                    content = await response.read()
                    if response.status >= 300:
                        raise _refusal(response.status, content)
                    return response.status, content
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                if pause is None:
                    raise AwayError(type(error).__name__) from error
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")


def _parsed(model: type[M], status: int, body: bytes) -> M:
    if status >= 300:
        raise _refusal(status, body)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise AwayError("an answer that does not fit") from error


class _ErrorBody(Model):
    code: str
    message: str


class _Failure(Model):
    error: _ErrorBody


def _refusal(status: int, body: bytes) -> UpstreamError:
    try:
        error = _Failure.model_validate_json(body).error
    except ValidationError:
        return AwayError(f"status {status}")
    if error.code in _DEAD:
        return AwayError(error.code)
    return NothingHeardError() if error.code == "heard_nothing" else RefusedError(error.code, error.message, status)
