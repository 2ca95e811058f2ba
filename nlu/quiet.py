"""Keeps Rasa and TensorFlow from alarming people; import before either of them."""

from __future__ import annotations

import logging
import os
import sys
import warnings

QUIET = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "LOG_LEVEL": "ERROR",
    "LOG_LEVEL_LIBRARIES": "ERROR",
    "PYTHONWARNINGS": "ignore",
}
"""Also for the environment of a Rasa server (there with LOG_LEVEL=WARNING)."""

for _name, _value in QUIET.items():
    os.environ.setdefault(_name, _value)
said: list[str] = []
"""Warnings that would have been printed; libraries turn the filters on again, so they are caught here."""


def _keep(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    if issubclass(category, UserWarning):
        said.append(str(message))


warnings.simplefilter("ignore")
warnings.showwarning = _keep


def quiet_structlog() -> None:
    """Send Rasa's structured log to stderr, errors only: by default it prints what users say to stdout."""
    import structlog  # type: ignore[import-not-found]  # only there beside Rasa

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
