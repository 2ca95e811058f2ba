"""Asterisk's ``chan_websocket`` (22.8, 20.18 and later): it calls us, plays at its own pace and can flush and mark."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator

from aiohttp import WSMsgType, web
from prometheus_client import Counter

from bot.channels.hotline.line import Audio, CallInfo, Event, HungUp, Key, LineCapabilities
from bot.channels.hotline.media.ahead import AheadPlayer
from bot.channels.hotline.media.callbook import Call
from bot.channels.hotline.media.clock import Clock
from bot.channels.hotline.media.codecs import FORMATS, Format
from bot.channels.hotline.media.media_messages import Message, command, parsed
from bot.channels.hotline.media.pending import LONGEST_S, Pending

log = logging.getLogger(__name__)

PROTOCOL = "media"
_KEYS = frozenset("0123456789*#")
_START_S = 5.0
_HANG_UP_S = 1.0
_PUMP_EVERY = 5
"""Beats of 20 ms between two looks at what is to be sent."""
_MOST_BAD = 100
_BAD = Counter("xiangyin_hotline_websocket_bad_messages_total", "Messages of chan_websocket that make no sense")


class _Writer:
    """Sends in order; what was not sent yet can be taken back."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket
        self._waiting: deque[str | bytes] = deque()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.as_json = True

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="hotline-websocket-writer")

    def sound(self, data: bytes) -> None:
        self._waiting.append(data)
        self._arrived.set()

    def command(self, name: str, correlation_id: str | None = None) -> None:
        self._waiting.append(command(name, correlation_id, as_json=self.as_json))
        self._arrived.set()

    def take_back(self) -> None:
        self._waiting.clear()

    async def _run(self) -> None:
        while True:
            while self._waiting:
                message = self._waiting.popleft()
                try:
                    if isinstance(message, str):
                        await self._socket.send_str(message)
                    else:
                        await self._socket.send_bytes(message)
                except (ConnectionError, RuntimeError):  # it is closing: the reader notices
                    return
            self._arrived.clear()
            await self._arrived.wait()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task


class WebSocketLine:
    """See ``line.Line``. Exists once the other side has said its format."""

    def __init__(self, call: Call, form: Format, writer: _Writer, clock: Clock, *, marks: bool) -> None:
        self.info = CallInfo(call.call_id, call.caller, call.called, form.rate, "websocket", call.purpose)
        self.capabilities = LineCapabilities(paces=True, flushes=True, marks=marks)
        self.pending = Pending(form.rate)
        self._writer, self._clock = writer, clock
        self.player = AheadPlayer(writer, form, asyncio.get_running_loop().time, marks=marks)
        self._gone = asyncio.Event()
        self._beats = 0
        clock.join(self._beat)

    def events(self) -> AsyncIterator[Event]:
        return self.pending.events()

    async def play(self, pcm: bytes) -> None:
        await self.player.play(pcm)

    async def hang_up(self) -> None:
        if self._gone.is_set():
            return
        self._clock.leave(self._beat)
        self.player.close()
        self._writer.command("HANGUP")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), _HANG_UP_S)

    def ended(self) -> None:
        """The connection is gone."""
        self._gone.set()
        self._clock.leave(self._beat)
        self.player.close()
        self.pending.put(HungUp())

    def _beat(self) -> None:
        self._beats += 1
        if self._beats % _PUMP_EVERY == 0:
            self.player.pump()


class MediaConnection:
    """One connection of ``chan_websocket``: its messages become a line's events."""

    def __init__(self, socket: web.WebSocketResponse, call: Call, clock: Clock) -> None:
        self._socket, self._call, self._clock = socket, call, clock
        self._writer = _Writer(socket)
        self._line: WebSocketLine | None = None
        self._format: Format | None = None
        self._early = bytearray()
        self._bad = 0

    async def start(self) -> WebSocketLine | None:
        """The line, once the other side has said how it sends sound; None when it does not, or not as we can."""
        try:
            async with asyncio.timeout(_START_S):
                while self._line is None:
                    message = await self._socket.receive()
                    if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR):
                        return None
                    if not self._take(message.type, message.data):
                        return None
        except TimeoutError:
            log.warning("websocket: no MEDIA_START within %.0f s", _START_S)
            return None
        return self._line

    async def run(self) -> None:
        """Take what comes until the connection is closed."""
        try:
            async for message in self._socket:
                if not self._take(message.type, message.data):
                    break
        finally:
            if self._line is not None:
                self._line.ended()
            await self._writer.close()
            await self._socket.close()

    def _take(self, kind: WSMsgType, data: str | bytes) -> bool:
        """Whether the connection makes sense so far."""
        if kind is WSMsgType.BINARY and isinstance(data, bytes):
            self._sound(data)
        elif kind is WSMsgType.TEXT and isinstance(data, str):
            said = parsed(data)
            if said is None:
                _BAD.inc()
                self._bad += 1
            elif said.event == "MEDIA_START" and self._line is None:
                return self._begin(said)
            elif self._line is not None:
                self._event(said, self._line)
        if self._bad > _MOST_BAD:
            log.warning("websocket: a connection that makes no sense is closed")
        return self._bad <= _MOST_BAD

    def _sound(self, data: bytes) -> None:
        if self._line is None or self._format is None:
            # Sound may come before MEDIA_START; a second of it is kept (16 kHz PCM has 32,000 bytes).
            self._early += data[: max(0, int(LONGEST_S / 2 * 32_000) - len(self._early))]
        elif pcm := self._format.decode(data):
            self._line.pending.put(Audio(pcm))

    def _begin(self, said: Message) -> bool:
        form = FORMATS.get(said.fields.get("format", ""))
        if form is None:
            log.error("websocket: format %r is not spoken here; use c(slin), c(slin16), c(ulaw) or c(alaw)",
                      said.fields.get("format", "")[:20])  # fmt: skip
            return False
        self._format, self._writer.as_json = form, said.as_json
        self._writer.start()
        # Marks came with JSON; before, the end of a buffered sound is told instead.
        self._line = WebSocketLine(self._call, form, self._writer, self._clock, marks=said.as_json)
        if self._early:
            self._sound(bytes(self._early))
            self._early.clear()
        return True

    def _event(self, said: Message, line: WebSocketLine) -> None:
        if said.event == "DTMF_END":
            digit = said.fields.get("digit", "")
            if digit in _KEYS and len(digit) == 1:
                line.pending.put(Key(digit))
        elif said.event in ("MEDIA_MARK_PROCESSED", "MEDIA_BUFFERING_COMPLETED"):
            line.player.marked(said.fields.get("correlation_id", ""))
        elif said.event in ("MEDIA_XOFF", "MEDIA_XON"):
            line.player.hold(said.event == "MEDIA_XOFF")
        elif said.event == "ERROR":
            log.warning("websocket: the telephone system reports an error")
