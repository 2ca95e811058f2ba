"""Parts that a call needs: one that answers no more is known of in time, one that is slow is not given up."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.channels.hotline.desk.signs import SILENT_S, SignsOfLife
from bot.channels.hotline.wire import Part

pytestmark = pytest.mark.unit


class Something:
    """Lives, hangs or is slow."""

    def __init__(self) -> None:
        self.lives = asyncio.Event()
        self.lives.set()
        self.takes_s = 0.0

    async def alive(self) -> bool:
        try:
            async with asyncio.timeout(2):
                await self.lives.wait()
        except TimeoutError:
            return False
        await asyncio.sleep(self.takes_s)
        return True


async def asked_for(signs: SignsOfLife, seconds: float) -> list[bool]:
    """Whether the dialogue was silent, asked ten times a second for so long."""
    found = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found.append(Part.DIALOGUE in signs.silent())
        await asyncio.sleep(0.1)
    return found


async def test_what_hangs_is_silent_in_time_and_then_lives_again() -> None:
    dialogue = Something()
    signs = SignsOfLife({Part.DIALOGUE: dialogue.alive})
    assert not any(await asked_for(signs, 0.5))
    dialogue.lives.clear()
    found = await asked_for(signs, SILENT_S + 0.5)
    assert found[-1]
    assert not found[5]
    dialogue.lives.set()
    assert not (await asked_for(signs, 0.6))[-1]
    await signs.close()


async def test_what_is_slow_is_not_silent() -> None:
    dialogue = Something()
    dialogue.takes_s = 0.8
    signs = SignsOfLife({Part.DIALOGUE: dialogue.alive})
    assert not any(await asked_for(signs, 3.0))
    await signs.close()


async def test_who_asks_after_a_long_time_hears_nothing_old() -> None:
    signs = SignsOfLife({Part.DIALOGUE: Something().alive})
    assert not signs.silent()
    await asyncio.sleep(3.1)
    assert not signs.silent()
    await signs.close()
