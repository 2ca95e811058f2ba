"""``python -m bot``: the gateway process."""

from __future__ import annotations

import logging

from aiohttp import web

from bot.gateway import build_app
from settings import load_settings

SHUTDOWN_S = 3.0


def main() -> None:
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    web.run_app(
        build_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=None,
        print=None,
        shutdown_timeout=SHUTDOWN_S,
    )


if __name__ == "__main__":
    main()
