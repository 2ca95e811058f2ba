"""Fixtures for all tests. The real stack starts once a session, only when a test asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.running import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole assistant, running; its end is checked too."""
    # Imported here: the tests of Rasa's environment load this file as well and have none of these.
    import psutil

    from settings import load_settings
    from tests.running import STOP_S, Stack, state_beside

    state = tmp_path_factory.mktemp("state")
    state_beside(load_settings().state_dir, state)
    running = Stack(state)
    running.start()
    assert running.process is not None
    yield running
    family = psutil.Process(running.process.pid).children(recursive=True)
    seconds = running.stop()
    _gone, alive = psutil.wait_procs(family, timeout=1)
    assert not alive, f"still running after stop: {alive}"
    assert seconds < STOP_S, f"stopping took {seconds:.1f} s"
