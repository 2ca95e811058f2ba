"""Asterisk's AudioSocket (application since 18, channel with other rates later): frames over TCP, paced by us.

A frame is a type byte, a 16-bit big-endian length and the payload. Asterisk drops a call that gets no frame for two
seconds or a frame in two pieces, and loses what comes faster than it is spoken: so there is a frame every 20 ms from
the first to the last moment, header and payload in one write, and never two to catch up. A caller's hang-up is a plain
EOF.
Sources: Asterisk's documentation of AudioSocket and ``res_audiosocket``; behaviour seen with Asterisk 22.10.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from typing import cast

from prometheus_client import Counter

from bot.channels.hotline.line import Audio, CallInfo, Event, HungUp, Key, LineCapabilities
from bot.channels.hotline.media.callbook import Call, CallBook, RefusedCallError
from bot.channels.hotline.media.clock import Clock
from bot.channels.hotline.media.noise import Noise
from bot.channels.hotline.media.pending import Pending
from bot.channels.hotline.media.player import Player
from bot.channels.hotline.media.rates import Converter

log = logging.getLogger(__name__)

HANG_UP, UUID, DTMF, ERROR = 0x00, 0x01, 0x03, 0xFF
RATES = {
    0x10: 8000,
    0x11: 12000,
    0x12: 16000,
    0x13: 24000,
    0x14: 32000,
    0x15: 44100,
    0x16: 48000,
    0x17: 96000,
    0x18: 192000,
}
"""Sample rates by type. Some releases of late 2025 used 0x11 for 16 kHz: told apart by the length of a frame."""
_KEYS = frozenset("0123456789*#")
_UUID_S = 2.0
_FORMAT_S = 0.1
"""The first sound tells the rate. Where none comes at once, the line has 8 kHz, as the application always does."""
_MOST_UNKNOWN = 50
_HANG_UP_S = 1.0
_STUCK_BYTES = 64_000
"""Two seconds at 16 kHz that the other side does not take: further frames are left out."""
_FRAMES = Counter("xiangyin_hotline_audiosocket_bad_frames_total", "Frames that AudioSocket does not know", ["why"])
_SKIPPED = Counter("xiangyin_hotline_frames_skipped_total", "Frames not sent because the other side takes none")


class AudioSocketLine:
    """See ``line.Line``."""

    capabilities = LineCapabilities(paces=False, flushes=False, marks=False)

    def __init__(self, call: Call, transport: asyncio.Transport, clock: Clock, rate: int, kind: int) -> None:
        self.info = CallInfo(call.call_id, call.caller, call.called, rate, "audiosocket", call.purpose)
        self.pending = Pending(rate)
        self._transport, self._clock = transport, clock
        self._size = rate // 50 * 2
        self._header = bytes([kind]) + self._size.to_bytes(2, "big")
        self._player, self._noise = Player(self._size), Noise(rate)
        self._gone = asyncio.Event()
        clock.join(self._beat)

    def events(self) -> AsyncIterator[Event]:
        return self.pending.events()

    async def play(self, pcm: bytes) -> None:
        await self._player.play(pcm)

    async def hang_up(self) -> None:
        if self._gone.is_set():
            return
        self._clock.leave(self._beat)
        self._player.close()
        self._transport.write(bytes([HANG_UP, 0, 0]))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._gone.wait(), _HANG_UP_S)
        self._transport.close()

    def ended(self) -> None:
        """The connection is gone."""
        self._gone.set()
        self._clock.leave(self._beat)
        self._player.close()
        self.pending.put(HungUp())

    def _beat(self) -> None:
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > _STUCK_BYTES:
            _SKIPPED.inc()
            return
        self._transport.write(self._header + (self._player.frame() or self._noise.take(self._size)))


class AudioSocketProtocol(asyncio.Protocol):
    """One connection, from its UUID to its end. ``answer`` is called with the line once a call has begun."""

    def __init__(self, book: CallBook, clock: Clock, answer: Callable[[AudioSocketLine, Call], None]) -> None:
        self._book, self._clock, self._answer = book, clock, answer
        self._buffer = bytearray()
        self._call: Call | None = None
        self._line: AudioSocketLine | None = None
        self._converter: Converter | None = None
        self._early: list[Event] = []
        self._unknown = 0
        self._timer: asyncio.TimerHandle | None = None
        self._over = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A telephone system that vanished acknowledges nothing; without this it would be talked to for minutes.
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 10_000)
        self._timer = asyncio.get_running_loop().call_later(_UUID_S, self._refuse, "no_id")

    def data_received(self, data: bytes) -> None:
        buffer, start = self._buffer, 0
        buffer += data
        while not self._over and len(buffer) - start >= 3:
            end = start + 3 + (buffer[start + 1] << 8 | buffer[start + 2])
            if len(buffer) < end:
                break
            self._frame(buffer[start], bytes(buffer[start + 3 : end]))
            start = end
        del buffer[: len(buffer) if self._over else start]

    def connection_lost(self, _exc: Exception | None) -> None:
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._line is not None:
            self._line.ended()
        elif self._call is not None:
            self._book.end(self._call, "hangup", None)

    def _frame(self, kind: int, payload: bytes) -> None:
        if self._call is None:
            if kind != UUID:
                self._refuse("no_id")
            else:
                self._begin(payload)
        elif kind in RATES:
            self._sound(kind, payload)
        elif kind == DTMF:
            digit = payload.decode("latin-1")
            if digit in _KEYS and len(digit) == 1:
                self._put(Key(digit))
        elif kind in (HANG_UP, ERROR):
            if kind == ERROR:
                log.warning("audiosocket: the telephone system reports error %s", payload[:4].hex())
            self._close()
        else:
            _FRAMES.labels("repeated_id" if kind == UUID else "unknown_type").inc()
            self._unknown += 1
            if kind == UUID or self._unknown > _MOST_UNKNOWN:
                log.warning("audiosocket: a connection that makes no sense is closed")
                self._close()

    def _begin(self, payload: bytes) -> None:
        try:
            if len(payload) != 16:
                raise RefusedCallError("malformed_id", 400)
            self._call = self._book.begin(str(uuid.UUID(bytes=payload)))
        except RefusedCallError as error:
            self._refuse(error.code)
            return
        assert self._timer is not None
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_FORMAT_S, self._open, 0x10, 8000)

    def _sound(self, kind: int, payload: bytes) -> None:
        if len(payload) % 2 or not payload:
            _FRAMES.labels("odd_length").inc()
            payload = payload[: len(payload) // 2 * 2]
        rate = 16000 if kind == 0x11 and len(payload) == 640 else RATES[kind]
        if self._line is None:
            # Our own side is 8 or 16 kHz whatever comes in; 0x12 is 16 kHz wherever 0x11 is not.
            own = 8000 if rate == 8000 else 16000
            self._open(kind if own in (rate, RATES[kind]) else 0x12, own)
        assert self._line is not None
        if payload:
            own = self._line.info.rate
            if self._converter is None or self._converter.given != rate:
                self._converter = Converter(rate, own)
            self._put(Audio(self._converter(payload)))

    def _open(self, kind: int, rate: int) -> None:
        if self._line is not None or self._call is None or self._over:
            return
        assert self._timer is not None
        self._timer.cancel()
        self._line = AudioSocketLine(self._call, self._transport, self._clock, rate, kind)
        for event in self._early:
            self._line.pending.put(event)
        self._early.clear()
        self._answer(self._line, self._call)

    def _put(self, event: Event) -> None:
        if self._line is not None:
            self._line.pending.put(event)
        elif len(self._early) < _MOST_UNKNOWN:
            self._early.append(event)

    def _refuse(self, why: str) -> None:
        if self._over:
            return
        _FRAMES.labels(why).inc()
        log.info("audiosocket: a connection was refused: %s", why)
        self._transport.write(bytes([HANG_UP, 0, 0]))
        self._close()

    def _close(self) -> None:
        self._over = True
        self._transport.close()
