"""Many calls at once against the scripted gateway: what the media path can do."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import defaultdict

import aiohttp

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.callers import SEED, utterances
from benchmarks.hotline.conversation import REPLY_S, Tally, chat
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.phone import Phone
from benchmarks.hotline.scripted import KEYING
from benchmarks.hotline.stand import Stand, scripted, stop
from benchmarks.hotline.table import Rows, keep, load, milliseconds, share
from benchmarks.hotline.websocket import WebSocketPhone

CALL_S = 60.0
"""A call; then the caller hangs up and another one calls."""


def phone_of(number: int, stand: Stand, clock: Metronome) -> Phone:
    """Every other caller comes over AudioSocket; one in three is suppressed when silent; one in five keys numbers."""
    caller = f"{KEYING if number % 5 == 4 else '138'}{number % 10**8:08d}"
    quiet = number % 3 == 2
    if number % 2:
        return AudioSocketPhone(
            stand.hotline, clock, caller=caller, silence_suppression=quiet, split=number % 4 == 3, rate=8000
        )
    rate = 16000 if number % 4 else 8000
    return WebSocketPhone(
        stand.hotline, clock, caller=caller, silence_suppression=quiet, early_audio=number % 4 == 2, rate=rate
    )


async def run(calls: int, seconds: float, stand: Stand, clock: Metronome, tally: Tally) -> dict[str, list[str]]:
    """``calls`` at a time for so long. Returns the numbers that were keyed, by call."""
    said = {rate: utterances(rate) for rate in (8000, 16000)}
    keyed: dict[str, list[str]] = defaultdict(list)
    until = time.monotonic() + seconds
    numbers = iter(range(10**6))

    async def one_seat(seat: int) -> None:
        chance = random.Random(SEED + seat)
        await asyncio.sleep(seat * 3.0 / calls)
        while time.monotonic() < until - 5:
            number = next(numbers)
            phone = phone_of(number, stand, clock)
            try:
                await phone.dial()
            except (OSError, aiohttp.ClientError) as error:
                tally.endings[f"not answered: {type(error).__name__}"] += 1
                await asyncio.sleep(1)
                continue
            over = min(until, time.monotonic() + CALL_S)
            if phone.caller and phone.caller.startswith(KEYING):
                await key_numbers(phone, chance, over, said[phone.rate][0].pcm, keyed[phone.call_id])
            else:
                await chat(phone, said[phone.rate], tally, over, chance, keys=0.0)
            tally.take(phone)

    await asyncio.gather(*(one_seat(seat) for seat in range(calls)))
    return keyed


async def key_numbers(phone: Phone, chance: random.Random, until: float, first: bytes, keyed: list[str]) -> None:
    """Speak once, then key one number after the other until a moment."""
    await phone.listen(0.6, at_most_s=20)
    await phone.say_all(first)
    while not phone.ended.is_set():
        await phone.listen(0.4, at_most_s=REPLY_S)
        if time.monotonic() >= until - 4 or phone.ended.is_set():
            break
        number = "1" + "".join(chance.choice("0123456789") for _ in range(10))
        keyed.append(number)
        await phone.press(number + "#", every_s=chance.uniform(0.06, 0.2))
    if not phone.ended.is_set():
        await phone.hang_up()


def missing_keys(keyed: dict[str, list[str]], asked: list[dict[str, str | None]]) -> tuple[int, int]:
    """Keys of numbers that did not arrive whole, and all keys. The last number of a call may still have been on its
    way when the caller hung up."""
    arrived: dict[str, list[str]] = defaultdict(list)
    for turn in asked:
        if turn["text"]:
            arrived[str(turn["call"])].append(str(turn["text"]))
    lost = total = 0
    for call, numbers in keyed.items():
        got = arrived[call]
        for n, number in enumerate(numbers):
            total += len(number)
            if number not in got and n < len(numbers) - 1:
                lost += len(number)
    return lost, total


async def measure(calls: int, seconds: float, *, hear_ms: float, speech_ms: float) -> Rows:
    """Run, and put what came out into rows."""
    tally = Tally()
    async with scripted(hear_ms=hear_ms, speech_ms=speech_ms) as stand, Metronome() as clock:
        watching = asyncio.create_task(stand.watch_memory())
        before_load, cpu, began = load(), stand.line.cpu_s(), time.monotonic()
        keyed = await run(calls, seconds, stand, clock, tally)
        took, spent = time.monotonic() - began, stand.line.cpu_s() - cpu
        await asyncio.sleep(6)  # records go out
        watching.cancel()
        rss = [megabytes for _, megabytes in stand.samples]
        lives, log = stand.line.alive(), stand.log.read_text("utf-8")
        stop(stand.others["gateway"])
        asked = stand.asked()
        stand.line.signal(signal.SIGCONT)
    lost, total = missing_keys(keyed, asked["turns"])
    share_of_gaps = len(tally.gaps) / max(tally.frames, 1)
    return [
        ("calls at a time, seconds", f"{calls}, {took:.0f}"),
        ("the line process", "lived" if lives else f"DIED: {log[-300:]!r}"),
        ("load of the machine before", before_load),
        ("calls made; how they ended", f"{tally.calls}; {', '.join(f'{n} {why}' for why, n in tally.endings.items())}"),
        ("greeting, p50 / p95 / slowest", milliseconds(tally.greetings)),
        ("end of speech to first voice", milliseconds(tally.replies)),
        ("no answer within 12 s", str(tally.unanswered)),
        ("interruption to silence", milliseconds(tally.stops)),
        ("interruptions that stopped nothing within a second", str(tally.unstopped)),
        ("gaps over 40 ms in the voice", f"{len(tally.gaps)} of {tally.frames} frames ({share_of_gaps:.3%})"),
        ("gaps, p50 / p95 / longest", milliseconds(tally.gaps)),
        ("frames lost by the telephone system", str(tally.lost_frames)),
        ("longest queue at chan_websocket", f"{tally.longest_queue / 50:.1f} s"),
        ("commands that Asterisk would ignore", str(dict(tally.ignored) or "none")),
        ("keys lost", f"{lost} of {total}"),
        ("processor of the line process", f"{spent:.1f} s in {took:.0f} s: {calls * took / spent:.0f} calls a core"),
        ("memory of the line process, first minute and last", f"{rss[min(12, len(rss) - 1)]:.0f}, {rss[-1]:.0f} MB"),
        ("lateness of the simulator's own clock, p99, largest", _lags(clock)),
    ]


def _lags(clock: Metronome) -> str:
    return f"{share(clock.lags, 0.99) * 1000:.0f}, {max(clock.lags) * 1000:.0f} ms"


def media(calls: int, seconds: float) -> str:
    """Recognition that takes 50 ms after the end of speech."""
    rows = asyncio.run(measure(calls, seconds, hear_ms=50, speech_ms=80))
    return keep(
        "The media path",
        "Real line process; the gateway is a double in a process of its own: what was said is known 50 ms after the\n"
        "request ends, a turn takes 66 ms, a sentence of speech 80 ms. Half of the calls come over AudioSocket, half\n"
        "over chan_websocket (8 and 16 kHz); a third sends nothing while silent; one in five keys numbers.\n"
        "All three processes run before the others of the machine (nice -20), whose load stands below.\n"
        "Goals: no key lost, gaps below .1 %, interruption p95 at most 300 ms, answer at most 800 ms, greeting 300 ms.",
        rows,
    )
