"""Beats for the guard (``guard.py``) that kills this process when its event loop has stood still."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bot.channels.hotline.media import guard

log = logging.getLogger(__name__)
PATIENCE_S = 2.5
"""A call without a sound for so long is as good as lost; AudioSocket's own limit is two seconds."""
_BEAT_S = 0.4


async def _beat(patience_s: float) -> None:
    while True:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", str(Path(guard.__file__)), str(os.getpid()), str(patience_s)),
            stdin=asyncio.subprocess.PIPE,
        )
        assert child.stdin is not None
        try:
            while child.returncode is None:
                child.stdin.write(b".")
                await child.stdin.drain()
                await asyncio.sleep(_BEAT_S)
        except ConnectionError:
            pass
        finally:
            child.stdin.close()
        log.error("the watchdog ended; it is started again")
        await child.wait()
        await asyncio.sleep(_BEAT_S)


@contextlib.asynccontextmanager
async def watched(patience_s: float = PATIENCE_S) -> AsyncIterator[None]:
    """While this lasts, the process is killed when its event loop stands still for ``patience_s`` seconds."""
    task = asyncio.create_task(_beat(patience_s), name="hotline-watchdog")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
