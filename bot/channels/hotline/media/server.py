"""The line process as an aiohttp application, and the AudioSocket port beside it.

``GET /asterisk?call_id=&caller=&called=&key=``
    ``chan_websocket``; ``&purpose=`` for a call that we made.
``POST /calls`` (form ``call_id``, ``caller``, ``called``, ``key``)
    Announces a call that comes by AudioSocket: ``ok``, or ``busy`` and other reasons why not.
``GET /calls/{id}/next?key=``
    Where the caller goes now: ``person`` or ``hangup``; a person in every doubt.
``GET /calls/{id}/summary?key=``, ``GET /calls/{id}/briefing.wav?key=``
    One line for the person who takes over, written and spoken. The key may also come as the password of basic
    authentication: Asterisk's ``Set(CURL(address)=file)`` takes no address with an equals sign in it.
``GET /healthz``, ``/readyz``, ``/metrics``
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import BasicAuth, web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest

from bot.channels.hotline.call.session import Ended, Next, Recording
from bot.channels.hotline.line import Line
from bot.channels.hotline.media.audiosocket import AudioSocketProtocol
from bot.channels.hotline.media.callbook import Call, CallBook, RefusedCallError, call_id_of
from bot.channels.hotline.media.clock import Clock
from bot.channels.hotline.media.recording import RecordedLine, Recorder
from bot.channels.hotline.media.talks import BRIEFING_RATE
from bot.channels.hotline.media.websocket import PROTOCOL, MediaConnection
from voice.samples import wav

log = logging.getLogger(__name__)
_ACTIVE = Gauge("xiangyin_hotline_active_calls", "Calls that go on")
_CALLS = Counter("xiangyin_hotline_calls_total", "Calls that ended, by what came next", ["next"])
_TASKS = Gauge("xiangyin_hotline_tasks", "Tasks of the event loop: some for each call that goes on")
_REFUSED = Counter("xiangyin_hotline_refused_total", "Calls that were not taken", ["why"])
_BRIEFING_S = 8.0
"""The employee waits no longer for it."""
_HEARTBEAT_S = 30.0
_MOST_MESSAGE_BYTES = 128 * 1024
_MOST_FORM_BYTES, _MOST_FIELDS = 16 * 1024, 50


@dataclass(frozen=True)
class LineConfig:
    """What the line process is told.

    Attributes:
        key: the secret that the telephone system shows.
        host: both ports listen there.
        audiosocket_port: 0 for any.
        most_calls: at the same time; more go to a person.
        record: the folder for recordings; None: calls are not recorded.
    """

    key: str
    host: str
    audiosocket_port: int
    most_calls: int
    record: Path | None = None


class Talker(Protocol):
    """Who talks with the callers, see ``talks.Talks``."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ready(self) -> dict[str, bool]: ...

    async def talk(self, line: Line, recording: Recording | None) -> Ended: ...

    async def brief(self, summary: str) -> bytes: ...


