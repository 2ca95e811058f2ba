"""What the running system costs: start-up time, peak memory of each part, and the time of typical turns.

    .venv/bin/python -m benchmarks.stack [--rounds N]

Starts the whole system on free ports with databases of its own, plays the same turns in every round (text, forms,
voice, spoken replies), and samples the memory of all processes meanwhile. Memory is PSS: shared pages are counted once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

import psutil
import requests
from tqdm import tqdm

from benchmarks.machine import heading
from settings import load_settings
from tests.running import Stack, state_beside

SAMPLE_S = 0.5
DIALOGUE = (
    "你好",
    "小麦条锈病怎么防治",
    "有人让我把钱转到安全账户，是不是骗子",
    "我想贷五万块种苞谷，两年",
    "新农保断缴了能补吗",
    "取消",
    "我要交电费",
    "取消",
    "谢谢",
)


class MemoryWatch(threading.Thread):
    """Samples PSS of the system's processes; ``peaks`` are bytes by part, ``peak`` of all together."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self._root = psutil.Process(root)
        self._ended = threading.Event()
        self.peaks: dict[str, int] = defaultdict(int)
        self.peak = 0

    def run(self) -> None:
        while not self._ended.wait(SAMPLE_S):
            now: dict[str, int] = defaultdict(int)
            for process in [self._root, *self._root.children(recursive=True)]:
                try:
                    now[self._part(process)] += process.memory_full_info().pss
                except psutil.Error:
                    continue
            for part, used in now.items():
                self.peaks[part] = max(self.peaks[part], used)
            self.peak = max(self.peak, sum(now.values()))

    def end(self) -> None:
        self._ended.set()
        self.join()

    @staticmethod
    def _part(process: psutil.Process) -> str:
        line = " ".join(process.cmdline())
        for mark, part in (
            ("actions.bank.sandbox", "bank sandbox"),
            ("-m actions", "action server"),
            ("-m rasa", "Rasa"),
            ("-m bot", "gateway"),
            ("multiprocessing", "speech workers"),
            ("supervisor", "supervisor"),
        ):
            if mark in line:
                return part
        return "up"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        state_beside(load_settings().state_dir, Path(folder) / "state")
        stack = Stack(Path(folder) / "state")
        began = time.monotonic()
        stack.start()
        ready = time.monotonic() - began
        assert stack.process is not None
        watch = MemoryWatch(stack.process.pid)
        watch.start()
        seconds: dict[str, list[float]] = defaultdict(list)
        spoken = b""
        for number in tqdm(range(rounds), desc="rounds"):
            for text in DIALOGUE:
                started = time.monotonic()
                turn = stack.ask(text, f"round-{number}").json()
                seconds["typed turn"].append(time.monotonic() - started)
            started = time.monotonic()
            sound = requests.get(f"{stack.url}{turn['replies'][0]['audio']}", timeout=120)
            seconds["reply spoken (first time)" if number == 0 else "reply spoken (again)"].append(
                time.monotonic() - started
            )
            spoken = spoken or sound.content
            started = time.monotonic()
            stack.listen(spoken, f"voice-{number}")
            seconds["voice turn"].append(time.monotonic() - started)
        watch.end()
        stopping = stack.stop()
    print(heading())
    print(f"\nready after {ready:.1f} s, stopped within {stopping:.1f} s\n")
    print("| part | peak memory (PSS, MB) |\n|---|---:|")
    for part, used in sorted(watch.peaks.items(), key=lambda item: -item[1]):
        print(f"| {part} | {used / 2**20:.0f} |")
    print(f"| **all together** | **{watch.peak / 2**20:.0f}** |")
    print("\n| what | n | p50 (ms) | max (ms) |\n|---|---:|---:|---:|")
    for what, values in seconds.items():
        print(f"| {what} | {len(values)} | {statistics.median(values) * 1000:.0f} | {max(values) * 1000:.0f} |")


if __name__ == "__main__":
    main()
