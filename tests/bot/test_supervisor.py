"""Starting, watching and stopping the parts: what does not need the whole stack."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import psutil
import pytest
from pydantic import SecretStr

from bot.supervisor.parts import parts_of
from bot.supervisor.preflight import problems
from settings import ROOT, Settings, load_settings
from tests.running import STOP_S, Stack, free_port, state_beside


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state_dir=tmp_path, port=free_port(), bank_port=free_port(), internal_secret="x", run="bank")  # type: ignore[arg-type]


@pytest.mark.unit
def test_unknown_part_is_named(settings: Settings) -> None:
    with pytest.raises(ValueError, match="wizard"):
        parts_of(settings.model_copy(update={"run": "bank,wizard"}))


@pytest.mark.unit
def test_taken_port_is_one_clear_line(settings: Settings) -> None:
    parts = parts_of(settings)
    assert problems(settings, parts) == []
    with socket.socket() as other:
        other.bind(("127.0.0.1", settings.bank_port))
        other.listen()
        found = problems(settings, parts)
    assert len(found) == 1
    assert str(settings.bank_port) in found[0]
    assert "XIANGYIN_BANK_PORT" in found[0]


@pytest.mark.unit
def test_no_part_and_one_port_for_two_are_refused(settings: Settings) -> None:
    with pytest.raises(ValueError, match="names no part"):
        parts_of(settings.model_copy(update={"run": " , "}))
    both = settings.model_copy(update={"run": "bank,actions", "actions_port": settings.bank_port})
    assert any("two parts" in line for line in problems(both, parts_of(both)))


@pytest.mark.unit
def test_missing_model_is_named_with_its_cure(settings: Settings) -> None:
    settings = settings.model_copy(update={"run": "actions", "actions_port": free_port()})
    found = "\n".join(problems(settings, parts_of(settings)))
    assert "embedding model" in found
    assert "make setup" in found


@pytest.mark.unit
def test_the_hotline_says_what_it_lacks(settings: Settings, tmp_path: Path) -> None:
    hotline = settings.model_copy(update={"run": "hotline", "hotline_port": free_port()})
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        changes = {"hotline_audiosocket_port": other.getsockname()[1], "hotline_record": tmp_path / "nowhere"}
        lacking = hotline.model_copy(update=changes)
        found = "\n".join(problems(lacking, parts_of(lacking)))
    assert "XIANGYIN_HOTLINE_KEY" in found
    assert "XIANGYIN_HOTLINE_AUDIOSOCKET_PORT" in found
    assert "XIANGYIN_HOTLINE_RECORD" in found
    whole = {"hotline_audiosocket_port": free_port(), "hotline_record": tmp_path, "hotline_key": SecretStr("k")}
    well = hotline.model_copy(update=whole)
    assert problems(well, parts_of(well)) == []


@pytest.mark.unit
def test_a_problem_ends_with_one_line_and_code_1(tmp_path: Path) -> None:
    environment = {**os.environ, "XIANGYIN_STATE_DIR": str(tmp_path), "XIANGYIN_RUN": "bank"}
    done = subprocess.run(
        [str(ROOT / ".venv/bin/xiangyin"), "up"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "make setup" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.stack
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_killed_part_comes_back_and_all_stop(tmp_path: Path, number: int) -> None:
    state_beside(load_settings().state_dir, tmp_path / "state")
    stack = Stack(tmp_path / "state", run="bank")
    stack.start()
    assert stack.process is not None
    family = psutil.Process(stack.process.pid).children(recursive=True)
    bank = next(p for p in family if "actions.bank.sandbox" in " ".join(p.cmdline()))
    bank.kill()
    psutil.wait_procs([bank], timeout=5)

    def again() -> list[psutil.Process]:
        children = psutil.Process(stack.process.pid).children(recursive=True) if stack.process else []
        return [p for p in children if "actions.bank.sandbox" in " ".join(p.cmdline())]

    while not again():
        assert stack.process.poll() is None
    family = psutil.Process(stack.process.pid).children(recursive=True)
    assert stack.stop(number) < STOP_S
    _gone, alive = psutil.wait_procs(family, timeout=2)
    assert not alive


@pytest.mark.stack
def test_nothing_survives_the_supervisor(tmp_path: Path) -> None:
    state_beside(load_settings().state_dir, tmp_path / "state")
    stack = Stack(tmp_path / "state", run="bank")
    stack.start()
    assert stack.process is not None
    family = psutil.Process(stack.process.pid).children(recursive=True)
    stack.stop(signal.SIGKILL)
    _gone, alive = psutil.wait_procs(family, timeout=STOP_S)
    assert not alive
