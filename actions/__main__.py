"""``python -m actions``: run the action server on loopback until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import sys

from aiohttp import web
from sqlalchemy.exc import DBAPIError

from actions.composition import open_app
from actions.errors import ActionsError
from knowledge.errors import KnowledgeError
from settings import Settings, load_settings

log = logging.getLogger("actions")


async def serve(settings: Settings) -> None:
    """Serve until told to stop; what is under way gets two seconds."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with open_app(settings) as app:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", settings.actions_port).start()
            log.info("listening on port %d", settings.actions_port)
            await stop.wait()
        finally:
            await runner.cleanup()


def main() -> int:
    """Exit code 0 when told to stop, 1 with one line on stderr when it cannot start."""
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("rasa_sdk").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        asyncio.run(serve(settings))
    except (ActionsError, KnowledgeError) as error:
        print(f"actions: {error.code}: {error}", file=sys.stderr)
        return 1
    except DBAPIError as error:
        print(f"actions: the ledger's database cannot be opened: {type(error.orig).__name__}", file=sys.stderr)
        return 1
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = f"port {settings.actions_port} is taken" if taken else str(error.strerror or error)
        print(f"actions: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
