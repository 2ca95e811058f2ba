"""Calls for a long time: nothing may grow."""

from __future__ import annotations

import asyncio
import statistics

from benchmarks.hotline.conversation import Tally
from benchmarks.hotline.load import missing_keys, run
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.stand import scripted, stop
from benchmarks.hotline.table import Rows, keep, milliseconds

SETTLED = 1 / 5
"""The first part of the time is for caches to fill."""


def growth(samples: list[tuple[float, float]]) -> float:
    """Megabytes an hour: the slope of the line through the samples after they have settled."""
    settled = samples[int(len(samples) * SETTLED) :]
    if len(settled) < 3:
        return float("nan")
    slope = statistics.linear_regression([at for at, _ in settled], [size for _, size in settled]).slope
    return slope * 3600


async def measure(minutes: float, calls: int) -> Rows:
    tally = Tally()
    async with scripted() as stand, Metronome() as clock:
        watching = asyncio.create_task(stand.watch_memory(10))
        keyed = await run(calls, minutes * 60, stand, clock, tally)
        await asyncio.sleep(6)
        watching.cancel()
        files = stand.line.open_files()
        samples = stand.samples
        stop(stand.others["gateway"])
        lost, total = missing_keys(keyed, stand.asked()["turns"])
    fifth = [size for _, size in samples[int(len(samples) * SETTLED) :]]
    return [
        ("minutes, calls at a time, calls made", f"{minutes:g}, {calls}, {tally.calls}"),
        ("how they ended", ", ".join(f"{n} {why}" for why, n in tally.endings.items())),
        ("memory of the line process: after a fifth of the time, at the end", f"{fifth[0]:.1f}, {fifth[-1]:.1f} MB"),
        ("growth after that fifth", f"{growth(samples):+.1f} MB an hour"),
        ("open files and connections at the end", str(files)),
        ("end of speech to first voice", milliseconds(tally.replies)),
        ("gaps over 40 ms in the voice", f"{len(tally.gaps)} of {tally.frames} frames"),
        ("keys lost", f"{lost} of {total}"),
    ]


def soak(minutes: float, calls: int) -> str:
    return keep("Soak", "As the media path, for longer.", asyncio.run(measure(minutes, calls)))
