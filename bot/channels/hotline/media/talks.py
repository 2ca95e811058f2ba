"""What is behind the telephone lines: the gateway, the fixed sentences, and one session for each call."""

from __future__ import annotations

import asyncio
import contextlib

import onnxruntime

from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.call.session import Ended, Recording, Session
from bot.channels.hotline.call.upstream import Upstream, UpstreamError
from bot.channels.hotline.line import Line
from bot.channels.hotline.media.endpointing import EndPointer

BRIEFING_RATE = 8000
_FINISH_S = 1.0
"""For the records of calls that a stop has cut off."""


class Talks:
    """Talks with callers. ``network``: finds speech; one for all calls."""

    def __init__(self, upstream: Upstream, prompts: PromptBook, network: onnxruntime.InferenceSession) -> None:
        self._upstream, self._prompts, self._network = upstream, prompts, network
        self._preparing: asyncio.Task[None] | None = None
        self._finishing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Have the fixed sentences made; calls may come meanwhile."""
        self._preparing = asyncio.create_task(self._prompts.prepare(self._upstream), name="hotline-prompts")

    async def close(self) -> None:
        if self._preparing is not None:
            self._preparing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._preparing
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=_FINISH_S)
        await self._upstream.close()

    async def ready(self) -> dict[str, bool]:
        """What works, by name."""
        prompts = self._preparing is not None and self._preparing.done()
        return {"prompts": prompts, "gateway": await self._upstream.well()}

    async def talk(self, line: Line, recording: Recording | None) -> Ended:
        """One call, to its end. Its record follows by itself: the caller is on the way to a person meanwhile."""
        session = Session(line, self._upstream, self._prompts, self._ears, recording=recording)
        try:
            return await session.run()
        finally:
            finishing = asyncio.create_task(session.finish(), name="hotline-finish")
            self._finishing.add(finishing)
            finishing.add_done_callback(self._finishing.discard)

    async def brief(self, summary: str) -> bytes:
        """The summary as PCM at :data:`BRIEFING_RATE`; empty when the gateway cannot speak now."""
        try:
            return b"".join([sentence async for sentence in self._upstream.speech(summary, BRIEFING_RATE)])
        except UpstreamError:
            return b""

    def _ears(self, rate: int) -> EndPointer:
        return EndPointer(rate, self._network)
