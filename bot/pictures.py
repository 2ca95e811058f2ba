"""Pictures that replies carry: kept as what they show, drawn by the action server when somebody looks."""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from bot.errors import NotFoundError, ServiceUnavailableError
from bot.store import GatewayStore

log = logging.getLogger(__name__)


class Pictures:
    """Fetches the picture behind a key (channels that send files use it as well as the page).

    Args:
        store: keeps what each key shows.
        session: shared HTTP session.
        base_url: the action server's, without trailing slash.
        secret: the internal secret.
    """

    def __init__(self, store: GatewayStore, session: aiohttp.ClientSession, base_url: str, secret: str) -> None:
        self._store = store
        self._session = session
        self._url = base_url
        self._headers = {"X-Xiangyin-Secret": secret, "Content-Type": "application/json"}
        self._timeout = aiohttp.ClientTimeout(total=10)

    async def png(self, key: str) -> bytes:
        """The picture with this key.

        Raises:
            NotFoundError: no such picture, or it is older than turns are kept.
            ServiceUnavailableError: it cannot be drawn now.
        """
        shown = await asyncio.to_thread(self._store.picture, key)
        if shown is None:
            raise NotFoundError("这张图已经过期了。")
        try:
            async with self._session.post(
                f"{self._url}/pictures", data=shown.encode(), headers=self._headers, timeout=self._timeout
            ) as response:
                drawn = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("picture not drawn: %s", type(error).__name__)
            raise ServiceUnavailableError from error
        if response.status != 200:
            log.warning("picture not drawn: status %s", response.status)
            raise ServiceUnavailableError
        return drawn
