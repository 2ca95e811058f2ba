"""The processes that are measured: the line process, and what stands behind it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from dotenv import dotenv_values

from benchmarks.hotline.phone import Hotline
from bot.channels.hotline.call.prompts import PromptBook
from settings import ROOT, load_settings
from tests.running import Stack, free_port, state_beside

KEY, SECRET = "key-of-the-dialplan", "secret-of-the-parts"
READY_S = 90.0
_FIRST, _SECOND = -20, -10


@dataclass
class Process:
    """A running process and its children."""

    name: str
    pid: int
    popen: subprocess.Popen[bytes] | None = None

    @property
    def _all(self) -> list[psutil.Process]:
        try:
            own = psutil.Process(self.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def cpu_s(self) -> float:
        """Processor seconds so far."""
        total = 0.0
        for one in self._all:
            try:
                times = one.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += times.user + times.system
        return total

    def rss_mb(self) -> float:
        """Resident memory of the process itself."""
        return psutil.Process(self.pid).memory_info().rss / 2**20

    def alive(self) -> bool:
        return self.popen.poll() is None if self.popen else psutil.pid_exists(self.pid)

    def open_files(self) -> int:
        """Files, sockets and pipes."""
        return psutil.Process(self.pid).num_fds()

    def threads(self) -> int:
        return psutil.Process(self.pid).num_threads()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)


@dataclass
class Stand:
    """What was started. ``others`` by the name of their part."""

    hotline: Hotline
    line: Process
    others: dict[str, Process]
    folder: Path
    log: Path
    double_out: Path | None = None
    samples: list[tuple[float, float]] = field(default_factory=list)
    """Seconds since the start, megabytes of the line process."""
    supervisor: int | None = None
    actions_url: str = ""
    secret: str = SECRET

    def asked(self) -> dict[str, Any]:
        """What the double was asked; it has to be stopped first."""
        assert self.double_out is not None
        kept: dict[str, Any] = json.loads(self.double_out.read_text("utf-8"))
        return kept

    def sound(self, text: str, rate: int) -> bytes:
        """A fixed sentence as it is heard; empty when it was not made."""
        settings = load_settings()
        for folder in (self.folder / "hotline", self.folder / "state" / "hotline"):
            book = PromptBook(folder, f"{settings.synthesiser}-{settings.voice_name}", (text,))
            book.load()
            if sound := book.sound(text, rate):
                return sound
        return b""

    def refresh(self) -> None:
        """Look the parts of the whole stack up anew: what was killed has another id now."""
        assert self.supervisor is not None
        with contextlib.suppress(KeyError, psutil.NoSuchProcess):
            self.line, self.others = _parts(self.supervisor)

    async def watch_memory(self, every_s: float = 5.0) -> None:
        began = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - began, self.line.rss_mb()))
            await asyncio.sleep(every_s)


def environment(folder: Path, gateway_port: int, hotline: Hotline, **more: str) -> dict[str, str]:
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("XIANGYIN_")},
        "PYTHONPATH": str(ROOT),
        "XIANGYIN_STATE_DIR": str(folder),
        "XIANGYIN_PORT": str(gateway_port),
        "XIANGYIN_INTERNAL_SECRET": SECRET,
        "XIANGYIN_HOTLINE_HOST": hotline.host,
        "XIANGYIN_HOTLINE_PORT": str(hotline.port),
        "XIANGYIN_HOTLINE_AUDIOSOCKET_PORT": str(hotline.audiosocket_port),
        "XIANGYIN_HOTLINE_KEY": hotline.key,
        "XIANGYIN_HOTLINE_CALLS": "100",  # who hangs up and calls again at once must not meet the limit
        **more,
    }


def _as_usual() -> None:
    """The simulator's own priority is not for what it measures."""
    with contextlib.suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)


def _before_others() -> None:
    """All of the assistant alike before the rest of the machine, behind the simulator."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, _SECOND)


def _ahead(*processes: Process) -> None:
    """Before everything else that this machine does: what is measured is the product, not the company it keeps."""
    for process in processes:
        with contextlib.suppress(psutil.AccessDenied, psutil.NoSuchProcess):
            psutil.Process(process.pid).nice(_FIRST)
        session_ahead(process.pid)


def session_ahead(pid: int) -> None:
    """Linux weighs sessions against each other first (autogroups): a process's own priority counts only inside its."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_FIRST), "ascii")


def start(name: str, command: list[str], env: dict[str, str], log: Path) -> Process:
    with log.open("ab") as out:
        popen = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT, preexec_fn=_as_usual)
    return Process(name, popen.pid, popen)


