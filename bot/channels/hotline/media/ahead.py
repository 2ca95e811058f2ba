"""Sound sent ahead to a side that plays at its own pace: never more than two seconds, and a mark behind each sound.

The other side's queue holds 20 s and then drops in silence; and what is ahead when the caller interrupts has to be
flushed, so little is.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bot.channels.hotline.media.codecs import Format
from bot.channels.hotline.media.noise import Noise

AHEAD_S = 2.0
_PIECE_S = 0.2
_MARK_S = 1.5
"""A sound whose mark is so late counts as heard: marks are lost when the other side restarts its queue."""


class Sink(Protocol):
    """Where messages go, in order and at once; what waits there of sound can still be taken back."""

    def sound(self, data: bytes) -> None: ...

    def command(self, name: str, correlation_id: str | None = None) -> None: ...

    def take_back(self) -> None: ...


@dataclass
class _Sound:
    data: bytes
    mark: str
    heard: asyncio.Future[None]
    at: int = 0
    heard_by: float = 0.0


class AheadPlayer:
    """Sounds of one line. ``pump`` is to be called several times a second."""

    def __init__(self, sink: Sink, form: Format, clock: Callable[[], float], *, marks: bool) -> None:
        self._sink, self._format, self._now, self._marks = sink, form, clock, marks
        self._piece = int(_PIECE_S * form.rate) * form.width
        self._noise = Noise(form.rate)
        self._unsent: deque[_Sound] = deque()
        self._unheard: dict[str, _Sound] = {}
        self._until = 0.0
        self._noisy = self._stopped = self._closed = False
        self._count = 0

    async def play(self, pcm: bytes) -> None:
        """See ``Line.play``: cancelled, all stops, and who waits for other sounds of this line returns."""
        if self._closed or not pcm:
            return
        self._count += 1
        sound = _Sound(self._format.encode(pcm), f"s{self._count}", asyncio.get_running_loop().create_future())
        self._unsent.append(sound)
        self.pump()
        try:
            await sound.heard
        except asyncio.CancelledError:
            self.stop()
            raise

    def pump(self) -> None:
        """Send what is due."""
        now = self._now()
        for sound in [sound for sound in self._unheard.values() if now > sound.heard_by]:
            self.marked(sound.mark)
        while self._unsent and not self._stopped and self._until - now < AHEAD_S:
            self._send(self._unsent[0], now)
        if not self._unsent and not self._unheard and not self._stopped and self._until - now < _PIECE_S / 2:
            # Idle: a little noise at a time, so that the next words need not wait for it.
            self._noisy = True
            self._sent(self._format.encode(self._noise.take(self._piece // self._format.width * 2)), now)

    def _send(self, sound: _Sound, now: float) -> None:
        if sound.at == 0:
            if self._noisy:
                self._sink.take_back()
                self._sink.command("FLUSH_MEDIA")
                self._noisy, self._until = False, now
            self._sink.command("START_MEDIA_BUFFERING")
        piece = sound.data[sound.at : sound.at + self._piece]
        sound.at += len(piece)
        self._sent(piece, now)
        if sound.at >= len(sound.data):
            self._unsent.popleft()
            self._unheard[sound.mark] = sound
            sound.heard_by = self._until + _MARK_S
            self._sink.command("STOP_MEDIA_BUFFERING", sound.mark)
            if self._marks:
                self._sink.command("MARK_MEDIA", sound.mark)

    def _sent(self, data: bytes, now: float) -> None:
        self._sink.sound(data)
        self._until = max(self._until, now) + len(data) / self._format.width / self._format.rate

    def marked(self, mark: str) -> None:
        """The other side has played up to here."""
        sound = self._unheard.pop(mark, None)
        if sound is not None:
            _done(sound.heard)

    def hold(self, hold: bool) -> None:
        """The other side's queue is full, or is not any more."""
        self._stopped = hold
        if not hold:
            self.pump()

    def stop(self) -> None:
        """Silence: what is ahead is flushed, what waits is dropped."""
        waiting = [*self._unsent, *self._unheard.values()]
        self._unsent.clear()
        self._unheard.clear()
        if waiting and not self._closed:
            self._sink.take_back()
            self._sink.command("FLUSH_MEDIA")
            self._until = self._now()
        for sound in waiting:
            _done(sound.heard)

    def close(self) -> None:
        """The line is gone."""
        self._closed = True
        self.stop()


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
