"""``python -m bot``: the gateway process."""

from __future__ import annotations

import logging
import sys

from aiohttp import web

from bot.channels.chats import ChannelSettingsError
from bot.gateway import build_app
from settings import load_settings
from voice.errors import VoiceError

SHUTDOWN_S = 3.0


def main() -> None:
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        web.run_app(
            build_app(settings),
            host=settings.host,
            port=settings.port,
            access_log=None,
            print=None,
            shutdown_timeout=SHUTDOWN_S,
        )
    except VoiceError as error:  # a model or a table of recognisers that is wrong: one line says which
        sys.exit(f"error: {error.detail or error.message}")
    except ChannelSettingsError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
