"""The two processes as they are started: they become ready, stop when told, and say why when they cannot start."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from settings import ROOT, load_settings

pytestmark = pytest.mark.unit
READY_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A state of our own; models and index as they were prepared."""
    prepared = load_settings().state_dir
    for name in ("models", "index"):
        (tmp_path / name).symlink_to(prepared / name)
    return os.environ | {
        "XIANGYIN_STATE_DIR": str(tmp_path),
        "XIANGYIN_ACTIONS_PORT": str(free_port()),
        "XIANGYIN_BANK_PORT": str(free_port()),
        "XIANGYIN_ACTIONS_URL": "",
        "XIANGYIN_BANK_URL": "",
        "XIANGYIN_DATABASE_URL": "",
        "XIANGYIN_INTERNAL_SECRET": "s",
        "XIANGYIN_BANK_KEY": "b",
        "XIANGYIN_LEDGER_KEY": base64.b64encode(b"k" * 32).decode(),
    }


class Part:
    """One started process."""

    def __init__(self, module: str, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
        )

    def ready(self, url: str) -> dict[str, object]:
        until = time.monotonic() + READY_S
        while time.monotonic() < until and self.process.poll() is None:
            try:
                return dict(requests.get(url, timeout=2).json())
            except requests.ConnectionError:
                time.sleep(0.1)
        self.process.kill()
        raise AssertionError(f"not ready: {self.process.communicate()[1]}")

    def stop(self) -> float:
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return time.monotonic() - began


@pytest.fixture
def parts() -> Iterator[list[Part]]:
    """Processes to be ended whatever happens."""
    started: list[Part] = []
    yield started
    for part in started:
        if part.process.poll() is None:
            part.process.kill()
            part.process.communicate()


def test_the_sandbox_starts_and_stops(environment: dict[str, str], parts: list[Part]) -> None:
    parts.append(Part("actions.bank.sandbox", environment))
    url = f"http://127.0.0.1:{environment['XIANGYIN_BANK_PORT']}"
    assert parts[0].ready(f"{url}/healthz") == {"ok": True, "sample": True}
    assert "openapi" in requests.get(f"{url}/openapi.yaml", timeout=5).text
    assert parts[0].stop() < 4


def test_the_action_server_starts_and_stops(environment: dict[str, str], parts: list[Part]) -> None:
    settings = load_settings()
    if not (settings.index_dir / "current").exists() or not (settings.models_dir / "e5-zh").exists():
        pytest.skip(f"models and index are not prepared in {settings.state_dir}")
    parts.append(Part("actions", environment))
    url = f"http://127.0.0.1:{environment['XIANGYIN_ACTIONS_PORT']}"
    assert parts[0].ready(f"{url}/readyz") == {"ready": True, "ledger": True, "delivery": True, "bank": False}
    assert requests.get(f"{url}/cases", timeout=5).status_code == 401
    assert parts[0].stop() < 4


@pytest.mark.parametrize("module", ["actions", "actions.bank.sandbox"])
def test_a_missing_secret_is_one_clear_line(module: str, environment: dict[str, str]) -> None:
    del environment["XIANGYIN_BANK_KEY"]
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    line = done.stderr.strip().splitlines()[-1]
    assert "bank_key" in line.lower()
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_one_clear_line(environment: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", int(environment["XIANGYIN_BANK_PORT"])))
        taken.listen()
        done = subprocess.run(
            [sys.executable, "-m", "actions.bank.sandbox"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].endswith("is taken")
