"""What is to be heard on a line that we pace ourselves: sounds behind one another without a gap, frame by frame."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field


@dataclass
class _Sound:
    pcm: bytes
    heard: asyncio.Future[None]
    at: int = field(default=0)


class Player:
    """Sounds of one line. ``size``: bytes of a frame."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._sounds: deque[_Sound] = deque()
        self._closed = False

    async def play(self, pcm: bytes) -> None:
        """See ``Line.play``: cancelled, all stops, and who waits for other sounds of this line returns."""
        if self._closed or not pcm:
            return
        sound = _Sound(pcm, asyncio.get_running_loop().create_future())
        self._sounds.append(sound)
        try:
            await sound.heard
        except asyncio.CancelledError:
            self.stop()
            raise

    def frame(self) -> bytes | None:
        """The next frame, None when nothing is to be heard. A sound that ends in it is followed by the next one."""
        if not self._sounds:
            return None
        frame = b""
        while self._sounds and len(frame) < self._size:
            sound = self._sounds[0]
            piece = sound.pcm[sound.at : sound.at + self._size - len(frame)]
            sound.at += len(piece)
            frame += piece
            if sound.at >= len(sound.pcm):
                self._sounds.popleft()
                _done(sound.heard)
        return frame.ljust(self._size, b"\0")

    def stop(self) -> None:
        """Nothing more is to be heard of what was given."""
        while self._sounds:
            _done(self._sounds.popleft().heard)

    def close(self) -> None:
        """The line is gone: nothing can be heard any more."""
        self._closed = True
        self.stop()


def _done(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
