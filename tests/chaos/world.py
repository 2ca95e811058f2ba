"""The running assistant with a proxy on every link, and the hand that kills its parts."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import psutil

from tests.chaos.plan import Fault, Plan, draw
from tests.chaos.proxy import Exchange, Proxy
from tests.running import Stack, free_port

COMMANDS = {
    "gateway": ("-m", "bot"),
    "actions": ("-m", "actions"),
    "bank": ("-m", "actions.bank.sandbox"),
    "rasa": ("-m", "rasa"),
}
PORTS = {"gateway": "PORT", "rasa": "RASA_PORT", "actions": "ACTIONS_PORT", "bank": "BANK_PORT"}
GATHER_S = 5.0
"""How long a kill waits for other runs that want the same part killed: one restart serves them all."""
FEW = 6
"""Runs that hardly want the same part killed at the same time."""
NAMELESS = 0.06
"""Chance of a fault for exchanges that belong to no run."""


class ProxiedStack(Stack):
    """The stack whose parts know each other by the proxies' addresses."""

    proxies: dict[str, int]

    @property
    def environment(self) -> dict[str, str]:
        url = "http://127.0.0.1:"
        return super().environment | {
            "XIANGYIN_RASA_URL": f"{url}{self.proxies['rasa']}",
            "XIANGYIN_ACTIONS_URL": f"{url}{self.proxies['actions']}",
            "XIANGYIN_BANK_URL": f"{url}{self.proxies['bank']}",
        }


@dataclass
class Run:
    """A run under way.

    Attributes:
        armed: the kill happens at the next exchange that fits.
        calm: no more faults (the dialogue is over and is being checked).
    """

    plan: Plan
    dice: dict[str, random.Random]
    armed: bool = False
    killed: bool = False
    calm: bool = False


