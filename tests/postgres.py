"""A PostgreSQL server of our own, for tests and benchmarks."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POSTGRES = Path("/usr/lib/postgresql/15/bin")


def installed() -> bool:
    """Whether PostgreSQL 15 lies where Debian puts it."""
    return (POSTGRES / "initdb").exists()


@contextmanager
def running(options: str = "") -> Iterator[str]:
    """URL of a fresh server, without a database name; gone afterwards.

    Args:
        options: more of the server's own, e.g. ``-c fsync=off``.
    """
    as_user: list[str] = []
    folder = Path(tempfile.mkdtemp(prefix="xiangyin-postgres-"))
    if os.geteuid() == 0:
        as_user = ["runuser", "-u", "nobody", "--"]
        shutil.chown(folder, "nobody")
    user = "nobody" if as_user else getpass.getuser()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, capture_output=True, cwd=folder, timeout=120)

    run(str(POSTGRES / "initdb"), "-D", str(data), "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    listen = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} {options}"
    run(str(POSTGRES / "pg_ctl"), "-D", str(data), "-l", str(folder / "log"), "-w", "-o", listen, "start")
    try:
        yield f"postgresql+psycopg://{user}@127.0.0.1:{port}"
    finally:
        run(str(POSTGRES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
