"""One call, as a telephone system carries it."""

from __future__ import annotations

import abc
import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import numpy as np

from benchmarks.hotline.ear import Ear, Span
from benchmarks.hotline.metronome import Metronome
from bot.channels.hotline.line import FRAME_S

ASK_S = aiohttp.ClientTimeout(total=2, connect=1)
"""How long the dialplan waits for an answer (``CURLOPT`` in deploy/asterisk)."""


@dataclass(frozen=True)
class Hotline:
    """Where the line process listens, and the key that the dialplan shows it."""

    host: str
    port: int
    audiosocket_port: int
    key: str

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@dataclass
class Sent:
    """Speech of the caller: from its first sound to its last, as it went out."""

    span: Span
    done: asyncio.Event = field(default_factory=asyncio.Event)


class Phone(abc.ABC):
    """A caller's telephone, with the telephone system between it and the line process.

    Args:
        rate: samples a second.
        silence_suppression: nothing is sent while the caller is silent.
        noise: root mean square of the room that is heard while the caller is silent.
    """

    protocol: str

    def __init__(
        self,
        hotline: Hotline,
        clock: Metronome,
        *,
        rate: int = 8000,
        caller: str | None = "13800000000",
        silence_suppression: bool = False,
        noise: float = 20.0,
        keep: bool = False,
        call_id: str | None = None,
        extra: dict[str, str] | None = None,
    ) -> None:
        self.hotline, self.clock, self.rate, self.caller = hotline, clock, rate, caller
        self.call_id = call_id or str(uuid.uuid4())
        self.extra = extra or {}
        self.frame_bytes = int(rate * FRAME_S) * 2
        self.ear = Ear(keep=keep)
        self.answered = 0.0
        self.keys_sent = ""
        self.said: list[Sent] = []
        self.ended = asyncio.Event()
        self.ended_at = 0.0
        self.why = ""
        self.lost_frames = 0
        """Frames of the assistant that the telephone system threw away."""
        self._suppressed = silence_suppression
        generator = np.random.default_rng(20261127)
        room = generator.normal(0, noise, self.frame_bytes // 2 * 50).astype(np.int16).tobytes()
        self._room = [room[n : n + self.frame_bytes] for n in range(0, len(room), self.frame_bytes)]
        self._out: deque[bytes] = deque()
        self._on_sent: deque[tuple[int, Callable[[float], None]]] = deque()
        self._frames_sent = self._frames_given = 0

    # what the caller does

    @abc.abstractmethod
    async def dial(self) -> None:
        """Connect; the call counts as answered from here on.

        Raises:
            OSError, aiohttp.ClientError: nobody is there.
        """

    def say(self, pcm: bytes) -> Sent:
        """Speak from the next frame on, after what is being spoken; not waited for."""
        sent = Sent(Span(0.0, 0.0))
        frames = [pcm[n : n + self.frame_bytes] for n in range(0, len(pcm), self.frame_bytes)]
        if frames and len(frames[-1]) < self.frame_bytes:
            frames[-1] = frames[-1].ljust(self.frame_bytes, b"\0")

        def begun(at: float) -> None:
            sent.span.began = at

        def over(at: float) -> None:
            sent.span.ended = at + FRAME_S
            sent.done.set()

        self._on_sent += [(self._frames_given, begun), (self._frames_given + len(frames) - 1, over)]
        self._out += frames
        self._frames_given += len(frames)
        self.said.append(sent)
        return sent

    async def say_all(self, pcm: bytes) -> Sent:
        """Speak, and wait until it is said or the call is over."""
        sent = self.say(pcm)
        await self.unless_ended(sent.done.wait())
        return sent

    async def press(self, keys: str, every_s: float = 0.2) -> None:
        """Press keys one after the other."""
        for key in keys:
            if self.ended.is_set():
                return
            self.send_key(key)
            self.keys_sent += key
            await asyncio.sleep(every_s)

    async def listen(self, quiet_s: float = 0.8, at_most_s: float = 30.0, new: bool = True) -> None:
        """Wait until the assistant has spoken (``new``: something more than until now) and been quiet for a while."""
        deadline = time.monotonic() + at_most_s
        before = self.ear.frames
        while time.monotonic() < deadline and not self.ended.is_set():
            if (not new or self.ear.frames > before) and self.ear.quiet_for(time.monotonic()) >= quiet_s:
                return
            await asyncio.sleep(0.02)

    async def listen_for(self, seconds: float, at_most_s: float = 30.0) -> bool:
        """Wait until the assistant has been speaking for so long in one stretch; False if it never did."""
        deadline = time.monotonic() + at_most_s
        while time.monotonic() < deadline and not self.ended.is_set():
            now = time.monotonic()
            span = self.ear.spans[-1] if self.ear.spans else None
            if span and now - span.ended < 0.1 and span.ended - span.began >= seconds:
                return True
            await asyncio.sleep(0.02)
        return False

    async def unless_ended(self, waiting: object) -> None:
        """Wait for something, but no longer than the call lasts."""
        tasks = [asyncio.ensure_future(waiting), asyncio.ensure_future(self.ended.wait())]  # type: ignore[call-overload]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()

    @abc.abstractmethod
    async def hang_up(self) -> None:
        """The caller hangs up."""

    async def next_step(self) -> str:
        """What the dialplan does after the call: ``hangup``, and ``person`` for everything else."""
        async with aiohttp.ClientSession(timeout=ASK_S) as session:
            try:
                url = f"{self.hotline.url}/calls/{self.call_id}/next"
                async with session.get(url, params={"key": self.hotline.key}) as answer:
                    said = (await answer.text()).strip()
            except (aiohttp.ClientError, OSError, TimeoutError):
                said = ""
        return said if said == "hangup" else "person"

    # what the telephone system does

    def _start(self) -> None:
        self.answered = time.monotonic()
        self.clock.join(self._tick)

    def _end(self, why: str) -> None:
        if self.ended.is_set():
            return
        self.why, self.ended_at = why, time.monotonic()
        self.clock.leave(self._tick)
        self.ended.set()

    def _tick(self, due: float) -> None:
        if self._out:
            self.send_audio(self._out.popleft())
            while self._on_sent and self._on_sent[0][0] <= self._frames_sent:
                self._on_sent.popleft()[1](due)
            self._frames_sent += 1
        elif not self._suppressed:
            self.send_audio(self._room[int(due / FRAME_S) % len(self._room)])
        self.play(due)

    @abc.abstractmethod
    def send_audio(self, frame: bytes) -> None: ...

    @abc.abstractmethod
    def send_key(self, key: str) -> None: ...

    @abc.abstractmethod
    def play(self, due: float) -> None:
        """Twenty milliseconds have passed: let the caller hear what is due."""
