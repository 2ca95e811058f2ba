"""A telephone with a caller at it, for tests of the conversation: what is played is known by its words, what the caller
does is written down as it happens. The gateway is ``gateway_double.py``, over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from bot.channels.hotline.call.pace import Pace
from bot.channels.hotline.call.prompts import PromptBook, chime, hold_tone
from bot.channels.hotline.call.session import Ended, Recording, Session
from bot.channels.hotline.call.texts import FIXED
from bot.channels.hotline.call.upstream import Patience, Upstream
from bot.channels.hotline.line import Audio, CallInfo, Event, HungUp, Key, LineCapabilities
from bot.channels.hotline.media.endpointing import Ended as SpeechOver
from bot.channels.hotline.media.endpointing import MaybeEnded, Resumed, SpeechEvent, SpeechStarted
from bot.channels.hotline.wire import CallRecord, Expected
from tests.bot.channels.hotline.gateway_double import SECRET, GatewayDouble

RATE = 8000
CALL_ID = "7c4a1f60-52c8-4b2e-9f0b-6d1f3a2b1c0d"
TONE, CHIME = "♪", "叮"
_STARTS, _MAYBE, _RESUMES, _ENDS, _GOES_ON = (bytes([number]) * 320 for number in range(1, 6))
QUICK = Pace(
    silence_s=30.0,
    hold_s=20.0,
    hold_again_s=0.2,
    key_pause_s=0.25,
    longest_utterance_s=20.0,
    joined_s=2.0,
    person_s=1.0,
    lost_s=0.3,
    answer_s=20.0,
    record_s=1.0,
    record_every=2,
)
"""Nothing but what a test shortens happens by itself."""


class ToldEars:
    """Ears that are told, by the sound itself, when speech begins and ends; and what the session told them."""

    def __init__(self, rate: int) -> None:
        assert rate == RATE
        self.audio = b""
        self.expected: list[tuple[Expected, str | None]] = []
        self.own_voice = False

    def feed(self, pcm: bytes, now: float) -> list[SpeechEvent]:
        if pcm == _STARTS:
            self.audio = pcm
            return [SpeechStarted(now, self.audio)]
        self.audio += pcm
        if pcm == _MAYBE:
            return [MaybeEnded(now, self.audio)]
        if pcm == _RESUMES:
            return [Resumed(now)]
        if pcm == _ENDS:
            return [SpeechOver(now, self.audio)]
        return []

    def tick(self, now: float) -> list[SpeechEvent]:
        return []

    def patience(self, expected: Expected, slot: str | None = None) -> None:
        self.expected.append((expected, slot))

    def playing(self, playing: bool) -> None:
        self.own_voice = playing

    def reset(self) -> None:
        self.audio = b""


class Telephone:
    """A line; and the caller's hands, mouth and ears.

    Attributes:
        heard: what was played to its end; ``begun`` what was begun, both in order.
        playing: what is playing now.
    """

    capabilities = LineCapabilities(paces=True, flushes=True, marks=True)

    def __init__(self, words: Callable[[bytes], str]) -> None:
        self.info = CallInfo(CALL_ID, "13800001111", "12345", RATE, "websocket")
        self.heard: list[str] = []
        self.begun: list[str] = []
        self.playing: str | None = None
        self.hung_up = False
        self._words = words
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._changed = asyncio.Event()

    async def events(self) -> AsyncIterator[Event]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, HungUp):
                return

    async def play(self, pcm: bytes) -> None:
        assert self.playing is None, "two sounds at once"
        self.playing = self._words(pcm)
        self.begun.append(self.playing)
        self._tell()
        try:
            await asyncio.sleep(len(pcm) / 2 / RATE)
            self.heard.append(self.playing)
        finally:
            self.playing = None
            self._tell()

    async def hang_up(self) -> None:
        self.hung_up = True

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def until(self, what: Callable[[], bool], within_s: float = 8.0) -> None:
        """Return when something is so; it is looked at whenever a sound begins or ends."""
        try:
            async with asyncio.timeout(within_s):
                while not what():
                    changed = self._changed
                    await changed.wait()
        except TimeoutError:
            raise AssertionError(f"did not come about; begun: {self.begun}, heard: {self.heard}") from None

    async def hears(self, words: str, times: int = 1) -> None:
        """Return when ``words`` has been played to its end so often."""
        await self.until(lambda: sum(words in heard for heard in self.heard) >= times)

    async def begins(self, words: str, times: int = 1) -> None:
        """Return when ``words`` begins to play for that time."""
        await self.until(lambda: sum(words in begun for begun in self.begun) >= times)

    async def silent(self) -> None:
        """Return when nothing plays."""
        await self.until(lambda: self.playing is None)

    def says(self) -> None:
        """A whole utterance."""
        self.starts()
        self.pauses()
        self.ends()

    def starts(self) -> None:
        self._events.put_nowait(Audio(_STARTS))

    def goes_on(self) -> None:
        self._events.put_nowait(Audio(_GOES_ON))

    def pauses(self) -> None:
        self._events.put_nowait(Audio(_MAYBE))

    def resumes(self) -> None:
        self._events.put_nowait(Audio(_RESUMES))

    def ends(self) -> None:
        self._events.put_nowait(Audio(_ENDS))

    def presses(self, keys: str) -> None:
        for key in keys:
            self._events.put_nowait(Key(key))

    def hangs_up(self) -> None:
        self._events.put_nowait(HungUp())


@dataclass
class Tape:
    """A recording that writes down what it was told."""

    told: list[str] = field(default_factory=list)

    def begin(self) -> None:
        self.told.append("begin")

    def pause(self) -> None:
        if self.told[-1:] != ["pause"]:
            self.told.append("pause")

    def resume(self) -> None:
        if self.told[-1:] == ["pause"]:
            self.told.append("resume")


@dataclass
class Call:
    """A call that goes on."""

    phone: Telephone
    ears: ToldEars
    running: asyncio.Task[Ended]
    double: GatewayDouble
    began: float
    finished: asyncio.Task[None]

    async def handed_over(self, within_s: float) -> Ended:
        """How it ended, as soon as the caller can go on."""
        return await asyncio.wait_for(asyncio.shield(self.running), within_s)

    async def ended(self, within_s: float = 8.0) -> Ended:
        """How it ended, once its record has been handed in too."""
        await asyncio.wait_for(asyncio.shield(self.finished), within_s)
        return self.running.result()

    @property
    def record(self) -> CallRecord:
        """The newest record of the call."""
        return self.double.records[CALL_ID][-1]

    @property
    def asked(self) -> list[str | None]:
        """What the dialogue was asked, in order."""
        return [turn.text if turn.heard is None else turn.heard.text for _call, turn in self.double.turns]


@contextlib.asynccontextmanager
async def calling(
    double: GatewayDouble,
    prompts: PromptBook,
    *,
    pace: Pace = QUICK,
    recording: Recording | None = None,
    base: str | None = None,
    alone: bool = True,
) -> AsyncIterator[Call]:
    """A call to the double (or to ``base``). However it ends, nothing of it may be left running."""
    async with contextlib.AsyncExitStack() as stack:
        url = base or await stack.enter_async_context(double.running())
        http = await stack.enter_async_context(aiohttp.ClientSession())
        upstream = Upstream(http, url, SECRET, Patience(ping_s=0.2, ping_every_s=0.05))
        stack.push_async_callback(upstream.close)
        before = asyncio.all_tasks()
        phone = Telephone(lambda pcm: _words(double, prompts, pcm))
        ears = ToldEars(RATE)
        began = time.monotonic()
        session = Session(phone, upstream, prompts, lambda _rate: ears, recording=recording, pace=pace)
        running = asyncio.create_task(session.run(), name="hotline-session")
        finished = asyncio.create_task(_finished(session, running), name="hotline-finish")
        try:
            yield Call(phone, ears, running, double, began, finished)
        finally:
            phone.hangs_up()
            await asyncio.wait_for(asyncio.wait({running, finished}), 10)
        running.result()
        await upstream.close()
        if alone:
            assert not left_running(before)


async def _finished(session: Session, running: asyncio.Task[Ended]) -> None:
    await asyncio.wait({running})
    await session.finish()


def left_running(before: set[asyncio.Task[object]]) -> set[str]:
    """The names of a call's tasks that have begun since and still run."""
    return {task.get_name() for task in asyncio.all_tasks() - before if task.get_name().startswith("hotline")}


async def made_prompts(folder: Path) -> PromptBook:
    """All fixed sentences as tones, made once for all tests."""
    double = GatewayDouble()
    double.behaviour.character_s = 0.005
    book = PromptBook(folder, "tones")
    async with double.running() as base, aiohttp.ClientSession() as http:
        await book.prepare(Upstream(http, base, SECRET))
    return book


def _words(double: GatewayDouble, prompts: PromptBook, pcm: bytes) -> str:
    if pcm in (hold_tone(RATE), chime(RATE)):
        return TONE if pcm == hold_tone(RATE) else CHIME
    if pcm in double.said:
        return double.said[pcm]
    words, sounds = "", {text: prompts.sound(text, RATE) or b"-" for text in FIXED}
    while pcm:
        text = next(text for text, sound in sounds.items() if pcm.startswith(sound))
        words, pcm = words + text, pcm[len(sounds[text]) :]
    return words
