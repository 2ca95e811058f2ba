"""A running action server serves what was built, added or imported since it started."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer

from actions.takeover import Takeover
from knowledge.errors import IndexError_
from settings import ROOT, load_settings
from tests.actions.test_processes import Part, environment, parts

__all__ = ["environment", "parts"]  # fixtures
pytestmark = pytest.mark.unit

ENTRY = """---
id: {name}
title: {title}
topic: policy
questions: [{title}]
region: national
valid_from: null
valid_to: null
sources: [{{title: 村委会公告, date: 2026-11-01}}]
checked_on: 2026-11-20
risk: {{doses: false, amounts: false}}
hotline: null
spoken: {text}
---
{text}
"""
MARKET = "赶集的日子是哪天"
WITHIN_S = 90.0


class _Asker:
    """Asks one question over and over, as Rasa does, in a thread of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._done = threading.Event()
        self.failures: list[str] = []
        self.answers: list[str] = []
        self._thread = threading.Thread(target=self._ask)

    def _ask(self) -> None:
        message = {"text": MARKET, "intent": {"name": "ask_knowledge", "confidence": 1.0}, "entities": []}
        tracker = {
            "sender_id": "web:1",
            "slots": {},
            "latest_message": message,
            "events": [],
            "paused": False,
            "active_loop": {},
            "followup_action": None,
            "latest_action_name": None,
        }
        call = {"next_action": "action_answer_knowledge", "sender_id": "web:1", "tracker": tracker, "domain": {}}
        while not self._done.is_set():
            got = requests.post(f"{self._url}/webhook", json=call, headers={"X-Xiangyin-Secret": "s"}, timeout=20)
            if got.status_code != 200 or not got.json()["responses"]:
                self.failures.append(f"{got.status_code} {got.text[:200]}")
            else:
                self.answers.append(str(got.json()["responses"][0]))

    def __enter__(self) -> _Asker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def until(self, words: str) -> None:
        """Waits for an answer that holds ``words``."""
        end = time.monotonic() + WITHIN_S
        while time.monotonic() < end and self._thread.is_alive():
            if self.answers and words in self.answers[-1]:
                return
            time.sleep(0.1)
        raise AssertionError(f"no {words!r}: {self.failures[-1:]} {self.answers[-1:]}")


def test_what_is_built_added_and_imported_is_served_without_a_restart(
    tmp_path: Path, environment: dict[str, str], parts: list[Part]
) -> None:
    if not (load_settings().models_dir / "e5-zh").exists():
        pytest.skip("the embedding model is not prepared")
    index = tmp_path / "index"
    prepared = index.resolve()
    index.unlink()
    content = tmp_path / "content"
    content.mkdir()
    environment["XIANGYIN_KNOWLEDGE_DIRS"] = f'["{content}"]'
    environment.pop("XIANGYIN_EMBEDDING_DIR", None)
    if (prepared / "fraud.npz").exists():  # spares the training
        index.mkdir()
        (index / "fraud.npz").write_bytes((prepared / "fraud.npz").read_bytes())

    def kb(*arguments: str) -> None:
        run = [sys.executable, "-c", "from knowledge.cli import kb; kb()", *arguments]
        done = subprocess.run(run, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr

    def write(name: str, title: str, text: str) -> Path:
        path = content / f"{name}.md"
        path.write_text(ENTRY.format(name=name, title=title, text=text), encoding="utf-8")
        return path

    write("policy-water", "自来水停水找谁", "找村里的管水员。")
    kb("build")
    parts.append(Part("actions", environment))
    url = f"http://127.0.0.1:{environment['XIANGYIN_ACTIONS_PORT']}"
    parts[0].ready(f"{url}/readyz")
    with _Asker(url) as asker:
        asker.until("refuse")
        kb("add", str(write("policy-market", MARKET, "每逢周三赶集。")))
        asker.until("每逢周三赶集")
        write("policy-market", MARKET, "改到每逢周五赶集。")
        kb("build")
        asker.until("改到每逢周五赶集")
        kb("remove", "policy-market")
        sheet = tmp_path / "问答.csv"
        sheet.write_text(f"问题,答案\n{MARKET},逢三逢八赶集\n", encoding="utf-8")
        kb("import", str(sheet))
        asker.until("逢三逢八赶集")
    assert asker.failures == []
    assert len(asker.answers) > 10


class _Part:
    """Fails as often as told, then takes over."""

    def __init__(self, outcomes: list[bool | Exception]) -> None:
        self.outcomes = outcomes
        self.tried = asyncio.Event()

    def refresh(self) -> bool:
        outcome = self.outcomes.pop(0)
        if not self.outcomes:
            self.outcomes.append(False)
            self._loop.call_soon_threadsafe(self.tried.set)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def watched(self, **others: _Part) -> web.Application:
        self._loop = asyncio.get_running_loop()
        app = web.Application()
        app.cleanup_ctx.append(Takeover(every_s=0.01, retry_s=0.02, index=self, **others))
        return app


def _lines(caplog: pytest.LogCaptureFixture, level: int, tell: Callable[[str], bool] = lambda _: True) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.levelno == level and tell(r.getMessage())]


async def test_one_line_for_a_build_that_cannot_serve_and_then_it_is_taken_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "actions.takeover")
    part = _Part([False, IndexError_("damaged"), IndexError_("damaged"), RuntimeError("odd"), True, False])
    server = TestServer(part.watched())
    await server.start_server()
    async with asyncio.timeout(10):
        await part.tried.wait()
    await server.close()
    assert _lines(caplog, logging.ERROR) == [
        "index: not taken over, the old one goes on serving: knowledge.index",
        "index: not taken over, the old one goes on serving: RuntimeError",
    ]
    assert _lines(caplog, logging.INFO, lambda line: "taken over" in line) == ["index: new one taken over"]