class Hotline:
    """Takes calls from the telephone system and has ``talker`` talk with each."""

    def __init__(self, config: LineConfig, talker: Talker) -> None:
        self._config, self._talker = config, talker
        self._book, self._clock = CallBook(config.most_calls), Clock()
        self._talks: dict[str, asyncio.Task[None]] = {}
        self._briefings: dict[str, asyncio.Task[bytes]] = {}
        self.audiosocket_port = 0
        """Known once the application has started."""

    def application(self) -> web.Application:
        """The HTTP side; the AudioSocket port opens and closes with it."""
        app = web.Application(client_max_size=_MOST_FORM_BYTES)
        app.cleanup_ctx.append(self._lifetime)
        app.add_routes(
            [
                web.get("/asterisk", self._asterisk),
                web.post("/calls", self._announce),
                web.get("/calls/{id}/next", self._next),
                web.get("/calls/{id}/summary", self._summary),
                web.get("/calls/{id}/briefing.wav", self._briefing),
                web.get("/healthz", self._healthz),
                web.get("/readyz", self._readyz),
                web.get("/metrics", self._metrics),
            ]
        )
        return app

    async def _lifetime(self, _app: web.Application) -> AsyncIterator[None]:
        await self._talker.start()
        server = await asyncio.get_running_loop().create_server(
            lambda: AudioSocketProtocol(self._book, self._clock, self._answer),
            self._config.host,
            self._config.audiosocket_port,
            backlog=512,
        )
        self.audiosocket_port = server.sockets[0].getsockname()[1]
        yield
        server.close()
        tasks = [*self._briefings.values(), *self._talks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._talker.close()

    # What the telephone system asks.

    async def _asterisk(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        try:
            self._check(query.get("key"))
            call = self._book.announce(
                query.get("call_id"), query.get("caller"), query.get("called"), query.get("purpose")
            )
            self._book.begin(call.call_id)
        except RefusedCallError as error:
            return _refusal(error)
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), compress=False, heartbeat=_HEARTBEAT_S, max_msg_size=_MOST_MESSAGE_BYTES
        )
        connection = MediaConnection(socket, call, self._clock)
        try:
            await socket.prepare(request)
            line = await connection.start()
            if line is not None:
                self._answer(line, call)
                await connection.run()
            else:
                await socket.close()
        except ConnectionError:
            log.info("websocket: the telephone system was gone before the call had begun")
            return web.Response(status=400)
        except ValueError:  # headers that are no text
            return _refusal(RefusedCallError("malformed_handshake", 400))
        finally:
            if call.call_id not in self._talks:
                self._book.end(call, Next.PERSON, None)  # nobody talked with them
        return socket

    async def _announce(self, request: web.Request) -> web.Response:
        try:
            form = await _form(request)
            self._check(form.get("key"))
            self._book.announce(form.get("call_id"), form.get("caller"), form.get("called"), form.get("purpose"))
        except RefusedCallError as error:
            return _refusal(error)
        return web.Response(text="ok")

    async def _next(self, request: web.Request) -> web.Response:
        try:
            call_id = self._asked(request)
        except RefusedCallError as error:
            return _refusal(error)
        return web.Response(text=await self._book.following(call_id))

    async def _summary(self, request: web.Request) -> web.Response:
        try:
            call = self._book.get(self._asked(request))
        except RefusedCallError as error:
            return _refusal(error)
        return web.Response(text=call.summary if call else "")

    async def _briefing(self, request: web.Request) -> web.Response:
        try:
            call_id = self._asked(request)
        except RefusedCallError as error:
            return _refusal(error)
        task = self._briefings.get(call_id)
        if task is None:
            return web.Response(status=404, text="nothing to say")
        try:
            sound = await asyncio.wait_for(asyncio.shield(task), _BRIEFING_S)
        except TimeoutError:
            sound = b""
        if not sound:
            return web.Response(status=404, text="nothing to say")
        return web.Response(body=wav(sound, BRIEFING_RATE), content_type="audio/wav")

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def _readyz(self, _request: web.Request) -> web.Response:
        parts = await self._talker.ready()
        return web.json_response(
            {"ready": all(parts.values()), "parts": parts}, status=200 if all(parts.values()) else 503
        )

    async def _metrics(self, _request: web.Request) -> web.Response:
        _TASKS.set(len(asyncio.all_tasks()))
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _check(self, key: str | None) -> None:
        if not hmac.compare_digest((key or "").encode(errors="replace"), self._config.key.encode()):
            raise RefusedCallError("wrong_key", 403)

    def _asked(self, request: web.Request) -> str:
        self._check(request.query.get("key") or _password(request))
        return call_id_of(request.match_info["id"])

    # A call.

    def _answer(self, line: Line, call: Call) -> None:
        task = asyncio.create_task(self._talk(line, call), name=f"hotline-call-{call.call_id}")
        self._talks[call.call_id] = task
        task.add_done_callback(lambda _: self._talks.pop(call.call_id, None))

    async def _talk(self, line: Line, call: Call) -> None:
        _ACTIVE.set(self._book.active)
        folder = self._config.record
        recorder = Recorder(folder, call.call_id, line.info.rate) if folder is not None else None
        ended: Ended | None = None
        try:
            ended = await self._talker.talk(RecordedLine(line, recorder) if recorder else line, recorder)
        except Exception:
            log.exception("a call broke off; it goes to a person")
        finally:
            following, summary = (ended.next, ended.summary) if ended else (Next.PERSON, None)
            if following is Next.PERSON and summary:
                self._brief(call.call_id, summary)
            # Before the line is given back: the dialplan asks at once.
            self._book.end(call, following, summary)
            _ACTIVE.set(self._book.active)
            _CALLS.labels(following).inc()
            await line.hang_up()
            if recorder is not None:
                await recorder.close()

    def _brief(self, call_id: str, summary: str) -> None:
        while len(self._briefings) >= 2 * self._config.most_calls:
            self._briefings.pop(next(iter(self._briefings))).cancel()
        self._briefings[call_id] = asyncio.create_task(self._talker.brief(summary), name="hotline-briefing")


async def _form(request: web.Request) -> dict[str, str]:
    """The fields of an URL-encoded form, which is what CURL() sends, whatever it is said to be.

    Raises:
        RefusedCallError: it cannot be read to its end.
    """
    try:
        body = await request.read()
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except (web.RequestPayloadError, ConnectionError, ValueError):
        raise RefusedCallError("malformed_form", 400) from None


def _password(request: web.Request) -> str | None:
    """Of basic authentication."""
    try:
        password: str = BasicAuth.decode(request.headers.get("Authorization", "")).password
    except ValueError:
        return None
    return password


def _refusal(error: RefusedCallError) -> web.Response:
    _REFUSED.labels(error.code).inc()
    log.info("a request of the telephone system was refused: %s", error.code)
    return web.Response(status=error.status, text=error.code)
