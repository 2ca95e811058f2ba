"""``kb import``, ``kb add`` and ``kb remove`` from files to the serving index."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from knowledge import building, index, scoring
from knowledge.cli import kb
from knowledge.embedding import Embedder
from settings import load_settings
from tests.knowledge.test_content import GOOD

pytestmark = pytest.mark.unit


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder) -> Path:
    """A state directory of its own with the prepared model and one content entry."""
    folder = tmp_path / "state"
    folder.mkdir()
    (folder / "models").symlink_to(load_settings().models_dir)
    content = tmp_path / "content"
    content.mkdir()
    (content / "farm-rust.md").write_text(GOOD, encoding="utf-8")
    monkeypatch.setenv("XIANGYIN_STATE_DIR", str(folder))
    monkeypatch.setenv("XIANGYIN_KNOWLEDGE_DIRS", json.dumps([str(content)]))
    return folder


def _run(*arguments: str, code: int = 0) -> dict[str, object]:
    done = CliRunner().invoke(kb, [*arguments, "--json"])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if done.stdout.startswith("{") else {}


def _ids(state: Path) -> set[str]:
    return {entry.id for entry in index.open_current(state / "index").entries}


def test_import_add_remove(state: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "问答.csv"
    sheet.write_bytes("问题,答案\n集市哪天开,每逢周三开集。\n村医几点上班,早八点。\n坏的一行,\n".encode("gbk"))
    first = _run("import", str(sheet))
    assert (first["added"], first["entries"], len(first["problems"])) == (2, 3, 1)  # type: ignore[arg-type]
    assert _run("import", str(sheet))["index"] == "unchanged"

    found = _run("search", "集市哪天开")
    hit = found["hits"][0]  # type: ignore[index]
    assert (hit["text"], hit["status"], hit["source"][0]["title"]) == ("每逢周三开集。", "imported", "问答")
    assert _run("search", "麦子起黄锈咋办")["hits"][0]["status"] == "reviewed"  # type: ignore[index]

    note = tmp_path / "通知.txt"
    note.write_text("停水通知：明天上午停水。", encoding="utf-8")
    (added,) = _run("add", str(note))["added"]  # type: ignore[misc]
    assert added in _ids(state)
    note.write_text("停水通知：后天下午停水。", encoding="utf-8")
    assert _run("add", str(note))["added"] == [added]
    assert _run("build")["index"] == "unchanged"

    assert _run("remove", added)["how"] == "deleted"
    assert _run("remove", "farm-rust")["how"] == "withdrawn"
    assert _ids(state) & {added, "farm-rust"} == set()
    built = _run("build")
    assert built["index"] == "unchanged"
    assert "withdrawn" in built["problems"][0]  # type: ignore[index]
    assert _run("add", str(tmp_path / "content" / "farm-rust.md"))["added"] == ["farm-rust"]
    assert "farm-rust" in _ids(state)
    assert _run("build")["problems"] == []


def test_errors_are_one_line_and_exit_code_1(state: Path, tmp_path: Path) -> None:
    for arguments in (["import", str(tmp_path / "no.md")], ["remove", "x"], ["add", str(tmp_path / "no.md")]):
        done = CliRunner().invoke(kb, arguments)
        assert done.exit_code == 1
        assert done.stderr.startswith("knowledge.")
        assert len(done.stderr.splitlines()) == 1


def test_a_model_the_weights_were_not_fitted_for_is_named_with_the_cure(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "warning" not in CliRunner().invoke(kb, ["build", "--json"]).stderr
    other = replace(scoring.default_decision(), model="another:1")
    monkeypatch.setattr(building, "default_decision", lambda: other)
    told = CliRunner().invoke(kb, ["build", "--json"]).stderr
    lines = [line for line in told.splitlines() if line.startswith("warning: ")]
    assert len(lines) == 1
    assert "another:1" in lines[0]
    assert "benchmarks.knowledge_thresholds --write" in lines[0]
