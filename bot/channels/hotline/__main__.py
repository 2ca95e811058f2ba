"""``python -m bot.channels.hotline``: the line process."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator

import aiohttp
from aiohttp import web

from bot.channels import nonsense
from bot.channels.hotline.call.prompts import PromptBook
from bot.channels.hotline.call.upstream import Upstream
from bot.channels.hotline.media.server import Hotline, LineConfig
from bot.channels.hotline.media.talks import Talks
from bot.channels.hotline.media.watchdog import watched
from settings import Settings, load_settings
from voice.activity import load_network

SHUTDOWN_S = 1.0
_NICE = -10


async def build_app(settings: Settings) -> web.Application:
    """The line process as an aiohttp application; all that it opens is closed with it."""
    config = LineConfig(
        settings.hotline_key.get_secret_value(),
        settings.hotline_host,
        settings.hotline_audiosocket_port,
        settings.hotline_calls,
        settings.hotline_record,
    )
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    upstream = Upstream(session, settings.url_of("gateway"), settings.internal_secret.get_secret_value())
    voice = f"{settings.synthesiser}-{settings.voice_name}"
    prompts = PromptBook(settings.state_dir / "hotline", voice)
    app = Hotline(config, Talks(upstream, prompts, load_network())).application()

    async def lifetime(_app: web.Application) -> AsyncIterator[None]:
        async with session, watched():
            yield

    app.cleanup_ctx.insert(0, lifetime)  # closed last: what ends before may still ask the gateway
    return app


def main() -> None:
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    nonsense.in_one_line()
    if not (settings.hotline_key.get_secret_value() and settings.internal_secret.get_secret_value()):
        sys.exit("error: no secrets yet: run `make setup`")
    with contextlib.suppress(PermissionError):  # every caller hears when this process waits for a processor
        os.setpriority(os.PRIO_PROCESS, 0, _NICE)
    gc.freeze()  # what is loaded by now stays; a collection over it all would be heard
    web.run_app(
        build_app(settings),
        host=settings.hotline_host,
        port=settings.hotline_port,
        access_log=None,
        print=None,
        shutdown_timeout=SHUTDOWN_S,
    )


if __name__ == "__main__":
    main()