@dataclass
class World:
    """Everything outside the people.

    Attributes:
        kills: by named point.
        faults: by link and kind.
    """

    state: Path
    stack: ProxiedStack = field(init=False)
    proxies: list[Proxy] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    dice: random.Random = field(default_factory=lambda: random.Random(6))
    calm: bool = False
    _wanted: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def start(self) -> None:
        self.stack = ProxiedStack(self.state)
        ports = {"web": "PORT", "rasa": "RASA_PORT", "actions": "ACTIONS_PORT", "bank": "BANK_PORT"}
        self.stack.ports = {name: free_port() for name in ports.values()}
        for link, port in ports.items():
            target = f"http://127.0.0.1:{self.stack.ports[port]}"
            self.proxies.append(Proxy(link, target, free_port(), self._fate, self._watch))
        self.stack.proxies = {proxy.link: proxy.port for proxy in self.proxies}
        for proxy in self.proxies:
            await proxy.start()
        await asyncio.to_thread(self.stack.start)

    async def stop(self) -> None:
        await asyncio.to_thread(self.stack.stop)
        for proxy in self.proxies:
            await proxy.stop()

    @property
    def url(self) -> str:
        """Where people reach the assistant."""
        return f"http://127.0.0.1:{self.stack.proxies['web']}"

    @property
    def bank_file(self) -> Path:
        return self.state / "bank-sandbox.sqlite"

    @property
    def gateway_file(self) -> Path:
        return self.state / "gateway.sqlite"

    def add(self, plan: Plan) -> Run:
        """A run begins: its faults and its kill are in force, and the bank has its bill."""
        run = self.runs[f"{plan.seed:06d}"] = Run(plan, {kind: plan.faults(kind) for kind in ("loan", "bill")})
        with sqlite3.connect(self.bank_file, timeout=30) as bank:
            bank.execute(
                "INSERT OR IGNORE INTO bills (id, bill_type, account, holder, company, period, due_fen, paid) "
                "VALUES (?, 'electricity', ?, '样例户王*', '样例供电公司', '2026年11月', ?, 0)",
                (f"chaos-{plan.account}", plan.account, plan.due_fen),
            )
        bank.close()
        return run

    def _whose(self, exchange: Exchange) -> tuple[Run, str] | None:
        """The run and the dialogue an exchange belongs to, by what it carries."""
        found = exchange.body.find(b"chaos-")
        if found >= 0:
            number = exchange.body[found + 6 : found + 12].decode("ascii", "replace")
            kind = exchange.body[found + 13 : found + 17].decode("ascii", "replace")
            if number in self.runs and kind in ("loan", "bill"):
                return self.runs[number], kind
        if exchange.link == "bank":
            for run in self.runs.values():
                if run.plan.phone.encode() in exchange.body:
                    return run, "loan"
                if run.plan.account.encode() in exchange.body:
                    return run, "bill"
        return None

    def _fate(self, exchange: Exchange) -> tuple[Fault, float]:
        owner = self._whose(exchange)
        if owner is not None:
            run, kind = owner
            chance, dice = (0.0 if run.calm else run.plan.fault_chance), run.dice[kind]
        else:  # queries and call-backs of the bank carry nobody's name
            anybodys = exchange.link == "bank" or exchange.path == "/bank/events"
            chance, dice = (NAMELESS if anybodys and not self.calm else 0.0), self.dice
        fault, seconds = draw(dice, chance, exchange.link)
        if fault is not Fault.NONE:
            self.faults[f"{exchange.link} {fault}"] += 1
        return fault, seconds

    async def _watch(self, exchange: Exchange, moment: str) -> bool:
        """Kill if it is time; True when the answer is lost with the part that gave it."""
        point = _POINT.get((exchange.link, moment))
        owner = self._whose(exchange)
        if point is None or owner is None:
            return False
        run, kind = owner
        plan = run.plan
        if run.armed and not run.killed and kind == plan.victim and plan.point in point and self._listens(plan.target):
            run.armed, run.killed = False, True
            await self._kill(plan.target)
            self.kills[plan.point] += 1
            return plan.point in _ANSWERER and plan.seed % 4 != 0
        return False

    def _listens(self, part: str) -> bool:
        """Whether the part is up: one that is still starting is at no named point."""
        with socket.socket() as probe:
            probe.settimeout(0.2)
            return probe.connect_ex(("127.0.0.1", self.stack.ports[PORTS[part]])) == 0

    async def _kill(self, part: str) -> None:
        """SIGKILL, together with all who want the same within a moment."""
        task = self._wanted.get(part)
        if task is None or task.done():
            task = self._wanted[part] = asyncio.create_task(self._kill_soon(part))
        await asyncio.shield(task)

    async def _kill_soon(self, part: str) -> None:
        await asyncio.sleep(GATHER_S if len(self.runs) > FEW else 0.5)
        for process in self.processes(part):
            process.kill()

    def processes(self, part: str) -> list[psutil.Process]:
        """The part's main process, if it runs."""
        assert self.stack.process is not None
        found = []
        for process in psutil.Process(self.stack.process.pid).children(recursive=True):
            try:
                words = process.cmdline()
            except psutil.Error:
                continue
            wanted = COMMANDS[part]
            if any(tuple(words[i : i + 2]) == wanted for i in range(len(words))) and "setpriv" not in words[0]:
                found.append(process)
        return found

    async def settled(self, deadline_s: float = 180.0) -> None:
        """Wait until nothing is owed to the bank nor to people, and everything runs.

        Raises:
            TimeoutError: names what is still owed.
        """
        await asyncio.gather(*self._wanted.values())  # no kill may come after this
        gateway = f"http://127.0.0.1:{self.stack.ports['PORT']}"
        last = time.monotonic() + deadline_s
        owed: list[str] = []
        await asyncio.to_thread(self._due_now)
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as http:
            while time.monotonic() < last:
                ready = False
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with http.get(f"{gateway}/readyz") as answer:
                        ready = answer.status == 200
                owed = await asyncio.to_thread(self._owed)
                if ready and not owed:
                    return
                await asyncio.sleep(0.5)
        raise TimeoutError(f"after {deadline_s:.0f} s: everything runs: {ready}; owed: {owed}")

    def _due_now(self) -> None:
        """After many attempts the next one comes in half an hour: that long nobody waits here."""
        with contextlib.closing(sqlite3.connect(self.state / "ledger.sqlite", timeout=30)) as ledger, ledger:
            for table in ("outbox", "case_news"):
                now = "strftime('%Y-%m-%d %H:%M:%f', 'now')"
                ledger.execute(f"UPDATE {table} SET next_attempt_at = {now} WHERE state = 'pending'")

    def _owed(self) -> list[str]:
        """Requests to the bank, and news; of the ledger itself, for a counter begins at nought with its process."""
        with contextlib.closing(sqlite3.connect(self.state / "ledger.sqlite", timeout=30)) as ledger:
            ledger.row_factory = sqlite3.Row
            pending = "SELECT * FROM {} WHERE state = 'pending'"
            return [f"{t}: {dict(row)}" for t in ("outbox", "case_news") for row in ledger.execute(pending.format(t))]


_POINT: dict[tuple[str, str], tuple[str, ...]] = {
    ("rasa", "before"): ("gateway:before_dialogue",),
    ("rasa", "after"): ("gateway:after_dialogue", "rasa:before_answer"),
    ("web", "after"): ("gateway:after_store",),
    ("actions", "before"): ("actions:before_action", "rasa:before_action"),
    ("actions", "after"): ("actions:after_action", "rasa:after_action"),
    ("bank", "before"): ("actions:before_bank", "bank:before_request"),
    ("bank", "after"): ("actions:after_bank", "bank:after_request"),
}
"""Which named points an end of an exchange is. ``gateway:after_store`` is the answer on its way to the person."""
_ANSWERER = {"gateway:after_store", "actions:after_action", "bank:after_request", "rasa:before_answer"}
"""Where the killed part is the one that answered: mostly its answer dies with it."""
