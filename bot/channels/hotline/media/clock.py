"""One clock for the media of all calls: a beat every 20 ms for each, spread so that they do not all come at once.

A task and a timer for each call would cost far more, and drift. When the process was held up, beats that are over are
left out: sent late all at once they would push everything behind them back for the rest of the call.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from prometheus_client import Counter

from bot.channels.hotline.line import FRAME_S

log = logging.getLogger(__name__)
Beat = Callable[[], None]
_PHASES = 10
_STEP_S = FRAME_S / _PHASES
_LEFT_OUT = Counter("xiangyin_hotline_beats_left_out_total", "20 ms beats that came too late to be sent")


class Clock:
    """Calls every member's beat every 20 ms. Runs while it has members. For one event loop."""

    def __init__(self) -> None:
        self._phases: list[list[Beat]] = [[] for _ in range(_PHASES)]
        self._task: asyncio.Task[None] | None = None

    def join(self, beat: Beat) -> None:
        """Have ``beat`` called every 20 ms; it must be quick. One that raises is taken out."""
        min(self._phases, key=len).append(beat)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="hotline-clock")

    def leave(self, beat: Beat) -> None:
        """No more beats; harmless when it has left already."""
        for phase in self._phases:
            if beat in phase:
                phase.remove(beat)

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        start, step = loop.time(), 0
        while any(self._phases):
            step += 1
            while not self._phases[step % _PHASES]:
                step += 1
            delay = start + step * _STEP_S - loop.time()
            if delay < -FRAME_S:
                lost = int(-delay / FRAME_S)
                _LEFT_OUT.inc(lost * sum(map(len, self._phases)))
                start += lost * FRAME_S
            await asyncio.sleep(max(delay, 0))
            for beat in tuple(self._phases[step % _PHASES]):
                try:
                    beat()
                except Exception:
                    log.exception("a call's beat failed; it is taken out")
                    self.leave(beat)
