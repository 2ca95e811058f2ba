"""supervisord as a child process: its configuration, its start, and its XML-RPC interface over a private socket."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from pathlib import Path
from types import TracebackType
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from bot.supervisor.parts import Part, guarded
from settings import ROOT

STOP_S = 6
"""A part that has not ended this long after SIGTERM is killed, so that all are gone within 10 s."""
_START_S = 20.0
_PR_SET_PDEATHSIG = 1
_LOG_BYTES = "20MB"
_GROUP = "xiangyin"
"""supervisord stops one group after the other, but all of a group at once."""


def _quoted(value: str) -> str:
    """A value of supervisord's ``environment=``: quoted, with its own % and quotes escaped."""
    escaped = value.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _program(part: Part, log_dir: Path) -> str:
    words = " ".join(f"'{word}'" if " " in word else word for word in guarded(part.command)).replace("%", "%%")
    environment = ",".join(f"{name}={_quoted(value)}" for name, value in sorted(part.environment.items()))
    log = str(log_dir / f"{part.name}.log").replace("%", "%%")
    return f"""
[program:{part.name}]
command={words}
directory={ROOT}
environment={environment}
autostart=false
autorestart=true
startsecs=2
startretries=1000000
stopsignal=TERM
stopwaitsecs={STOP_S}
stopasgroup=false
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes={_LOG_BYTES}
stdout_logfile_backups=2
"""


def configuration(parts: list[Part], socket: Path, log_dir: Path) -> str:
    """supervisord's configuration file. A part that dies is restarted, each time a second later."""
    return f"""[supervisord]
nodaemon=true
silent=true
logfile={log_dir}/supervisord.log
logfile_maxbytes={_LOG_BYTES}
pidfile={socket.parent}/supervisord.pid
childlogdir={log_dir}
umask=077

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
[group:{_GROUP}]
programs={",".join(part.name for part in parts)}
{"".join(_program(part, log_dir) for part in parts)}"""


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Daemon:
    """A running supervisord, as a context manager: leaving it stops every part."""

    def __init__(self, parts: list[Part], log_dir: Path) -> None:
        self._parts = parts
        self._log_dir = log_dir
        # A socket path may hold only some 100 characters, so it does not lie in the checkout.
        self._dir = Path(tempfile.mkdtemp(prefix="xiangyin-"))
        self._socket = self._dir / "supervisor.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Daemon:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        file = self._dir / "supervisord.conf"
        file.touch(mode=0o600)
        file.write_text(configuration(self._parts, self._socket, self._log_dir), "utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches only `up`, which then stops all in order
            preexec_fn=_die_with_parent,
            env={**os.environ, "PYTHONWARNINGS": "ignore"},
        )
        try:
            self._await_answer(self._process)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def _rpc(self) -> Any:
        # A new one each time: supervisor's transport cannot be used again after a failed connection.
        transport = SupervisorTransport(None, None, f"unix://{self._socket}")
        return xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)

    def _await_answer(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                self._rpc.supervisor.getState()
            except (OSError, xmlrpc.client.Error):
                time.sleep(0.05)
                continue
            return
        raise RuntimeError(f"supervisord did not start; see {self._log_dir / 'supervisord.log'}")

    def start(self, name: str) -> None:
        """Start one part without waiting for it."""
        self._rpc.supervisor.startProcess(f"{_GROUP}:{name}", False)

    def states(self) -> dict[str, tuple[str, int]]:
        """State name (``RUNNING``, ``BACKOFF``, ...) and process id of every part."""
        return {info["name"]: (info["statename"], info["pid"]) for info in self._rpc.supervisor.getAllProcessInfo()}

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _stop(self) -> None:
        process = self._process
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_S + 2.5)
            except subprocess.TimeoutExpired:
                process.kill()  # its children are killed by the kernel then, see parts.guarded
                process.wait()
        shutil.rmtree(self._dir, ignore_errors=True)
