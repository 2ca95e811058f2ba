"""Keeps what was measured: each scenario has its section in ``results/hotline.md``, replaced when it runs anew."""

from __future__ import annotations

import os
import re
import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.machine import heading

RESULT = Path(__file__).resolve().parents[1] / "results" / "hotline.md"
TITLE = "# The hotline\n\nMeasured with the call simulator, `python -m benchmarks.hotline`: docs/hotline.md says how.\n"
Rows = Sequence[tuple[str, str]]


def share(values: Sequence[float], at: float) -> float:
    """The value below which ``at`` (0 to 1) of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(at * len(ordered)))] if ordered else float("nan")


def milliseconds(values: Sequence[float]) -> str:
    """Seconds as "p50 / p95 / largest (how many)" in milliseconds."""
    if not values:
        return "none"
    p50 = statistics.median(values)
    return f"{p50 * 1000:.0f} / {share(values, 0.95) * 1000:.0f} / {max(values) * 1000:.0f} ms (n = {len(values)})"


def load() -> str:
    return " ".join(f"{value:.1f}" for value in os.getloadavg())


def keep(name: str, about: str, rows: Rows, path: Path = RESULT) -> str:
    """Write the section ``name`` and return it."""
    lines = [f"## {name}", "", f"{heading()}; load of the machine when it ended: {load()}.", "", about, ""]
    lines += ["| what | figure |", "|---|---|", *(f"| {what} | {figure} |" for what, figure in rows)]
    section = "\n".join(lines) + "\n"
    text = path.read_text("utf-8") if path.exists() else TITLE
    pattern = re.compile(rf"^## {re.escape(name)}\n.*?(?=^## |\Z)", re.MULTILINE | re.DOTALL)
    text = pattern.sub("", text).rstrip("\n") + "\n\n" + section
    path.write_text(text, "utf-8")
    return section
