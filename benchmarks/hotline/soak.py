"""Calls for a long time: nothing may grow."""

from __future__ import annotations

import asyncio
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from benchmarks.hotline.conversation import Tally
from benchmarks.hotline.load import missing_keys, run
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.stand import Stand, scripted, stop
from benchmarks.hotline.table import Rows, keep, milliseconds

SETTLED = 1 / 5
"""The first part of the time is for caches to fill."""
EVERY_S = 10.0


@dataclass(frozen=True)
class Sample:
    """What the line process had at ``at`` seconds after the first call."""

    at: float
    megabytes: float
    files: int
    threads: int
    tasks: int


async def sample(stand: Stand, began: float) -> Sample:
    async with aiohttp.ClientSession() as session, session.get(f"{stand.hotline.url}/metrics") as answer:
        told = re.search(r"^xiangyin_hotline_tasks (\S+)$", await answer.text(), re.MULTILINE)
    line = stand.line
    tasks = int(float(told[1])) if told else -1
    return Sample(time.monotonic() - began, line.rss_mb(), line.open_files(), line.threads(), tasks)


async def watch(stand: Stand, samples: list[Sample]) -> None:
    """A sample every ten seconds, until it is cancelled."""
    began = time.monotonic()
    while True:
        samples.append(await sample(stand, began))
        await asyncio.sleep(EVERY_S)


def growth(samples: list[tuple[float, float]]) -> float:
    """So much an hour: the slope of the line through the samples."""
    if len(samples) < 3:
        return float("nan")
    return statistics.linear_regression([at for at, _ in samples], [size for _, size in samples]).slope * 3600


def parts(samples: list[Sample], what: Callable[[Sample], float]) -> str:
    """The mean of each fifth of the time, and the growth after the first."""
    fifths = [samples[len(samples) * n // 5 : len(samples) * (n + 1) // 5] for n in range(5)]
    means = " ".join(f"{statistics.mean(what(one) for one in fifth):.1f}" for fifth in fifths if fifth)
    settled = [(one.at, what(one)) for one in samples[int(len(samples) * SETTLED) :]]
    return f"{means}; {growth(settled):+.1f} an hour"


async def measure(minutes: float, calls: int) -> Rows:
    tally = Tally()
    async with scripted() as stand, Metronome() as clock:
        samples: list[Sample] = []
        idle = await sample(stand, time.monotonic())
        watching = asyncio.create_task(watch(stand, samples))
        keyed = await run(calls, minutes * 60, stand, clock, tally)
        watching.cancel()
        await asyncio.sleep(20)  # records go out, connections that are kept open are let go
        over = await sample(stand, time.monotonic())
        log = stand.log.read_text("utf-8")
        stop(stand.others["gateway"])
        lost, total = missing_keys(keyed, stand.asked()["turns"])
    steady = [one for one in samples if one.at < minutes * 60 - EVERY_S]  # then all hang up
    return [
        ("minutes, calls at a time, calls made", f"{minutes:g}, {calls}, {tally.calls}"),
        ("how they ended", ", ".join(f"{n} {why}" for why, n in tally.endings.items())),
        ("memory of the line process in each fifth of the time, MB; growth after the first", parts(steady, _megabytes)),
        ("open files and connections", parts(steady, lambda one: one.files)),
        ("threads", parts(steady, lambda one: one.threads)),
        ("tasks", parts(steady, lambda one: one.tasks)),
        (
            "before the first call and after the last: megabytes, files, threads, tasks",
            " | ".join(f"{one.megabytes:.0f}, {one.files}, {one.threads}, {one.tasks}" for one in (idle, over)),
        ),
        ("errors and tracebacks in its log", f"{log.count(' ERROR ')}, {log.count('Traceback')}"),
        ("end of speech to first voice", milliseconds(tally.replies)),
        ("gaps over 40 ms in the voice", f"{len(tally.gaps)} of {tally.frames} frames"),
        ("keys lost", f"{lost} of {total}"),
    ]


def _megabytes(one: Sample) -> float:
    return one.megabytes


def soak(minutes: float, calls: int) -> str:
    return keep("Soak", "As the media path, for longer.", asyncio.run(measure(minutes, calls)))
