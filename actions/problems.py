"""Failures get a number: the user hears it, the log says under it where the code failed and nothing else."""

from __future__ import annotations

import logging
import secrets
import traceback

log = logging.getLogger(__name__)


def noted(what: str, turn: str, error: BaseException) -> str:
    """Log ``error`` under a fresh number and return that: six digits.

    Args:
        what: failed, e.g. ``action_check_progress``; no personal data.
        turn: id of the turn, ``-`` when unknown.
    """
    number = f"{secrets.randbelow(10**6):06d}"
    code = getattr(error, "code", None)
    # Messages of exceptions may quote what the user said; the place in the code does not.
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    log.error(
        "problem %s: %s failed: turn=%s code=%s type=%s at %s",
        number,
        what,
        turn,
        code if isinstance(code, str) else "unexpected",
        type(error).__name__,
        " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames)),
    )
    return number