def stop(process: Process) -> None:
    if process.popen is None:
        return
    process.popen.send_signal(signal.SIGCONT)
    process.popen.terminate()
    try:
        process.popen.wait(10)
    except subprocess.TimeoutExpired:
        process.popen.kill()
        process.popen.wait()


async def listening(url: str, within_s: float = READY_S) -> None:
    """Waits until an address answers 200.

    Raises:
        TimeoutError: it did not in time.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session:
        async with asyncio.timeout(within_s):
            while True:
                try:
                    async with session.get(url) as answer:
                        if answer.status == 200:
                            return
                except (aiohttp.ClientError, OSError, TimeoutError):
                    pass
                await asyncio.sleep(0.2)


def new_hotline() -> Hotline:
    return Hotline("127.0.0.1", free_port(), free_port(), KEY)


@asynccontextmanager
async def scripted(*, hear_ms: float = 50, turn_ms: float = 66, speech_ms: float = 80) -> AsyncIterator[Stand]:
    """The line process in front of the scripted gateway."""
    with tempfile.TemporaryDirectory(prefix="hotline-") as name:
        folder, hotline, gateway_port = Path(name), new_hotline(), free_port()
        log, out = folder / "processes.log", folder / "turns.json"
        env = environment(folder, gateway_port, hotline)
        double = start(
            "gateway",
            [
                *(sys.executable, "-m", "benchmarks.hotline.scripted", "--port", str(gateway_port)),
                *("--secret", SECRET, "--hear-ms", str(hear_ms), "--turn-ms", str(turn_ms)),
                *("--speech-ms", str(speech_ms), "--out", str(out)),
            ],
            env,
            log,
        )
        line = start("line", [sys.executable, "-m", "bot.channels.hotline"], env, log)
        try:
            await listening(f"http://127.0.0.1:{gateway_port}/healthz")
            await listening(f"{hotline.url}/readyz")
            _ahead(line, double)
            yield Stand(hotline, line, {"gateway": double}, folder, log, out)
        except TimeoutError:
            print(log.read_text("utf-8")[-4000:])
            raise
        finally:
            stop(line)
            stop(double)


@asynccontextmanager
async def whole(**settings: str) -> AsyncIterator[Stand]:
    """Everything, as ``xiangyin up`` starts it, with the embedded recogniser and voice. Needs a finished set-up."""
    with tempfile.TemporaryDirectory(prefix="hotline-") as name:
        folder, hotline = Path(name), new_hotline()
        state_beside(ROOT / "var", folder / "state")
        for made in ("hotline", "spoken"):  # the fixed sentences and first words, made once
            (ROOT / "var" / made).mkdir(exist_ok=True)
            (folder / "state" / made).symlink_to(ROOT / "var" / made)
        stack = Stack(folder / "state", run="bank,actions,rasa,gateway,hotline")
        changes = environment(folder / "state", 0, hotline, **settings)
        changes = {k: v for k, v in changes.items() if k.startswith("XIANGYIN_HOTLINE") or k in settings}
        os.environ.update(changes)
        own = os.getpriority(os.PRIO_PROCESS, 0)
        _before_others()  # what it starts takes after it
        try:
            await asyncio.to_thread(stack.start)
            os.setpriority(os.PRIO_PROCESS, 0, own)
            await listening(f"{hotline.url}/readyz")
            assert stack.process is not None
            line, others = _parts(stack.process.pid)
            for child in psutil.Process(stack.process.pid).children(recursive=True):
                session_ahead(child.pid)  # among themselves they stay as they are
            yield Stand(
                hotline,
                line,
                others,
                folder,
                folder / "processes.log",
                supervisor=stack.process.pid,
                actions_url=f"http://127.0.0.1:{stack.ports['ACTIONS_PORT']}",
                secret=dotenv_values(folder / "state" / "secrets.env")["XIANGYIN_INTERNAL_SECRET"] or "",
            )
        finally:
            if stack.process is not None:
                await asyncio.to_thread(stack.stop)
            for key in changes:
                os.environ.pop(key, None)


def _parts(supervisor: int) -> tuple[Process, dict[str, Process]]:
    """The parts below the supervisor, by the module that they run; the worker that hears is the gateway's largest."""
    modules = {"bot.channels.hotline": "line", "bot": "gateway", "rasa": "rasa", "actions": "actions"}
    found: dict[str, Process] = {}
    for one in psutil.Process(supervisor).children(recursive=True):
        words = one.cmdline()
        module = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
        if name := modules.get(module):
            found.setdefault(name, Process(name, one.pid))
    workers = psutil.Process(found["gateway"].pid).children()
    if workers:
        largest = max(workers, key=lambda worker: worker.memory_info().rss)
        found["voice"] = Process("voice", largest.pid)
    return found["line"], {name: process for name, process in found.items() if name != "line"}
