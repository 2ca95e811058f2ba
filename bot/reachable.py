"""Whether another part of the assistant answers."""

from __future__ import annotations

import aiohttp


async def status(session: aiohttp.ClientSession, url: str, *, within_s: float) -> int | None:
    """The HTTP status of ``url``; None when nothing came back in time."""
    try:
        async with session.get(url, timeout=aiohttp.ClientTimeout(total=within_s)) as response:
            return response.status
    except (aiohttp.ClientError, TimeoutError):
        return None
