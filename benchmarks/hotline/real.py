"""Two conversations at a time with everything real: the embedded recogniser, the dialogue, the embedded voice."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import aiohttp

from benchmarks.hotline.callers import SEED, utterances
from benchmarks.hotline.conversation import REPLY_S, Tally
from benchmarks.hotline.ear import VOICE_RMS, level
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.noises import phones
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.stand import Stand, whole
from benchmarks.hotline.table import Rows, keep, load, milliseconds
from bot.channels.hotline.call.prompts import chime, hold_tone
from bot.channels.hotline.call.texts import HOLD, HOLD_AGAIN

WAIT_S = 30.0


def answered_at(phone: Phone, after: float, waiting: list[bytes]) -> float | None:
    """When the answer began: two frames in a row that are loud and belong to no sound of waiting."""
    before = None
    for at, frame in phone.ear.heard:
        if at < after or level(frame) < VOICE_RMS:
            continue
        if any(frame in sound for sound in waiting):
            before = None
        elif before is not None:
            return before
        else:
            before = at
    return None


async def ask(phone: Phone, pcm: bytes, tally: Tally, firsts: list[float], waiting: list[bytes]) -> None:
    """One exchange. ``firsts``: until any sound; the tally's replies: until the answer itself."""
    await phone.listen(3.0, at_most_s=WAIT_S, new=False)
    phone.ear.heard.clear()
    sent = await phone.say_all(pcm)
    deadline = time.monotonic() + WAIT_S
    first = None
    while time.monotonic() < deadline and not phone.ended.is_set():
        if first is None and (span := phone.ear.first_after(sent.span.ended)):
            first = span.began - sent.span.ended
            firsts.append(first)
        if (at := answered_at(phone, sent.span.ended, waiting)) is not None:
            tally.replies.append(at - sent.span.ended)
            await phone.listen(3.0, at_most_s=REPLY_S * 3, new=False)
            return
        await asyncio.sleep(0.05)
    tally.unanswered += not phone.ended.is_set()


def sounds_of_waiting(stand: Stand, rate: int) -> list[bytes]:
    """What is heard before an answer and is none."""
    return [
        sound for sound in (hold_tone(rate), chime(rate), *(stand.sound(t, rate) for t in (HOLD, HOLD_AGAIN))) if sound
    ]


@dataclass
class Parts:
    """Of turns by voice, in seconds: until it was known what was said, until the dialogue had its answer, until the
    first words of that began."""

    heard: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    spoken: list[float] = field(default_factory=list)

    def take(self, turns: list[dict[str, Any]]) -> None:
        """From a call's record."""
        for turn in turns:
            at = [turn.get(f"{name}_ms") for name in ("speech_end", "heard", "answered", "first_audio")]
            if turn["by"] == "voice" and None not in at:
                heard, answered, spoken = ((after - before) / 1000 for before, after in pairwise(at))
                self.heard.append(heard)
                self.answered.append(answered)
                self.spoken.append(spoken)


async def recorded(stand: Stand, call_ids: list[str]) -> Parts:
    """What the ledger keeps of the calls."""
    parts = Parts()
    headers = {"X-Xiangyin-Secret": stand.secret}
    async with aiohttp.ClientSession(headers=headers) as session:
        for call_id in call_ids:
            async with session.get(f"{stand.actions_url}/calls/{call_id}") as answer:
                if answer.status == 200:
                    parts.take((await answer.json())["turns"])
    return parts


async def measure(seconds: float) -> Rows:
    tally, firsts, call_ids = Tally(), list[float](), list[str]()
    said = {rate: utterances(rate) for rate in (8000, 16000)}
    async with whole() as stand, Metronome() as clock:
        waiting = {rate: sounds_of_waiting(stand, rate) for rate in said}
        before, cpu, began = load(), stand.line.cpu_s(), time.monotonic()
        until = began + seconds

        async def seat(number: int) -> None:
            chance = random.Random(SEED + number)
            n = number
            while time.monotonic() < until:
                phone = phones(stand, clock, n)
                phone.ear.keep = True
                phone.caller = f"137{chance.randrange(10**8):08d}"
                await phone.dial()
                await phone.listen(1.2, at_most_s=60)
                for one in chance.sample(said[phone.rate], 4):
                    if time.monotonic() < until and not phone.ended.is_set():
                        await ask(phone, one.pcm, tally, firsts, waiting[phone.rate])
                if not phone.ended.is_set():
                    await phone.hang_up()
                tally.take(phone)
                call_ids.append(phone.call_id)
                n += 2

        await asyncio.gather(seat(0), seat(1))
        took, spent = time.monotonic() - began, stand.line.cpu_s() - cpu
        memory = stand.line.rss_mb()
        await asyncio.sleep(3)  # the last records go out
        parts = await recorded(stand, call_ids)
    return [
        ("load of the machine before", before),
        ("calls, seconds", f"{tally.calls}, {took:.0f}"),
        ("how they ended", ", ".join(f"{n} {why}" for why, n in tally.endings.items())),
        ("greeting, p50 / p95 / slowest", milliseconds(tally.greetings)),
        ("end of speech to the first words", milliseconds(tally.replies)),
        ("end of speech to the first sound (words, or that somebody is at it)", milliseconds(firsts)),
        ("of it: until it is known what was said (a pause of .4 to .7 s is part of it)", milliseconds(parts.heard)),
        ("of it: until the dialogue has answered", milliseconds(parts.answered)),
        ("of it: until its first words are there", milliseconds(parts.spoken)),
        ("no answer within 30 s", str(tally.unanswered)),
        ("gaps over 40 ms in the voice", f"{len(tally.gaps)} of {tally.frames} frames"),
        ("processor of the line process", f"{spent:.1f} s"),
        ("memory of the line process", f"{memory:.0f} MB"),
    ]


def real(seconds: float) -> str:
    return keep(
        "Real conversations",
        "Two calls at a time, one over each protocol, four recorded questions each; all of it on the same cores.\n"
        "Goal: 2.0 s from the end of speech to the first words, p50.",
        asyncio.run(measure(seconds)),
    )
