"""A line process that stands still is killed, so that its calls go to people."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.hotline.audiosocket import AudioSocketPhone
from benchmarks.hotline.metronome import Metronome
from benchmarks.hotline.stand import scripted
from benchmarks.hotline.websocket import WebSocketPhone
from settings import ROOT

WATCHED = """
import asyncio, sys, time
from bot.channels.hotline.media.watchdog import watched
async def main():
    async with watched(1.0):
        print("watched", flush=True)
        await asyncio.sleep(float(sys.argv[1]))
        time.sleep(float(sys.argv[2]))
asyncio.run(main())
"""


async def run_watched(works_s: float, stands_s: float) -> tuple[int, float]:
    """Exit code and seconds of a process whose loop works and then stands still."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WATCHED, str(works_s), str(stands_s)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    await process.stdout.readline()
    began = time.monotonic()
    return await process.wait(), time.monotonic() - began


@pytest.mark.unit
async def test_a_loop_that_stands_still_is_killed_and_one_that_works_is_not() -> None:
    (stuck, after), (well, _) = await asyncio.gather(run_watched(0.2, 30), run_watched(2.5, 0))
    assert stuck == -signal.SIGKILL
    assert after < 4
    assert well == 0


@pytest.mark.unit
async def test_the_guard_ends_with_its_parent() -> None:
    guard = Path("bot/channels/hotline/media/guard.py")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-S", str(ROOT / guard), str(os.getpid()), "60"), stdin=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert psutil.Process(process.pid).memory_info().rss < 20 * 2**20
    process.stdin.close()
    assert await asyncio.wait_for(process.wait(), 5) == 0


@pytest.mark.stack
async def test_a_stopped_line_process_gives_its_calls_to_people_within_three_seconds() -> None:
    async with scripted() as stand, Metronome() as clock:
        phones = [AudioSocketPhone(stand.hotline, clock), WebSocketPhone(stand.hotline, clock)]
        for phone in phones:
            await phone.dial()
            await phone.listen_for(0.2)
        stand.line.signal(signal.SIGSTOP)
        stopped = time.monotonic()
        for phone in phones:
            await asyncio.wait_for(phone.ended.wait(), 6)
            assert phone.ended_at - stopped < 3.5
            assert await phone.next_step() == "person"
        await phones[1].release()
        # The connections of a killed process close before it has ended.
        assert await asyncio.to_thread(stand.line.popen.wait, 5) == -signal.SIGKILL
