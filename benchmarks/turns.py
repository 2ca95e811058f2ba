"""What a turn of the dialogue costs, beside a stock Rasa with the same model and actions in the same run.

    .venv/bin/python -m benchmarks.turns [--write] [--turns N]

Starts the whole system on free ports, and beside it a stock Rasa: its REST channel, its own tracker store, its own
check of the action server's answers. Both use the same action server and ledger. Measured are single turns of one user
through the gateway, turns under load straight at each Rasa process, turn 200 beside turn 5 of one conversation, and
memory. Wall times wait for whatever else the machine does; CPU times of the Rasa process hardly do.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import requests
import yaml
from dotenv import dotenv_values

from benchmarks.machine import heading
from bot.supervisor.parts import RASA_ENV
from settings import ROOT, load_settings
from tests.running import Stack, free_port, state_beside

RESULT = Path(__file__).with_name("results") / "turns.md"
ROUND = (
    "有人让我把钱转到安全账户，是不是骗子",
    "我想贷款",
    "五万",
    "买化肥",
    "种苞谷",
    "十亩",
    "小麦条锈病怎么防治",
    "取消",
    "我要交电费",
    "取消",
)
"""One user's turns, each with an action: questions, forms, a digression. Turn 5 and turn 205 are the same one."""
USERS = 8
"""Users at once under load."""


