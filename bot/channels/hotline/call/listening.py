"""What a caller says: speech becomes utterances, each recognised while it is spoken and on suspicion of its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.upstream import AwayError, UpstreamError
from bot.channels.hotline.line import Audio, HungUp, Key, Line
from bot.channels.hotline.media.endpointing import Ended, MaybeEnded, Resumed, SpeechEvent, SpeechStarted
from bot.channels.hotline.wire import Expected
from bot.schema import Heard

_TICK_S = 0.03
Hear = Callable[[AsyncIterator[bytes]], Awaitable[Heard]]


class Ears(Protocol):
    """When somebody begins and ends to speak; see :class:`bot.channels.hotline.media.endpointing.EndPointer`."""

    def feed(self, pcm: bytes, now: float) -> list[SpeechEvent]: ...

    def tick(self, now: float) -> list[SpeechEvent]: ...

    def patience(self, expected: Expected, slot: str | None = None) -> None: ...

    def playing(self, playing: bool) -> None: ...

    def reset(self) -> None: ...


@dataclass(frozen=True)
class Said:
    """An utterance and what was heard in it, or why nothing was.

    Attributes:
        outcome: what was heard, or the error.
        ended: when the caller ended, on the monotonic clock; ``heard`` when it was recognised.
        cut: the caller has not ended, we have.
    """

    outcome: Heard | UpstreamError
    ended: float
    heard: float
    cut: bool = False


class _Utterance:
    """One utterance. What is said goes to the recogniser at once; each suspicion of its end closes the request, each
    resumption begins another with all that was said."""

    def __init__(self, hear: Hear, audio: bytes, began: float) -> None:
        self.began, self.ended = began, began
        self.over = self.cut = False
        self._hear = hear
        self._audio = bytearray(audio)
        self._new: asyncio.Queue[bytes] | None = None
        self._hearing: asyncio.Task[Heard] | None = None
        self._open()

    @property
    def audio(self) -> bytes:
        return bytes(self._audio)

    def feed(self, pcm: bytes) -> None:
        self._audio += pcm
        if self._new is not None:
            self._new.put_nowait(pcm)

    def suspected(self) -> None:
        """That was perhaps all."""
        if self._new is not None:
            self._new.put_nowait(b"")
            self._new = None

    def resumed(self) -> None:
        """It was not."""
        self.abandon()
        self.over = False
        self._open()

    def abandon(self) -> None:
        """Nobody wants to know any more."""
        if self._hearing is not None:
            self._hearing.cancel()
        self._hearing = self._new = None

    async def heard(self) -> Heard:
        """What was heard. Raises: UpstreamError; asyncio.CancelledError when it goes on."""
        if self._hearing is None:
            raise asyncio.CancelledError
        try:
            return await self._hearing
        except AwayError:
            self._open()  # once more: the sound is here
            self.suspected()
            return await self._hearing

    def _open(self) -> None:
        self._new = asyncio.Queue()
        self._new.put_nowait(bytes(self._audio))
        self._hearing = asyncio.create_task(self._ask(self._new), name="hotline-hear")
        self._hearing.add_done_callback(_seen)

    async def _ask(self, pieces: asyncio.Queue[bytes]) -> Heard:
        async def spoken() -> AsyncIterator[bytes]:
            while piece := await pieces.get():
                yield piece

        return await self._hear(spoken())


class Ear:
    """Listens to one line until it is hung up.

    Args:
        hear: recognises an utterance.
        ears: tells speech from silence.
        on_speech: somebody begins to speak, since that time; called at once.
        on_end: somebody has ended, or was cut short.
        on_key: a key was pressed.

    Attributes:
        last_voice: when the caller was last taken to have ended; ``spoke_until``: the end itself, a pause earlier.
    """

    def __init__(
        self,
        line: Line,
        hear: Hear,
        ears: Ears,
        pace: Pace,
        *,
        on_speech: Callable[[float], None],
        on_end: Callable[[], None],
        on_key: Callable[[str], None],
    ) -> None:
        self._line, self._hear, self._ears, self._pace = line, hear, ears, pace
        self._on_speech, self._on_end, self._on_key = on_speech, on_end, on_key
        self._utterance: _Utterance | None = None
        self._deaf = False
        self._changed = asyncio.Event()
        self.last_voice = self.spoke_until = time.monotonic()

    @property
    def speaking(self) -> bool:
        """Whether the caller speaks (or pauses for breath)."""
        return self._utterance is not None and not self._utterance.over

    @property
    def pending(self) -> bool:
        """Whether the caller has said something that :meth:`said` was not asked for."""
        return self._utterance is not None and self._utterance.over

    async def quiet(self) -> None:
        """Return when the caller does not speak."""
        while self.speaking:
            self._changed.clear()
            await self._changed.wait()

    async def listen(self) -> None:
        """Return when the line is hung up."""
        ticking = asyncio.create_task(self._tick(), name="hotline-tick")
        try:
            async for event in self._line.events():
                if isinstance(event, Audio):
                    self._take(event.pcm)
                elif isinstance(event, Key):
                    self._on_key(event.digit)
                elif isinstance(event, HungUp):
                    return
        finally:
            ticking.cancel()
            self.forget()
            await asyncio.wait({ticking})

    async def said(self) -> Said | None:
        """The utterance that ended, recognised. Should the caller go on before, it is longer and comes later; None when
        it was thrown away."""
        while (utterance := self._utterance) is not None:
            if not utterance.over:
                self._changed.clear()
                await self._changed.wait()
                continue
            outcome = await self._outcome(utterance)
            if outcome is not None and utterance is self._utterance and utterance.over:
                self._utterance = None
                return Said(outcome, utterance.ended, time.monotonic(), utterance.cut)
        return None

    def attend(self) -> None:
        """Listen again after somebody was cut short."""
        if self._deaf:
            self._deaf = False
            self._ears.reset()

    def forget(self) -> None:
        """Throw away what is being said."""
        if self._utterance is not None:
            self._utterance.abandon()
            self._utterance = None
        self._ears.reset()
        self._changed.set()

    async def _outcome(self, utterance: _Utterance) -> Heard | UpstreamError | None:
        """None: the caller went on, or it was thrown away."""
        asked = asyncio.ensure_future(utterance.heard())
        try:
            await asyncio.wait({asked})
        finally:
            asked.cancel()
        if asked.cancelled():
            return None
        error = asked.exception()
        if error is None:
            return asked.result()
        if isinstance(error, UpstreamError):
            return error
        raise error

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(_TICK_S)
            if not self._deaf:
                self._happened(self._ears.tick(time.monotonic()))

    def _take(self, pcm: bytes) -> None:
        if self._deaf:
            return
        events = self._ears.feed(pcm, time.monotonic())
        if self._utterance is not None and not self._utterance.over:
            self._utterance.feed(pcm)
        self._happened(events)
        utterance = self._utterance
        if utterance is not None and not utterance.over:
            now = time.monotonic()
            if now - utterance.began >= self._pace.longest_utterance_s:
                utterance.cut = self._deaf = True
                self._ears.reset()
                self._over(utterance, now)

    def _happened(self, events: list[SpeechEvent]) -> None:
        for event in events:
            if isinstance(event, SpeechStarted):
                self._started(event)
            elif self._utterance is None:
                continue
            elif isinstance(event, MaybeEnded):
                self._utterance.suspected()
            elif isinstance(event, Resumed):
                self._utterance.resumed()
            elif isinstance(event, Ended):
                self._over(self._utterance, event.at)

    def _started(self, event: SpeechStarted) -> None:
        before, audio, began = self._utterance, event.audio, event.at
        if before is not None:
            before.abandon()
            if event.at - before.ended <= self._pace.joined_s:  # they were not done: it was a long pause
                silence = bytes(2 * int(0.3 * self._line.info.rate))
                audio, began = before.audio + silence + audio, before.began
        self._utterance = _Utterance(self._hear, audio, began)
        self._changed.set()
        self._on_speech(event.at)

    def _over(self, utterance: _Utterance, at: float) -> None:
        utterance.suspected()
        utterance.over, utterance.ended = True, at
        self.last_voice, self.spoke_until = time.monotonic(), at
        self._changed.set()
        self._on_end()


def _seen(task: asyncio.Task[Heard]) -> None:
    """Nobody may be left to look at what went wrong: it was thrown away."""
    with contextlib.suppress(asyncio.CancelledError):
        task.exception()
