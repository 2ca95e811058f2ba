"""What a call says: sentence by sentence, the next one fetched while one is heard, stopped at once when it must."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from bot.channels.hotline.call.prompts import PromptBook, chime, hold_tone
from bot.channels.hotline.call.upstream import AwayError, Upstream, UpstreamError
from bot.channels.hotline.line import Line

_AHEAD = 2
_UNMADE_S = 2.0
_AGAIN_S = 0.5


@dataclass(frozen=True)
class Saying:
    """Something to say: ``text``, or sentences of the prompts (``fixed``), which need nobody's help."""

    text: str = ""
    must_hear: bool = False
    fixed: tuple[str, ...] = ()


def fixed(*texts: str, must_hear: bool = False) -> list[Saying]:
    """Sentences of the prompts, one by one."""
    return [Saying(must_hear=must_hear, fixed=(text,)) for text in texts]


class Voice:
    """Turns sayings into PCM at one call's rate."""

    def __init__(self, upstream: Upstream, prompts: PromptBook, rate: int) -> None:
        self._upstream, self._prompts, self.rate = upstream, prompts, rate
        self.fetching: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """The call is over: nothing is fetched any more."""
        if self.fetching:
            for task in self.fetching:
                task.cancel()
            await asyncio.wait(self.fetching)

    async def pieces(self, saying: Saying) -> AsyncGenerator[bytes, None]:
        """Its sentences, each as it is ready. Raises: AwayError, RefusedError; never for a fixed one."""
        if saying.fixed:
            yield b"".join([await self._fixed(text) for text in saying.fixed])
        else:
            async with contextlib.aclosing(self._upstream.speech(saying.text, self.rate)) as spoken:
                async for piece in spoken:
                    yield piece

    async def _fixed(self, text: str) -> bytes:
        if made := self._prompts.sound(text, self.rate):
            return made
        with contextlib.suppress(UpstreamError, TimeoutError):
            async with asyncio.timeout(_UNMADE_S):
                return b"".join([piece async for piece in self._upstream.speech(text, self.rate)])
        return chime(self.rate)


class Script:
    """Sayings one after the other, and how far they have been heard. The sound is kept: once more costs nothing.

    Attributes:
        at: index of the next piece to be heard.
    """

    def __init__(self, voice: Voice, sayings: Sequence[Saying]) -> None:
        self.sayings = tuple(sayings)
        self.at = 0
        self._voice = voice
        self._pieces: list[tuple[Saying, bytes]] = []
        self._fetched = 0  # sayings
        self._changed = asyncio.Event()
        self._fetching: asyncio.Task[None] | None = None
        self._error: UpstreamError | None = None

    @property
    def heard(self) -> bool:
        """Whether all of it has been heard."""
        return self._fetched == len(self.sayings) and self.at >= len(self._pieces)

    @property
    def owed(self) -> list[Saying]:
        """What must be heard and has not been."""
        return [saying for saying in self.sayings if saying.must_hear and not self.said(saying)]

    def said(self, saying: Saying) -> bool:
        """Whether all of ``saying`` has been heard."""
        fetched = any(saying is known for known in self.sayings[: self._fetched])
        return fetched and not any(saying is left for left, _pcm in self._pieces[self.at :])

    def prefetch(self) -> None:
        """Begin (or go on) to fetch what is next."""
        if self._error is None and self._fetched < len(self.sayings) and self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(), name="hotline-fetch")
            self._voice.fetching.add(self._fetching)
            self._fetching.add_done_callback(self._voice.fetching.discard)

    def rewind(self) -> None:
        """From the beginning."""
        self.at, self._error = 0, None

    async def ready(self) -> None:
        """Return when something can be heard (or nothing is left). Raises: AwayError, RefusedError."""
        self.prefetch()
        while self.at >= len(self._pieces) and self._fetched < len(self.sayings):
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()

    @property
    def piece(self) -> tuple[Saying, bytes] | None:
        """The next piece, if it is there."""
        return self._pieces[self.at] if self.at < len(self._pieces) else None

    def passed(self) -> None:
        """The next piece has been heard."""
        self.at += 1
        self._changed.set()

    async def close(self) -> None:
        """Fetch no more; may be called at any time."""
        fetching, self._fetching = self._fetching, None
        if fetching is not None:
            fetching.cancel()
            await asyncio.wait({fetching})

    async def _fetch(self) -> None:
        try:
            while self._fetched < len(self.sayings):
                try:
                    await self._fetch_saying(self.sayings[self._fetched])
                except UpstreamError:  # its queue was full, or the connection broke
                    await asyncio.sleep(_AGAIN_S)
                    await self._fetch_saying(self.sayings[self._fetched])
                self._fetched += 1
                self._changed.set()
        except UpstreamError as error:
            self._error = error
        finally:
            self._fetching = None
            self._changed.set()

    async def _fetch_saying(self, saying: Saying) -> None:
        """What is there of it, from a fetch that was cut off, stays."""
        have, number = sum(1 for said, _pcm in self._pieces if said is saying), 0
        async with contextlib.aclosing(self._voice.pieces(saying)) as pieces:
            async for piece in pieces:
                number += 1
                if number > have:
                    self._pieces.append((saying, piece))
                    self._changed.set()
                    await self._room()

    async def _room(self) -> None:
        while len(self._pieces) - self.at > _AHEAD:
            self._changed.clear()
            await self._changed.wait()


