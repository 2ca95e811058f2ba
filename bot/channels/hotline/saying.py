"""What a call says: sentence by sentence, the next one fetched while one is heard, stopped at once when it must."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass

from bot.channels.hotline.line import Line
from bot.channels.hotline.prompts import PromptBook, chime, hold_tone
from bot.channels.hotline.upstream import RefusedError, Upstream, UpstreamError

_AHEAD = 2
_UNMADE_S = 2.0
_BUSY_S = 0.5


@dataclass(frozen=True)
class Saying:
    """Something to say. ``fixed``: a sentence of the prompts, there without anybody's help."""

    text: str
    must_hear: bool = False
    fixed: bool = False


def fixed(*texts: str) -> list[Saying]:
    """Sentences of the prompts."""
    return [Saying(text, fixed=True) for text in texts]


class Voice:
    """Turns sayings into PCM at one call's rate."""

    def __init__(self, upstream: Upstream, prompts: PromptBook, rate: int) -> None:
        self._upstream, self._prompts, self.rate = upstream, prompts, rate

    async def pieces(self, saying: Saying) -> AsyncGenerator[bytes, None]:
        """Its sentences, each as it is ready. Raises: AwayError, RefusedError; never for a fixed one."""
        made = self._prompts.sound(saying.text, self.rate) if saying.fixed else None
        if made:
            yield made
        elif saying.fixed:
            for piece in await self._unmade(saying.text):
                yield piece
        else:
            for last in (False, True):
                begun = False
                try:
                    async with contextlib.aclosing(self._upstream.speech(saying.text, self.rate)) as spoken:
                        async for piece in spoken:
                            begun = True
                            yield piece
                    return
                except RefusedError:
                    if begun or last:
                        raise
                await asyncio.sleep(_BUSY_S)  # its queue was full

    async def _unmade(self, text: str) -> list[bytes]:
        with contextlib.suppress(UpstreamError, TimeoutError):
            async with asyncio.timeout(_UNMADE_S):
                return [piece async for piece in self._upstream.speech(text, self.rate)]
        return [chime(self.rate)]


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
        begun = [saying for saying, _pcm in self._pieces[: self.at]]
        left = {id(saying) for saying, _pcm in self._pieces[self.at :]}
        return [s for s in self.sayings if s.must_hear and (id(s) in left or not any(s is b for b in begun))]

    def prefetch(self) -> None:
        """Begin (or go on) to fetch what is next."""
        if self._error is None and self._fetched < len(self.sayings) and self._fetching is None:
            self._fetching = asyncio.create_task(self._fetch(), name="hotline-fetch")

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
                saying = self.sayings[self._fetched]
                have, number = sum(1 for said, _pcm in self._pieces if said is saying), 0  # of a fetch that was cut off
                async with contextlib.aclosing(self._voice.pieces(saying)) as pieces:
                    async for piece in pieces:
                        number += 1
                        if number > have:
                            self._pieces.append((saying, piece))
                            self._changed.set()
                            await self._room()
                self._fetched += 1
                self._changed.set()
        except UpstreamError as error:
            self._error = error
        finally:
            self._fetching = None
            self._changed.set()

    async def _room(self) -> None:
        while len(self._pieces) - self.at > _AHEAD:
            self._changed.clear()
            await self._changed.wait()


class Mouth:
    """A call's own voice: one thing at a time.

    Args:
        playing: told when the voice begins and ends, for who tells speech from echo and murmuring.
        sounds: told when the first sound of a script goes out.
        tone_after_s: a sentence that is so late has a soft tone before it.
    """

    def __init__(
        self, line: Line, rate: int, tone_after_s: float, playing: Callable[[bool], None], sounds: Callable[[], None]
    ) -> None:
        self._line, self._rate, self._tone_after_s = line, rate, tone_after_s
        self._tell_playing, self._tell_sounds = playing, sounds
        self._task: asyncio.Task[None] | None = None
        self._bound = False
        self._stop_wanted = False
        self.starving = False
        """Whether a sentence is late."""

    @property
    def busy(self) -> bool:
        """Whether something is being said."""
        return self._task is not None

    def stop(self, *, at_once: bool = False) -> bool:
        """Be quiet: now, or after what must be heard (unless ``at_once``). Whether that is now."""
        if self._task is None:
            return False
        if self._bound and not at_once:
            self._stop_wanted = True
            return False
        self._task.cancel()
        return True

    async def say(self, script: Script) -> bool:
        """Say what of ``script`` was not heard yet. Whether it was heard to its end.

        Raises: AwayError, RefusedError: what is left cannot be had.
        """
        if self._task is not None:
            raise RuntimeError("two voices at once")
        self._stop_wanted = False
        self._task = task = asyncio.create_task(self._play(script), name="hotline-voice")
        try:
            await asyncio.wait({task})
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            self._task, self._bound, self.starving = None, False, False
            self._tell_playing(False)
            await script.close()
        if not task.cancelled():
            task.result()
        return script.heard

    async def tone(self) -> None:
        """The soft tone, until it is cancelled. The caller's voice is heard over it as over silence."""
        while True:
            await self._line.play(hold_tone(self._rate))

    async def _play(self, script: Script) -> None:
        begun = False
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
            if not begun:
                begun = True
                self._tell_sounds()
            await self._line.play(pcm)
            script.passed()

    async def _await_piece(self, script: Script) -> None:
        """Wait for a sentence; a caller who waits long hears that we are at it."""
        ready = asyncio.ensure_future(script.ready())
        tone: asyncio.Future[None] | None = None
        try:
            self.starving = True
            await asyncio.wait({ready}, timeout=self._tone_after_s)
            if not ready.done():
                self._tell_playing(False)
                tone = asyncio.ensure_future(self.tone())
                await asyncio.wait({ready})
            ready.result()
        finally:
            self.starving = False
            for task in (ready, tone):
                if task is not None and not task.done():
                    task.cancel()
                    await asyncio.wait({task})
