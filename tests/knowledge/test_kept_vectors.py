"""A build that is killed goes on where it stopped."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from knowledge import building, index
from knowledge.embedding import Embedder
from knowledge.entry import Entry
from knowledge.kept_vectors import BATCH, FILE, KeptVectors
from settings import ROOT, load_settings

pytestmark = pytest.mark.unit
WITHIN_S = 120.0


def test_vectors_are_known_by_text_model_and_precision(tmp_path: Path) -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(2, 3)
    with KeptVectors(tmp_path, "m:1", 3) as kept:
        kept.put(["甲", "乙"], vectors, fast=False)
    with KeptVectors(tmp_path, "m:1", 3) as kept:
        assert kept.get(["乙", "丙"], fast=False)["乙"].tolist() == [3, 4, 5]
        assert kept.get(["甲"], fast=True) == {}
    with KeptVectors(tmp_path, "m:2", 3) as kept:
        assert kept.get(["甲"], fast=False) == {}


def test_a_damaged_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    with KeptVectors(tmp_path, "m:1", 3) as kept:
        kept.put(["甲"], np.ones((1, 3), np.float32), fast=False)
        assert set(kept.get(["甲"], fast=False)) == {"甲"}


class _Interrupted:
    """The real model, until it has embedded so many texts."""

    def __init__(self, inner: Embedder, after: int) -> None:
        self._inner, self._after = inner, after
        self.embedded = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def documents(self, texts: list[str], *more: object) -> object:
        if self.embedded + len(texts) > self._after:
            raise KeyboardInterrupt
        self.embedded += len(texts)
        return self._inner.documents(texts, *more)  # type: ignore[arg-type]


def test_ctrl_c_loses_no_batch_and_success_leaves_no_file(tmp_path: Path, embedder: Embedder) -> None:
    many = [Entry(f"doc-{n}", f"第{n}条", "policy", f"说的是{n}", status="imported") for n in range(BATCH + 20)]
    with pytest.raises(KeyboardInterrupt):
        building.build(many, tmp_path, _Interrupted(embedder, BATCH))  # type: ignore[arg-type]
    rest = _Interrupted(embedder, 10 * BATCH)
    building.build(many, tmp_path, rest)  # type: ignore[arg-type]
    assert rest.embedded == 20
    assert not (tmp_path / FILE).exists()
    assert index.open_current(tmp_path).manifest.entries == len(many)


def _made(path: Path) -> int:
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM vectors").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.usefixtures("embedder")
def test_a_killed_import_goes_on(tmp_path: Path) -> None:
    """Killed for real after the first batch; the next run embeds only what is left."""
    state, content, sheet = tmp_path / "state", tmp_path / "content", tmp_path / "many.jsonl"
    state.mkdir()
    content.mkdir()
    (state / "models").symlink_to(load_settings().models_dir)
    rows = [
        json.dumps({"id": f"r-{n}", "title": f"第{n}条", "text": f"这一条说的是{n}号地。" * 12}) for n in range(600)
    ]
    sheet.write_text("\n".join(rows), encoding="utf-8")
    environment = os.environ | {
        "XIANGYIN_STATE_DIR": str(state),
        "XIANGYIN_KNOWLEDGE_DIRS": json.dumps([str(content)]),
        "OMP_NUM_THREADS": "1",
    }
    (state / "index").mkdir()
    prepared = load_settings().index_dir / "fraud.npz"
    if prepared.is_file():  # spares the training
        (state / "index" / "fraud.npz").write_bytes(prepared.read_bytes())
    command = [sys.executable, "-c", "from knowledge.cli import kb; kb()"]
    path = state / "index" / FILE
    first = subprocess.Popen(
        [*command, "import", str(sheet)],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + WITHIN_S
    while _made(path) < BATCH and time.monotonic() < until and first.poll() is None:
        time.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert first.returncode == -signal.SIGKILL
    kept = _made(path)
    assert BATCH <= kept < 600
    assert not (state / "index" / "current").exists()
    second = subprocess.run(
        [*command, "build", "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert json.loads(second.stdout)["entries"] == 600
    assert f"/{600 - kept} " in second.stderr  # the progress bar: only what was left
    assert not path.exists()
