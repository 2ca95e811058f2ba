"""Nothing lost, nothing twice, nothing untrue: seeded runs under ``kill -9`` and network faults.

    .venv/bin/python -m benchmarks.chaos [--runs N] [--first SEED] [--at-once N]

Each run is a loan and a bill dialogue at the same time; its seed decides which part is killed at which named point and
what the network does. ``--runs 1 --first SEED`` replays one. The full proof is 300 runs; the table goes to
``benchmarks/results/chaos.md`` for 60 runs and more, and says how many were run.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from tqdm import tqdm

from benchmarks.machine import heading
from settings import load_settings
from tests.chaos.campaign import Outcome, campaign
from tests.running import state_beside

FULL_PROOF = 300
"""Runs that count as the proof."""
WORTH_KEEPING = 60
RESULT = Path(__file__).with_name("results") / "chaos.md"


def table(outcome: Outcome, seeds: range, minutes: float) -> str:
    """The outcome of those ``seeds`` that were begun within ``minutes``, as Markdown."""
    command = f"python -m benchmarks.chaos --runs {len(seeds)} --first {seeds.start}"
    command += "" if minutes == float("inf") else f" --minutes {minutes:g}"
    short = f"Not the full proof, which is {FULL_PROOF} runs: time was bounded. "
    turns = f"{outcome.turns} answers, {sum(outcome.refusals.values())} of them refusals with a reason"
    lines = [
        "# Kill and break",
        "",
        heading(),
        "",
        f"{short if outcome.runs < FULL_PROOF else ''}{outcome.runs} runs (seeds {seeds.start} to {seeds.stop - 1}"
        f"{'' if outcome.runs == len(seeds) else f', {len(seeds) - outcome.runs} of them not begun'}), each a loan and "
        f"a bill dialogue at the same time, in {outcome.seconds / 60:.1f} minutes; {turns}. `{command}`",
        "",
        f"**Runs in which a case was lost or doubled, or somebody was told something untrue: {len(outcome.wrong)}.**",
        "",
        "| killed (SIGKILL) at | runs |",
        "|---|---|",
        *(f"| {point} | {count} |" for point, count in sorted(outcome.kills.items())),
        f"| the point never came | {len(outcome.unkilled)} |",
        "",
        "| fault on a link | times |",
        "|---|---|",
        *(f"| {fault} | {count} |" for fault, count in sorted(outcome.faults.items())),
        "",
        "| cases at the end | number |",
        "|---|---|",
        *(f"| {state} | {count} |" for state, count in sorted(outcome.cases.items())),
        "",
    ]
    for seed, found in sorted(outcome.wrong.items()):
        lines += [f"- seed {seed}: " + "; ".join(found)]
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=FULL_PROOF)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--at-once", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run after so many minutes")
    parser.add_argument("--keep", type=Path, help="state directory to use and keep (logs, databases)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="xiangyin-chaos-") as folder:
        state = arguments.keep or Path(folder) / "state"
        state_beside(load_settings().state_dir, state)
        with tqdm(total=arguments.runs, unit="run") as bar:
            seeds = range(arguments.first, arguments.first + arguments.runs)
            longest_s = arguments.minutes * 60
            outcome = asyncio.run(campaign(seeds, state, arguments.at_once, lambda _seed: bar.update(), longest_s))
    text = table(outcome, seeds, arguments.minutes)
    print(text)
    if outcome.runs >= WORTH_KEEPING:
        RESULT.write_text(text, "utf-8")
    return 1 if outcome.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