class Mouth:
    """A call's own voice: one thing at a time.

    Args:
        playing: told when the voice begins and ends, for who tells speech from echo and murmuring.
        lost: set while nobody is there who could speak.
        tone_after_s: a sentence that is so late has a soft tone before it.
    """

    def __init__(self, line: Line, playing: Callable[[bool], None], lost: asyncio.Event, tone_after_s: float) -> None:
        self._line, self._tell_playing = line, playing
        self._lost, self._tone_after_s = lost, tone_after_s
        self._task: asyncio.Task[None] | None = None
        self._bound = self._stop_wanted = False
        self._quiet = asyncio.Event()
        self._quiet.set()

    @property
    def busy(self) -> bool:
        """Whether something is being said."""
        return self._task is not None

    @property
    def bound(self) -> bool:
        """Whether something is being said that must be heard."""
        return self._bound

    def stop(self, *, at_once: bool = False) -> bool:
        """Be quiet: now, or after what must be heard (unless ``at_once``). Whether that is now."""
        if self._task is None:
            return False
        if self._bound and not at_once:
            self._stop_wanted = True
            return False
        self._task.cancel()
        return True

    async def idle(self) -> None:
        """Return when nothing is said."""
        await self._quiet.wait()

    async def say(self, script: Script, sounds: Callable[[], None] | None = None) -> bool:
        """Say what of ``script`` was not heard yet; ``sounds`` is told when it begins. Whether it was heard to its end.

        Raises: AwayError, RefusedError: what is left cannot be had.
        """
        try:
            await self._do(lambda: self._play(script, sounds))
        finally:
            await script.close()
        return script.heard

    async def hum(self, seconds: float) -> None:
        """The soft tone, for so long. The caller's voice is heard over it as over silence."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._do(self._tone)

    async def _do(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        while self._task is not None:
            if not (self._task.done() or self._task.cancelling()):
                raise RuntimeError("two voices at once")
            await self.idle()
        self._stop_wanted = False
        self._quiet.clear()
        self._task = task = asyncio.create_task(work(), name="hotline-voice")
        task.add_done_callback(self._done)
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if not task.cancelled():
            task.result()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._task, self._bound = None, False
        self._quiet.set()
        self._tell_playing(False)
        if not task.cancelled():
            task.exception()  # whoever waits for it looks at it, if there still is somebody

    async def _play(self, script: Script, sounds: Callable[[], None] | None) -> None:
        while True:
            script.prefetch()
            if script.piece is None:
                await self._await_piece(script)
            if (piece := script.piece) is None:
                return
            saying, pcm = piece
            self._bound = saying.must_hear
            if self._stop_wanted and not self._bound:
                return
            self._tell_playing(True)
            if sounds is not None:
                sounds()
                sounds = None
            await self._line.play(pcm)
            script.passed()
            self._bound = self._bound and not script.said(saying)

    async def _await_piece(self, script: Script) -> None:
        """Wait for a sentence; a caller who waits long hears that we are at it."""
        ready, lost = asyncio.ensure_future(script.ready()), asyncio.ensure_future(self._lost.wait())
        waiting: list[asyncio.Future[Any]] = [ready, lost]
        try:
            await asyncio.wait(waiting, timeout=self._tone_after_s, return_when=asyncio.FIRST_COMPLETED)
            if not ready.done() and not lost.done():
                self._tell_playing(False)
                waiting.append(asyncio.ensure_future(self._tone()))
                await asyncio.wait(waiting[:2], return_when=asyncio.FIRST_COMPLETED)
            if not ready.done():
                raise AwayError("lost in mid-sentence")
            ready.result()
        finally:
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)

    async def _tone(self) -> None:
        while True:
            await self._line.play(hold_tone(self._line.info.rate))
