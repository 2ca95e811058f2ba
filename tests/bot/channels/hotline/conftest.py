"""Fixtures of the hotline's tests."""

from __future__ import annotations

import asyncio

import pytest

from bot.channels.hotline.call.prompts import PromptBook
from tests.bot.channels.hotline.gateway_double import GatewayDouble
from tests.bot.channels.hotline.telephone import made_prompts


@pytest.fixture(scope="session")
def prompts(tmp_path_factory: pytest.TempPathFactory) -> PromptBook:
    """The fixed sentences, as tones."""
    return asyncio.run(made_prompts(tmp_path_factory.mktemp("prompts")))


@pytest.fixture
def double() -> GatewayDouble:
    """A gateway, not running yet."""
    return GatewayDouble()
