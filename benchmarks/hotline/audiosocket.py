"""AudioSocket: Asterisk opens a TCP connection and passes on, without any buffer, what comes."""

from __future__ import annotations

import asyncio
import struct
import time
import uuid

import aiohttp

from benchmarks.hotline.ear import PAUSE_S
from benchmarks.hotline.phone import ASK_S, Phone

HANG_UP, UUID, KEY, AUDIO, ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
SILENT_S = 2.0
"""No frame for so long, from either side, and Asterisk gives up."""
SPLIT_S = 0.005
"""A frame whose rest does not follow within this ends the call."""
JITTER_S = 0.2
"""A telephone buffers about this much; what comes faster than real time beyond it is lost."""


class AudioSocketPhone(Phone):
    """Attributes:
    split: the caller's frames come in two pieces, as TCP may deliver them.
    announce: the dialplan registers the call first.
    """

    protocol = "audiosocket"

    def __init__(self, *args: object, split: bool = False, announce: bool = True, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.split, self.announce = split, announce
        self._due = 0.0
        self._last: float | None = None
        self._last_loud = 0.0
        self._got = bytearray()
        self._active = 0.0
        self._splitting: asyncio.TimerHandle | None = None
        self._rest = b""

    async def dial(self) -> None:
        if self.announce:
            await self.register()
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_connection(
            lambda: _Socket(self), self.hotline.host, self.hotline.audiosocket_port
        )
        self.send_frame(UUID, uuid.UUID(self.call_id).bytes)
        self._active = time.monotonic()
        self._start()

    async def register(self) -> str:
        """What the dialplan's CURL() gets."""
        form = {"call_id": self.call_id, "caller": self.caller or "", "called": "12345", "key": self.hotline.key}
        async with (
            aiohttp.ClientSession(timeout=ASK_S) as session,
            session.post(f"{self.hotline.url}/calls", data=form | self.extra) as answer,
        ):
            return await answer.text()

    def send_frame(self, kind: int, payload: bytes) -> None:
        frame = struct.pack("!BH", kind, len(payload)) + payload
        self._send_rest()
        if self.split and len(frame) > 4:
            self._transport.write(frame[:2])
            self._rest = frame[2:]
            asyncio.get_running_loop().call_later(0.003, self._send_rest)
        else:
            self._transport.write(frame)

    def _send_rest(self) -> None:
        rest, self._rest = self._rest, b""
        if rest and not self._transport.is_closing():
            self._transport.write(rest)

    def send_raw(self, data: bytes) -> None:
        """Send something that Asterisk would not."""
        self._transport.write(data)

    def send_audio(self, frame: bytes) -> None:
        self._active = time.monotonic()
        if not self._transport.is_closing():
            self.send_frame(AUDIO, frame)

    def send_key(self, key: str) -> None:
        self.send_frame(KEY, key.encode())

    async def hang_up(self) -> None:
        self._end("caller hung up")
        self._send_rest()
        self._transport.close()

    async def release(self) -> None:
        self._transport.abort()

    def play(self, _due: float) -> None:
        """Frames are heard as they arrive; here only the time limit is kept."""
        if time.monotonic() - self._active > SILENT_S:
            self._drop("no frame for two seconds")

    def _drop(self, why: str) -> None:
        self._end(why)
        self._transport.close()

    def received(self, data: bytes) -> None:
        now = time.monotonic()
        self._active = now
        self._got += data
        if self._splitting:
            self._splitting.cancel()
            self._splitting = None
        while len(self._got) >= 3:
            kind, size = self._got[0], self._got[1] << 8 | self._got[2]
            if len(self._got) < 3 + size:
                break
            payload = bytes(self._got[3 : 3 + size])
            del self._got[: 3 + size]
            if kind == HANG_UP:
                return self._drop("hung up by the assistant")
            if kind != AUDIO or not payload:
                return self._drop(f"frame of kind {kind:#x} with {size} bytes")
            self._hear(now, payload)
        if self._got:
            self._splitting = asyncio.get_running_loop().call_later(SPLIT_S, self._drop, "split frame")
        return None

    def _hear(self, now: float, payload: bytes) -> None:
        """A frame arrived. It is heard after the ones before it; too far ahead, it is not."""
        seconds = len(payload) / 2 / self.rate
        if self._last is not None and now - self._last_loud <= PAUSE_S:
            self.ear.missed(now - self._last)
        self._last = now
        begins = max(self._due, now)
        if begins - now > JITTER_S:
            self.lost_frames += 1
            return
        self._due = begins + seconds
        before = self.ear.frames
        self.ear.hear(begins, payload, seconds)
        if self.ear.frames > before:
            self._last_loud = now

    def lost(self) -> None:
        """The connection ended."""
        self._end("connection lost" if self._got else "closed by the assistant")


class _Socket(asyncio.Protocol):
    def __init__(self, phone: AudioSocketPhone) -> None:
        self._phone = phone

    def data_received(self, data: bytes) -> None:
        if not self._phone.ended.is_set():
            self._phone.received(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._phone.lost()
