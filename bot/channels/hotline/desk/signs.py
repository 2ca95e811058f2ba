"""Whether the parts that a call needs still live: who waits on the line for a dead one goes to a person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from bot.channels.hotline.wire import Part

SILENT_S = 1.3
"""Without a sign of life for so long a part is dead or hangs: with the ping of the line (0.3 s) and the words to the
caller (1.3 s) they are with a person within three seconds. Fifty answers at once keep the dialogue busy for one."""
_EVERY_S, _IDLE_S = 0.25, 3.0


class SignsOfLife:
    """Looks only while somebody asks.

    Args:
        parts: for each what finds out whether it lives; returns within two seconds.
    """

    def __init__(self, parts: Mapping[Part, Callable[[], Awaitable[bool]]]) -> None:
        self._parts = parts
        self._lived: dict[Part, float] = {}
        self._looking: dict[Part, asyncio.Task[None]] = {}
        self._asked = -_IDLE_S

    def silent(self) -> frozenset[Part]:
        """The parts without a sign of life; answers at once with what is known, and looks again."""
        now = time.monotonic()
        if now - self._asked >= _IDLE_S:
            self._lived = dict.fromkeys(self._parts, now)  # nobody has looked for long
        self._asked = now
        for part in self._parts:
            if part not in self._looking or self._looking[part].done():
                self._looking[part] = asyncio.create_task(self._look(part), name=f"signs-{part}")
        return frozenset(part for part in self._parts if now - self._lived[part] >= SILENT_S)

    async def close(self) -> None:
        """Nothing is left running."""
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def _look(self, part: Part) -> None:
        began = time.monotonic()
        if await self._parts[part]():
            self._lived[part] = time.monotonic()
        await asyncio.sleep(max(0.0, began + _EVERY_S - time.monotonic()))
