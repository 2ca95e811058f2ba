"""The real stack, started as a user starts it, on free ports and with databases of its own."""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import threading
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from dotenv import dotenv_values

from settings import ROOT

READY_S = 420.0
STOP_S = 10.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def send(method: str, url: str, **fields: Any) -> requests.Response:
    """One HTTP request that does not look at the environment: pytest changes it while other threads ask."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, **fields)


def state_beside(prepared: Path, state: Path) -> None:
    """A fresh state directory with the prepared models, index and secrets, and databases of its own."""
    state.mkdir(parents=True, exist_ok=True)
    for name in ("models", "index"):
        (state / name).symlink_to(prepared / name)
    (state / "secrets.env").write_bytes((prepared / "secrets.env").read_bytes())
    (state / "secrets.env").chmod(0o600)


@dataclass
class Stack:
    """A running ``xiangyin up``."""

    state: Path
    run: str = "bank,actions,rasa,gateway"
    ports: dict[str, int] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None
    output: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['PORT']}"

    @property
    def api_key(self) -> str:
        return dotenv_values(self.state / "secrets.env", interpolate=False)["XIANGYIN_API_KEY"] or ""

    @property
    def environment(self) -> dict[str, str]:
        ports = {f"XIANGYIN_{name}": str(port) for name, port in self.ports.items()}
        return {**os.environ, **ports, "XIANGYIN_STATE_DIR": str(self.state), "XIANGYIN_RUN": self.run}

    def start(self, ready_line: str = "ready:") -> None:
        """Start and wait for the line that says it works."""
        for name in ("PORT", "RASA_PORT", "ACTIONS_PORT", "BANK_PORT"):
            self.ports.setdefault(name, free_port())
        self.process = subprocess.Popen(
            [str(ROOT / ".venv/bin/xiangyin"), "up"],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            line = lines.get(timeout=deadline - time.monotonic())
            if line is None:
                raise AssertionError("the stack did not start:\n" + "".join(self.output))
            if ready_line in line:
                return
        raise AssertionError("the stack was not ready in time:\n" + "".join(self.output))

    def _read(self, lines: queue.Queue[str | None]) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output.append(line)
            lines.put(line)
        lines.put(None)

    def stop(self, number: int = signal.SIGTERM) -> float:
        """Stop as Ctrl-C or a service manager does; returns the seconds it took."""
        assert self.process is not None
        started = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(STOP_S + 20)
        return time.monotonic() - started

    def ask(self, text: str, sender: str | None = None, **fields: Any) -> requests.Response:
        body = {"text": text, "sender_id": sender or uuid.uuid4().hex, **fields}
        return send("POST", f"{self.url}/api/v1/turns", json=body, headers={"X-API-Key": self.api_key}, timeout=120)

    def listen(self, audio: bytes, sender: str | None = None, **fields: str) -> requests.Response:
        return send(
            "POST",
            f"{self.url}/api/v1/turns",
            data={"sender_id": sender or uuid.uuid4().hex, **fields},
            files={"audio": ("speech", audio)},
            headers={"X-API-Key": self.api_key},
            timeout=180,
        )

    def get(self, path: str) -> requests.Response:
        return send("GET", self.url + path, headers={"X-API-Key": self.api_key}, timeout=120)

    def slots(self, conversation: str) -> dict[str, Any]:
        """The dialogue's slots, asked of Rasa itself."""
        url = f"http://127.0.0.1:{self.ports['RASA_PORT']}/conversations/{conversation}/tracker"
        answer = send("GET", url, params={"include_events": "NONE"}, timeout=60)
        answer.raise_for_status()
        slots: dict[str, Any] = answer.json()["slots"]
        return slots

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line against this stack."""
        return subprocess.run(
            [str(ROOT / ".venv/bin/xiangyin"), *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
