"""``chan_websocket``: Asterisk opens the connection, takes audio ahead of time and plays it at its own pace."""

from __future__ import annotations

import asyncio
import json
from collections import deque

import aiohttp

from benchmarks.hotline.ear import PAUSE_S
from benchmarks.hotline.phone import Phone
from bot.channels.hotline.line import FRAME_S

QUEUE_FRAMES, XOFF_FRAMES, XON_FRAMES = 1000, 900, 800
MAX_TEXT, MAX_MESSAGE = 128, 65500
"""Longer commands are ignored, longer messages end the call."""
UNDERRUN_MAX_S = 1.0
"""A longer silence than this without a mark is a pause that was meant, no gap in a voice."""


class WebSocketPhone(Phone):
    """Attributes:
    early_audio: the first frames of the caller arrive before MEDIA_START, as they may.
    close_frame: the caller's hang-up comes with a close frame, not as the plain end of the connection.
    longest_queue: frames that waited at most.
    ignored: commands that Asterisk would not have taken, by why.
    """

    protocol = "websocket"

    def __init__(self, *args: object, early_audio: bool = False, close_frame: bool = True, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.early_audio, self.close_frame = early_audio, close_frame
        self.longest_queue = 0
        self.ignored: list[str] = []
        self._queue: deque[bytes | str] = deque()
        self._frames = 0
        self._full = self._bulk = self._paused = False
        self._left = b""
        self._empty_ticks = 0
        self._marked = True
        self._outbox: deque[bytes | str] = deque()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def _optimal(self) -> int:
        return self.frame_bytes

    async def dial(self) -> None:
        self._session = aiohttp.ClientSession()
        query = {"call_id": self.call_id, "caller": self.caller or "", "called": "12345", "key": self.hotline.key}
        try:
            self._socket = await self._session.ws_connect(
                f"{self.hotline.url}/asterisk",
                params=query | self.extra,
                protocols=("media",),
                compress=0,
                max_msg_size=0,
                autoping=True,
                timeout=aiohttp.ClientWSTimeout(ws_close=1),
            )
        except BaseException:
            await self._session.close()
            raise
        if self.early_audio:
            await self._socket.send_bytes(self._room[0])
        await self._socket.send_str(json.dumps(self._media_start()))
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
        self._start()

    def _media_start(self) -> dict[str, object]:
        return {
            "event": "MEDIA_START",
            "connection_id": "xiangyin",
            "channel": "WebSocket/xiangyin/0x7f00",
            "channel_id": f"{self.call_id[:8]}.1",
            "format": "slin" if self.rate == 8000 else "slin16",
            "optimal_frame_size": self.frame_bytes,
            "ptime": 20,
            "channel_variables": {"MEDIA_WEBSOCKET_CONNECTION_ID": "xiangyin"},
        }

    def send_audio(self, frame: bytes) -> None:
        self._post(frame)

    def send_key(self, key: str) -> None:
        self._post_event("DTMF_END", digit=key)

    def post_raw(self, message: bytes | str) -> None:
        """Send something that Asterisk would not."""
        self._post(message)

    async def hang_up(self) -> None:
        self._end("caller hung up")
        if self.close_frame:
            await self._socket.close()
        await self.release()

    async def release(self) -> None:
        """Let go of the connection."""
        for task in self._tasks:
            task.cancel()
        await self._session.close()

    def _post_event(self, event: str, **more: str) -> None:
        self._post(json.dumps({"event": event, "channel_id": f"{self.call_id[:8]}.1", **more}))

    def _post(self, message: bytes | str) -> None:
        self._outbox.append(message)
        self._wake.set()

    async def _write(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._outbox:
                    message = self._outbox.popleft()
                    if isinstance(message, bytes):
                        await self._socket.send_bytes(message)
                    else:
                        await self._socket.send_str(message)
        except (ConnectionError, aiohttp.ClientError):
            self._end("connection lost")

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is aiohttp.WSMsgType.BINARY:
                self._take(message.data)
            elif message.type is aiohttp.WSMsgType.TEXT:
                self._command(message.data)
            if self.ended.is_set():
                break
        self._end("closed by the assistant")
        self._tasks[1].cancel()
        await self._session.close()

    def _take(self, payload: bytes) -> None:
        """``process_binary_message``."""
        if len(payload) > MAX_MESSAGE:
            self._end("message too long")
            return
        if self._frames >= QUEUE_FRAMES:
            self.lost_frames += -(-len(payload) // self._optimal)
            return
        if self._bulk:
            payload, self._left = self._left + payload, b""
        whole = len(payload) // self._optimal * self._optimal
        for n in range(0, whole, self._optimal):
            self._enqueue(payload[n : n + self._optimal])
        if self._bulk:
            self._left = payload[whole:]
        elif whole < len(payload):
            self.lost_frames += 1  # what fills no frame is thrown away

    def _enqueue(self, frame: bytes) -> None:
        self._queue.append(frame)
        self._frames += 1
        self.longest_queue = max(self.longest_queue, self._frames)
        if not self._full and self._frames >= XOFF_FRAMES:
            self._full = True
            self._post_event("MEDIA_XOFF")

    def _command(self, text: str) -> None:
        """``handle_command``."""
        if len(text.encode()) > MAX_TEXT:
            self.ignored.append("too long")
            return
        try:
            given = json.loads(text)
            command = given["command"]
        except (ValueError, KeyError, TypeError):
            self.ignored.append("no JSON command")
            return
        mark = str(given.get("correlation_id", ""))
        if command == "START_MEDIA_BUFFERING":
            self._bulk = True
        elif command == "STOP_MEDIA_BUFFERING":
            self._bulk = False
            if self._left:
                self._enqueue(self._left.ljust(self._optimal, b"\0"))
                self._left = b""
            self._queue.append(self._event("MEDIA_BUFFERING_COMPLETED", mark))
        elif command == "MARK_MEDIA":
            self._queue.append(self._event("MEDIA_MARK_PROCESSED", mark))
        elif command == "FLUSH_MEDIA":
            self._queue.clear()
            self._frames, self._bulk, self._left, self._marked = 0, False, b"", True
        elif command in ("PAUSE_MEDIA", "CONTINUE_MEDIA"):
            self._paused = command == "PAUSE_MEDIA"
        elif command == "HANGUP":
            self._end("hung up by the assistant")
        elif command not in ("ANSWER", "GET_STATUS", "REPORT_QUEUE_DRAINED"):
            self.ignored.append(f"unknown command {command}")

    def _event(self, event: str, mark: str) -> str:
        return json.dumps({"event": event, "channel_id": f"{self.call_id[:8]}.1", "correlation_id": mark})

    def play(self, due: float) -> None:
        """``dequeue_frame``: controls take no time; without a frame Asterisk makes silence itself."""
        if self._paused:  # a flush does not end it: its sources say so, whatever its documentation says
            return
        if self._full and self._frames < XON_FRAMES:
            self._full = False
            self._post_event("MEDIA_XON")
        while self._queue and isinstance(self._queue[0], str):
            self._post(self._queue.popleft())
            self._marked = True
        if not self._queue:
            self._empty_ticks += 1
            return
        frame = self._queue.popleft()
        assert isinstance(frame, bytes)
        self._frames -= 1
        missing = self._empty_ticks * FRAME_S
        if missing and not self._marked and self.ear.quiet_for(due - missing) <= PAUSE_S and missing <= UNDERRUN_MAX_S:
            self.ear.missed(missing + FRAME_S)
        self._empty_ticks, self._marked = 0, False
        self.ear.hear(due, frame, FRAME_S)
