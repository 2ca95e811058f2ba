"""``python -m bot``: the gateway process."""

from __future__ import annotations

import logging
import sys
from collections.abc import Coroutine
from typing import Any

import uvloop
from aiohttp import web

from bot.channels import nonsense
from bot.channels.chats import ChannelSettingsError
from bot.gateway import build_app
from settings import load_settings
from voice.errors import VoiceError

SHUTDOWN_S = 3.0


def serve(app: Coroutine[Any, Any, web.Application], host: str, port: int) -> None:
    """Runs the gateway until it is told to stop."""
    web.run_app(
        app,
        host=host,
        port=port,
        access_log=None,
        print=None,
        shutdown_timeout=SHUTDOWN_S,
        loop=uvloop.new_event_loop(),
    )


def main() -> None:
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    nonsense.in_one_line()
    try:
        serve(build_app(settings), settings.host, settings.port)
    except VoiceError as error:  # a model or a table of recognisers that is wrong: one line says which
        sys.exit(f"error: {error.detail or error.message}")
    except ChannelSettingsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
