"""Who must hear it first is spoken for first; who has gone is no hindrance."""

from __future__ import annotations

import asyncio

import pytest

from voice.errors import Code, VoiceError
from voice.turns import Turns

pytestmark = pytest.mark.unit


async def work(turns: Turns, name: str, due: float, done: list[str], free: asyncio.Event) -> None:
    async with turns.at(due):
        await free.wait()
        done.append(name)


async def begun(*tasks: asyncio.Task[None]) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(task.done() for task in tasks)


async def test_the_earliest_due_goes_first_and_only_one_at_a_time() -> None:
    turns, done, free = Turns(8), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(work(turns, "at work", 9.0, done, free))]
    await begun(*tasks)
    for name, due in (("later", 7.0), ("first word", 1.0), ("next", 3.0)):
        tasks.append(asyncio.create_task(work(turns, name, due, done, free)))
    await begun(*tasks)
    free.set()
    await asyncio.gather(*tasks)
    assert done == ["at work", "first word", "next", "later"]


async def test_who_has_gone_is_passed_over_even_when_just_called_up() -> None:
    turns, done, free = Turns(8), list[str](), asyncio.Event()
    first, gone, called, last = (
        asyncio.create_task(work(turns, str(due), due, done, free)) for due in (0.0, 1.0, 2.0, 3.0)
    )
    await begun(first, gone, called, last)
    gone.cancel()
    first.cancel()
    await asyncio.wait({first, gone})
    called.cancel()  # its turn has come in this very moment
    free.set()
    await asyncio.wait_for(last, 5)
    assert done == ["3.0"]


async def test_too_many_are_refused_and_room_comes_back() -> None:
    turns, done, free = Turns(2), list[str](), asyncio.Event()
    tasks = [asyncio.create_task(work(turns, str(due), due, done, free)) for due in (1.0, 2.0)]
    await begun(*tasks)
    with pytest.raises(VoiceError) as caught:
        await work(turns, "one more", 0.0, done, free)
    assert caught.value.code is Code.BUSY
    free.set()
    await asyncio.gather(*tasks)
    await work(turns, "again", 0.0, done, free)
    assert done[-1] == "again"
