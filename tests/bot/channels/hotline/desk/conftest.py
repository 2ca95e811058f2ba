"""The gateway's side of the hotline, running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.bot.channels.hotline.desk_under_test import Desk, Script, desk


@pytest.fixture
def dialogue() -> Script:
    return Script()


@pytest.fixture
async def line(dialogue: Script, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, dialogue) as running:
        yield running
