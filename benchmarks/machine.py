"""Where and when a measurement was made: the first line of every table."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import date
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def heading() -> str:
    """One line: processor, cores, memory, Python, date and commit."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=_ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    cores = len(os.sched_getaffinity(0))
    return (
        f"{model}, {cores} cores, {memory:.0f} GB, Python {platform.python_version()}, "
        f"{date.today().isoformat()}, commit {commit or 'unknown'}"
    )
