"""``python -m actions.bank.sandbox``: run the sandbox bank on loopback."""

from __future__ import annotations

import errno
import logging
import sys

from aiohttp import web

from actions.bank.sandbox.app import create_app
from actions.ledger.database import open_engine
from settings import load_settings


def main() -> int:
    """Serve until SIGTERM or SIGINT."""
    settings = load_settings()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    key = settings.bank_key.get_secret_value()
    if not key:
        print("bank sandbox: XIANGYIN_BANK_KEY is not set; run the set-up first", file=sys.stderr)
        return 1
    app = create_app(
        open_engine(f"sqlite:///{settings.state_dir / 'bank-sandbox.sqlite'}"),
        key.encode(),
        public_url=settings.url_of("bank"),
        notify_url=settings.url_of("actions") + "/bank/events",
    )
    # Addresses of confirmation pages hold a token, so requests are not logged.
    try:
        web.run_app(
            app,
            host="127.0.0.1",
            port=settings.bank_port,
            access_log=None,
            print=None,
            shutdown_timeout=2.0,
        )
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        reason = f"port {settings.bank_port} is taken" if taken else str(error.strerror or error)
        print(f"bank sandbox: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
