"""What reaches a port of ours and is no HTTP. aiohttp would write a traceback for each, with the words that it stumbled
on: anybody could fill the log, and a line that is too long has the key or a caller's number in it."""

from __future__ import annotations

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.log import server_logger


def in_one_line() -> None:
    """From now on a request that is no HTTP is one line in this process's log, without what it said."""
    server_logger.addFilter(_one_line)


def _one_line(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError | web.RequestPayloadError):
        record.msg, record.args = "a request that is no HTTP was refused: %s", (type(error).__name__,)
        record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
    return True
