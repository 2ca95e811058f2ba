"""Two conversations at a time with everything real: the embedded recogniser, the dialogue, the embedded voice."""

from __future__ import annotations

import asyncio
import random
import time

from benchmarks.hotline.callers import SEED, utterances
from benchmarks.hotline.conversation import REPLY_S, Tally
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.noises import phones
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.stand import whole
from benchmarks.hotline.table import Rows, keep, load, milliseconds

WAIT_S = 30.0
HOLD_S = 0.35
"""The soft tone of waiting is shorter and quieter than words; what lasts longer in one stretch is speech."""


async def ask(phone: Phone, pcm: bytes, tally: Tally, firsts: list[float]) -> None:
    """One exchange. ``firsts``: until any sound; the tally's replies: until words."""
    await phone.listen(1.0, at_most_s=WAIT_S, new=False)
    sent = await phone.say_all(pcm)
    deadline = time.monotonic() + WAIT_S
    heard_something = False
    while time.monotonic() < deadline and not phone.ended.is_set():
        spans = [span for span in phone.ear.spans if span.began >= sent.span.ended]
        if spans and not heard_something:
            heard_something = True
            firsts.append(spans[0].began - sent.span.ended)
        if words := next((span for span in spans if span.ended - span.began >= HOLD_S), None):
            tally.replies.append(words.began - sent.span.ended)
            await phone.listen(1.2, at_most_s=REPLY_S * 3, new=False)
            return
        await asyncio.sleep(0.02)
    tally.unanswered += not phone.ended.is_set()


async def measure(seconds: float) -> Rows:
    tally, firsts = Tally(), list[float]()
    said = {rate: utterances(rate) for rate in (8000, 16000)}
    async with whole() as stand, Metronome() as clock:
        before, cpu, began = load(), stand.line.cpu_s(), time.monotonic()
        until = began + seconds

        async def seat(number: int) -> None:
            chance = random.Random(SEED + number)
            n = number
            while time.monotonic() < until:
                phone = phones(stand, clock, n)
                phone.caller = f"137{chance.randrange(10**8):08d}"
                await phone.dial()
                await phone.listen(1.2, at_most_s=60)
                for one in chance.sample(said[phone.rate], 4):
                    if time.monotonic() < until and not phone.ended.is_set():
                        await ask(phone, one.pcm, tally, firsts)
                if not phone.ended.is_set():
                    await phone.hang_up()
                tally.take(phone)
                n += 2

        await asyncio.gather(seat(0), seat(1))
        took, spent = time.monotonic() - began, stand.line.cpu_s() - cpu
        memory = stand.line.rss_mb()
    return [
        ("load of the machine before", before),
        ("calls, seconds", f"{tally.calls}, {took:.0f}"),
        ("how they ended", ", ".join(f"{n} {why}" for why, n in tally.endings.items())),
        ("greeting, p50 / p95 / slowest", milliseconds(tally.greetings)),
        ("end of speech to the first words", milliseconds(tally.replies)),
        ("end of speech to the first sound (words, or that somebody is at it)", milliseconds(firsts)),
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
