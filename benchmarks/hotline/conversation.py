"""A caller who talks, presses keys, interrupts and makes noises, and what was measured while he did."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmarks.hotline.callers import Utterance
from benchmarks.hotline.ear import VOICE_RMS, level
from benchmarks.hotline.phone import Phone
from bot.channels.hotline.line import FRAME_S

REPLY_S = 12.0
"""Longer than this nobody waits."""


@dataclass
class Tally:
    """Of all calls; seconds.

    Attributes:
        greetings: from the answer to the first voice.
        replies: from the last sound of the caller to the first voice after it.
        stops: from the first sound of an interruption to the last of the voice.
        unstopped: interruptions after which the voice went on for over a second.
        disturbed: noises at which the voice broke off.
        undisturbed: noises at which it went on.
        endings: how calls ended, and how often.
    """

    greetings: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    frames: int = 0
    lost_frames: int = 0
    longest_queue: int = 0
    calls: int = 0
    unanswered: int = 0
    unstopped: int = 0
    disturbed: int = 0
    undisturbed: int = 0
    keys_sent: list[str] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def take(self, phone: Phone) -> None:
        """A call is over: add what its ear has heard."""
        self.calls += 1
        if phone.ear.spans:
            self.greetings.append(phone.ear.spans[0].began - phone.answered)
        self.gaps += phone.ear.gaps
        self.frames += phone.ear.frames
        self.lost_frames += phone.lost_frames
        self.longest_queue = max(self.longest_queue, getattr(phone, "longest_queue", 0))
        self.ignored.update(getattr(phone, "ignored", ()))
        if phone.keys_sent:
            self.keys_sent.append(phone.keys_sent)
        self.endings[phone.why] += 1


async def exchange(phone: Phone, pcm: bytes, tally: Tally, quiet_s: float = 0.8) -> float | None:
    """Say something into the silence; seconds until the answer, None when there was none in time."""
    sent = await phone.say_all(pcm)
    if phone.ended.is_set():
        return None
    deadline = time.monotonic() + REPLY_S
    while time.monotonic() < deadline and not phone.ended.is_set():
        if span := phone.ear.first_after(sent.span.ended):
            tally.replies.append(span.began - sent.span.ended)
            await phone.listen(quiet_s, new=False)
            return tally.replies[-1]
        await asyncio.sleep(0.02)
    tally.unanswered += not phone.ended.is_set()
    return None


async def interrupt(phone: Phone, pcm: bytes, tally: Tally, after_s: float = 0.8) -> None:
    """Speak into the assistant's voice once it has spoken for a while."""
    if not await phone.listen_for(after_s, at_most_s=REPLY_S):
        return
    sent = phone.say(pcm)
    await asyncio.sleep(0.05)
    onset = sent.span.began
    span = phone.ear.speaking_at(onset)
    await phone.unless_ended(sent.done.wait())
    if span is None or phone.ended.is_set():
        return
    took = max(0.0, span.ended - onset)
    tally.stops.append(took)
    tally.unstopped += took > 1.0
    await phone.listen(0.8, at_most_s=REPLY_S)


async def disturb(phone: Phone, pcm: bytes, tally: Tally, after_s: float = 0.6) -> None:
    """Make a noise into the assistant's voice. It went on if it is heard for at least a third of the time from .3 s
    after the noise began to .5 s after its end: between two sentences there is a pause, an answer comes later."""
    if not await phone.listen_for(after_s, at_most_s=REPLY_S):
        return
    phone.ear.keep = True
    sent = phone.say(pcm)
    await phone.unless_ended(sent.done.wait())
    await asyncio.sleep(0.6)
    first, last = sent.span.began + 0.3, sent.span.ended + 0.5
    loud = sum(level(frame) >= VOICE_RMS for at, frame in phone.ear.heard if first <= at <= last)
    phone.ear.keep = False
    if loud * FRAME_S >= (last - first) / 3:
        tally.undisturbed += 1
    else:
        tally.disturbed += 1


async def chat(
    phone: Phone,
    said: list[Utterance],
    tally: Tally,
    until: float,
    chance: random.Random,
    *,
    keys: float = 0.25,
    interruptions: float = 0.25,
) -> None:
    """Talk with the assistant until a moment, then hang up. Shares of turns are made with keys or by interrupting."""
    await phone.listen(0.6, at_most_s=20)
    while time.monotonic() < until and not phone.ended.is_set():
        kind = chance.random()
        if kind < keys:
            await phone.press(chance.choice("12"))
            await phone.listen(0.8, at_most_s=REPLY_S)
        elif kind < keys + interruptions:
            talking = asyncio.create_task(interrupt(phone, chance.choice(said).pcm, tally))
            await exchange_first(phone, chance.choice(said).pcm)
            await talking
        else:
            await exchange(phone, chance.choice(said).pcm, tally)
        await asyncio.sleep(chance.uniform(0.3, 1.2))
    if not phone.ended.is_set():
        await phone.hang_up()


async def exchange_first(phone: Phone, pcm: bytes) -> None:
    """Say something whose answer somebody else will interrupt."""
    await phone.say_all(pcm)
