"""The order of events of ``xiangyin up``."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
from types import FrameType

from bot.supervisor.daemon import Daemon
from bot.supervisor.parts import Part, parts_of
from bot.supervisor.preflight import problems
from settings import Settings

WATCH_S = 1.0
FIRST_TURN_S = 60.0


class Stop(Exception):
    """Ctrl-C or SIGTERM."""


class StartError(Exception):
    """A part does not get ready; the message says where to look."""


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _ready(url: str, secret: str) -> bool:
    request = urllib.request.Request(url, headers={"X-Xiangyin-Secret": secret})  # noqa: S310  our own loopback URL
    try:
        with urllib.request.urlopen(request, timeout=3) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, ValueError):
        return False


def _await_ready(daemon: Daemon, part: Part, settings: Settings) -> None:
    started = time.monotonic()
    secret = settings.internal_secret.get_secret_value()
    failures = 0
    while time.monotonic() - started < part.ready_s:
        if _ready(part.ready_url, secret):
            _say(f"  {part.title:<18} ready after {time.monotonic() - started:.1f} s")
            return
        state, _pid = daemon.states()[part.name]
        failures += state == "BACKOFF"
        if state in {"FATAL", "EXITED", "UNKNOWN"} or failures > 20:
            break
        time.sleep(0.25)
    log = settings.log_dir / f"{part.name}.log"
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    last = next((line for line in reversed(lines) if line.strip()), "no output")
    raise StartError(f"the {part.title} did not start: {last.strip()[:300]} (log: {log})")


def _first_turn(settings: Settings) -> None:
    """A greeting through the whole system: only then is it ready.

    Raises:
        StartError: the turn is not answered.
    """
    body = json.dumps({"text": "你好", "sender_id": f"start-{os.getpid()}", "channel": "start"}).encode()
    request = urllib.request.Request(  # noqa: S310
        f"{settings.url_of('gateway')}/api/v1/turns",
        data=body,
        headers={"Content-Type": "application/json", "X-API-Key": settings.api_key.get_secret_value()},
    )
    try:
        with urllib.request.urlopen(request, timeout=FIRST_TURN_S) as answer:  # noqa: S310
            replies = json.load(answer)["replies"]
    except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
        raise StartError(f"the first turn failed: {error} (logs: {settings.log_dir})") from error
    if not replies:
        raise StartError(f"the first turn got no answer (logs: {settings.log_dir})")


def _watch(daemon: Daemon, parts: list[Part], stop: threading.Event) -> None:
    """Report parts that die and come back, until asked to stop."""
    titles = {part.name: part.title for part in parts}
    before = daemon.states()
    while not stop.wait(WATCH_S):
        if not daemon.alive():
            raise StartError("the supervisor died; all parts are stopped")
        now = daemon.states()
        for name, (state, pid) in now.items():
            old_state, old_pid = before[name]
            if state == "RUNNING" and pid != old_pid:
                _say(f"  {titles[name]} ended unexpectedly and was started again (process {pid})")
            elif state != old_state and state != "RUNNING":
                _say(f"  {titles[name]}: {state.lower()}")
        before = now


def up(settings: Settings) -> int:
    """Start everything, print the address when a turn works, run until stopped.

    Returns:
        0 after Ctrl-C or SIGTERM, 1 when something could not start.
    """
    try:
        parts = parts_of(settings)
    except ValueError as error:
        _say(f"cannot start: {error}")
        return 1
    if found := problems(settings, parts):
        for line in found:
            _say(f"cannot start: {line}")
        return 1
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            return
        stop.set()
        raise Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        with Daemon(parts, settings.log_dir) as daemon:
            _say("starting Xiangyin ...")
            for part in parts:
                daemon.start(part.name)
                _await_ready(daemon, part, settings)
            if any(part.name == "gateway" for part in parts):
                _first_turn(settings)
                print(f"Xiangyin is ready: {_address(settings)}", flush=True)
            else:
                print("ready: " + ", ".join(part.name for part in parts), flush=True)
            _watch(daemon, parts, stop)
    except Stop:
        _say("stopped")
        return 0
    except (StartError, RuntimeError, OSError) as error:
        _say(f"cannot start: {error}")
        return 1
    return 0


def _address(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104  shown, not bound
    return f"http://{host}:{settings.port}/"
