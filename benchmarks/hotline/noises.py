"""What must stop the assistant's voice, and what must not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.callers import Utterance, click, cough, hum, hum_of, traffic, utterances
from benchmarks.hotline.conversation import Tally, disturb, interrupt
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.stand import Stand, scripted
from benchmarks.hotline.table import Rows, keep, milliseconds
from benchmarks.hotline.websocket import WebSocketPhone

AT_ONCE = 12
Noise = Callable[[int, int, list[Utterance]], bytes]
"""Of a rate, a number and the recordings."""
NOISES: dict[str, Noise] = {
    "coughs": lambda rate, n, _said: cough(rate, n),
    "嗯, synthetic": lambda rate, n, _said: hum(rate, n),
    "嗯, cut from recordings": lambda rate, n, said: hum_of(said[n % len(said)], rate),
    "clicks": lambda rate, n, _said: click(rate, n),
    "a second and a half of street": lambda rate, n, _said: traffic(rate, 1.5, n),
}


def phones(stand: Stand, clock: Metronome, number: int) -> Phone:
    if number % 2:
        return AudioSocketPhone(stand.hotline, clock, rate=8000)
    return WebSocketPhone(stand.hotline, clock, rate=16000 if number % 4 else 8000)


async def measure(each: int) -> Rows:
    """``each`` noises of a kind, and as many interruptions by words, in calls of their own, a few at a time."""
    said = {rate: utterances(rate) for rate in (8000, 16000)}
    rows: list[tuple[str, str]] = []
    async with scripted() as stand, Metronome() as clock:

        async def one(n: int, tally: Tally, make: Noise | None) -> None:
            phone = phones(stand, clock, n)
            await phone.dial()
            words = said[phone.rate]
            await phone.listen(0.6, at_most_s=20)
            await phone.say_all(words[n % len(words)].pcm)
            if make is None:
                await interrupt(phone, words[(n * 7 + 3) % len(words)].pcm, tally)
            else:
                await disturb(phone, make(phone.rate, n, words), tally)
            if not phone.ended.is_set():
                await phone.hang_up()
            tally.take(phone)

        async def many(tally: Tally, make: Noise | None) -> None:
            gate = asyncio.Semaphore(AT_ONCE)

            async def gated(n: int) -> None:
                async with gate:
                    await one(n, tally, make)

            await asyncio.gather(*(gated(n) for n in range(each)))

        words = Tally()
        await many(words, None)
        rows += [
            ("words: first sound to silence, p50 / p95 / slowest", milliseconds(words.stops)),
            ("words that stopped nothing within a second", f"{words.unstopped} of {len(words.stops)}"),
        ]
        for name, make in NOISES.items():
            tally = Tally()
            await many(tally, make)
            total = tally.disturbed + tally.undisturbed
            rows.append((f"{name}: stopped the voice", f"{tally.disturbed} of {total}"))
    return rows


def noises(each: int) -> str:
    return keep(
        "What stops the voice",
        "The scripted gateway speaks for seven seconds; after .8 s of it recorded words are spoken into it (of the\n"
        "standard accent), after .6 s a noise. A noise stopped the voice if less than a third of the time from .3 s\n"
        "after its begin to .5 s after its end was voice (between two sentences there is a pause).\n"
        "Goals: words stop it within 300 ms (p95), nothing else does.",
        asyncio.run(measure(each)),
    )
