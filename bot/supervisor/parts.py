"""The parts of the assistant: how each is started, and how to know that it is ready."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

from settings import ROOT, Settings

RASA_ENV = ROOT / ".venv-rasa"
NAMES = ("bank", "actions", "rasa", "gateway", "hotline")
"""In order of start: each needs the ones before it."""


@dataclass(frozen=True)
class Part:
    """One process. ``ready_url`` answers 200 when the part can do its work; ``ready_s`` bounds the wait for it."""

    name: str
    title: str
    command: tuple[str, ...]
    environment: dict[str, str]
    port: int
    ready_url: str
    ready_s: float


def _environment(settings: Settings) -> dict[str, str]:
    """What a part needs to know: the state directory and the settings given by the caller's environment."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("XIANGYIN_")}
    return kept | {
        "XIANGYIN_STATE_DIR": str(settings.state_dir),
        "HF_HUB_OFFLINE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def _reached(host: str) -> str:
    """An address at which this machine reaches what listens on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104


def parts_of(settings: Settings) -> list[Part]:
    """The parts this machine runs (``XIANGYIN_RUN``), in order of start.

    Raises:
        ValueError: an unknown part is named, or none.
    """
    wanted = {name.strip() for name in settings.run.split(",") if name.strip()}
    if unknown := wanted - set(NAMES):
        raise ValueError(f"XIANGYIN_RUN names unknown parts: {', '.join(sorted(unknown))}; known: {', '.join(NAMES)}")
    if not wanted:
        raise ValueError(f"XIANGYIN_RUN names no part; known: {', '.join(NAMES)}")
    python, common = sys.executable, _environment(settings)
    rasa_environment = common | {
        "XIANGYIN_ACTIONS_URL": settings.url_of("actions"),
        "XIANGYIN_INTERNAL_SECRET": settings.internal_secret.get_secret_value(),
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "CUDA_VISIBLE_DEVICES": "",
        "LOG_LEVEL": "WARNING",  # Rasa's default log prints what people say
    }
    model = settings.models_dir / "rasa" / "current.tar.gz"
    rasa_command = (
        *(str(RASA_ENV / "bin" / "python"), "-m", "rasa", "run", "--enable-api"),
        *("--interface", "127.0.0.1", "--port", str(settings.rasa_port), "--model", str(model)),
        *("--endpoints", "endpoints.yml", "--credentials", "credentials.yml"),
    )
    known = {
        "bank": Part(
            "bank",
            "bank sandbox",
            (python, "-m", "actions.bank.sandbox"),
            common,
            settings.bank_port,
            f"http://127.0.0.1:{settings.bank_port}/healthz",
            60,
        ),
        "actions": Part(
            "actions",
            "action server",
            (python, "-m", "actions"),
            common,
            settings.actions_port,
            f"http://127.0.0.1:{settings.actions_port}/readyz",
            120,
        ),
        "rasa": Part(
            "rasa",
            "dialogue (Rasa)",
            rasa_command,
            rasa_environment,
            settings.rasa_port,
            f"http://127.0.0.1:{settings.rasa_port}/webhooks/gateway/ready",
            300,
        ),
        "gateway": Part(
            "gateway",
            "gateway",
            (python, "-m", "bot"),
            common,
            settings.port,
            f"http://127.0.0.1:{settings.port}/readyz",
            120,
        ),
        "hotline": Part(
            "hotline",
            "hotline",
            (python, "-m", "bot.channels.hotline"),
            common,
            settings.hotline_port,
            # It takes calls before its fixed sentences have all been spoken, which lasts minutes at the first start.
            f"http://{_reached(settings.hotline_host)}:{settings.hotline_port}/healthz",
            60,
        ),
    }
    return [known[name] for name in NAMES if name in wanted]


def guarded(command: tuple[str, ...]) -> tuple[str, ...]:
    """The command so that the kernel ends it when its supervisor dies, however that happens."""
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "KILL", *command) if setpriv else command