@dataclass(frozen=True)
class Rasa:
    """One Rasa process and how a turn is said to it."""

    name: str
    pid: int
    say: Callable[[requests.Session, str, str], None]

    def cpu(self) -> float:
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def memory(self) -> float:
        """Resident megabytes."""
        return float(psutil.Process(self.pid).memory_info().rss) / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=400, help="turns under load, each Rasa")
    parser.add_argument("--write", action="store_true", help="write the table to benchmarks/results/turns.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state"
        state_beside(load_settings().state_dir, state)
        stack = Stack(state)
        stack.start()
        stock = None
        try:
            stock, stock_port = _start_stock(stack, Path(folder))
            report = _measure(_ours(stack), _stock(stock.pid, stock_port), stack, options.turns)
        finally:
            if stock is not None:
                stock.kill()
                stock.wait()
            stack.stop()
    print(report)
    if options.write:
        RESULT.write_text(f"# Turns of the dialogue\n\n{heading()}\n\n{_ABOUT}\n{report}", "utf-8")


_ABOUT = """``python -m benchmarks.turns --write`` writes this file. Both Rasa processes run the same model and call the
same action server; "stock" is Rasa's REST channel, its SQL tracker store and its own check of answers. The turn through
the gateway holds everything a user waits for except the network. Load is eight users at once, straight at one process.
"""


def _ours(stack: Stack) -> Rasa:
    assert stack.process is not None
    family = psutil.Process(stack.process.pid).children(recursive=True)
    pid = next(p.pid for p in family if "rasa" in p.cmdline()[:4] and "run" in p.cmdline())
    secret = dotenv_values(stack.state / "secrets.env")["XIANGYIN_INTERNAL_SECRET"] or ""
    url = f"http://127.0.0.1:{stack.ports['RASA_PORT']}/webhooks/gateway/turn"

    def say(session: requests.Session, sender: str, text: str) -> None:
        body = {"sender_id": sender, "message_id": uuid.uuid4().hex, "text": text}
        answer = session.post(url, json=body, headers={"X-Xiangyin-Secret": secret}, timeout=120)
        assert answer.json()["messages"], text

    return Rasa("Xiangyin", pid, say)


def _start_stock(stack: Stack, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A Rasa as ``rasa init`` leaves it, with our model and our action server."""
    port = free_port()
    secret = dotenv_values(stack.state / "secrets.env")["XIANGYIN_INTERNAL_SECRET"]
    endpoints = {
        "action_endpoint": {
            "url": f"http://127.0.0.1:{stack.ports['ACTIONS_PORT']}/webhook",
            "headers": {"X-Xiangyin-Secret": secret},
        },
        "tracker_store": {"type": "SQL", "dialect": "sqlite", "db": str(folder / "stock.sqlite")},
    }
    (folder / "endpoints.yml").write_text(yaml.safe_dump(endpoints), "utf-8")
    (folder / "endpoints.yml").chmod(0o600)
    (folder / "credentials.yml").write_text("rest:\n", "utf-8")
    command = [
        *(str(RASA_ENV / "bin" / "python"), "-m", "rasa", "run", "--interface", "127.0.0.1", "--port", str(port)),
        *("--model", str(stack.state / "models" / "rasa" / "current.tar.gz")),
        *("--endpoints", str(folder / "endpoints.yml"), "--credentials", str(folder / "credentials.yml")),
    ]
    environment = os.environ | {
        "RASA_TELEMETRY_ENABLED": "false",
        "TF_CPP_MIN_LOG_LEVEL": "2",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "PYTHONWARNINGS": "ignore",
        "CUDA_VISIBLE_DEVICES": "",
        "LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    body = {"sender": "ready", "message": "你好"}
    while time.monotonic() < deadline:
        try:
            if requests.post(f"http://127.0.0.1:{port}/webhooks/rest/webhook", json=body, timeout=60).json():
                return process, port
        except requests.ConnectionError:
            time.sleep(1)
    process.kill()
    raise RuntimeError("the stock Rasa did not start")


def _stock(pid: int, port: int) -> Rasa:
    def say(session: requests.Session, sender: str, text: str) -> None:
        answer = session.post(
            f"http://127.0.0.1:{port}/webhooks/rest/webhook", json={"sender": sender, "message": text}, timeout=120
        )
        assert answer.json(), text

    return Rasa("stock Rasa", pid, say)


def _measure(ours: Rasa, stock: Rasa, stack: Stack, turns: int) -> str:
    lines = [f"Load average {os.getloadavg()[0]:.1f} at the start.\n"]
    for rasa in (ours, stock):
        _play(rasa, ROUND)  # the first turns load what is loaded late
    gateway = _gateway_times(stack, rounds=12)
    lines += [
        "## One user, through the gateway\n",
        "| turns | p50 ms | p95 ms | max ms |\n|--:|--:|--:|--:|",
        f"| {len(gateway)} | {_ms(statistics.median(gateway))} | {_ms(_p95(gateway))} | {_ms(max(gateway))} |\n",
        f"## Under load: {USERS} users at once, one Rasa process\n",
        "| | turns | turns/s | CPU ms of Rasa a turn | turns per CPU second | p50 ms | p95 ms | resident MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for rasa in (ours, stock):
        seconds, wall, cpu = _load(rasa, turns)
        lines.append(
            f"| {rasa.name} | {len(seconds)} | {len(seconds) / wall:.1f} | {cpu / len(seconds) * 1000:.1f} "
            f"| {len(seconds) / cpu:.1f} | {_ms(statistics.median(seconds))} | {_ms(_p95(seconds))} "
            f"| {rasa.memory():.0f} |"
        )
    lines += [
        "\n## A long conversation: one user, one process\n",
        "| | turns 1-10, CPU ms each | turns 191-200, CPU ms each | ratio | wall ms p50, early | late | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for rasa in (ours, stock):
        early, late, early_wall, late_wall = _long(rasa)
        lines.append(
            f"| {rasa.name} | {early * 1000:.1f} | {late * 1000:.1f} | {late / early:.2f} "
            f"| {_ms(early_wall)} | {_ms(late_wall)} | {late_wall / early_wall:.2f} |"
        )
    lines.append(f"\nLoad average {os.getloadavg()[0]:.1f} at the end.")
    return "\n".join(lines) + "\n"


def _gateway_times(stack: Stack, rounds: int) -> list[float]:
    session = requests.Session()
    session.headers["X-API-Key"] = stack.api_key
    times = []
    for _ in range(rounds):
        sender = uuid.uuid4().hex
        for text in ROUND:
            started = time.perf_counter()
            answer = session.post(f"{stack.url}/api/v1/turns", json={"text": text, "sender_id": sender}, timeout=120)
            times.append(time.perf_counter() - started)
            assert answer.status_code == 200, json.dumps(answer.json(), ensure_ascii=False)
    return times


def _play(rasa: Rasa, texts: tuple[str, ...], sender: str = "") -> list[float]:
    session, times = requests.Session(), []
    sender = sender or uuid.uuid4().hex
    for text in texts:
        started = time.perf_counter()
        rasa.say(session, sender, text)
        times.append(time.perf_counter() - started)
    return times


def _load(rasa: Rasa, turns: int) -> tuple[list[float], float, float]:
    """Seconds of each turn, wall seconds, CPU seconds of the process."""
    rounds = -(-turns // len(ROUND))
    cpu, started = rasa.cpu(), time.perf_counter()
    with ThreadPoolExecutor(USERS) as users:
        played: list[list[float]] = list(users.map(lambda _: _play(rasa, ROUND), range(rounds)))
    return [t for times in played for t in times], time.perf_counter() - started, rasa.cpu() - cpu


def _long(rasa: Rasa) -> tuple[float, float, float, float]:
    """CPU seconds of a turn and median wall seconds, early and late in a conversation of 200 turns."""
    sender = uuid.uuid4().hex
    figures: list[Any] = []
    for number in range(20):
        cpu = rasa.cpu()
        times = _play(rasa, ROUND, sender)
        if number in (0, 19):
            figures.append(((rasa.cpu() - cpu) / len(ROUND), statistics.median(times)))
    (early, early_wall), (late, late_wall) = figures
    return early, late, early_wall, late_wall


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f}"


if __name__ == "__main__":
    main()
