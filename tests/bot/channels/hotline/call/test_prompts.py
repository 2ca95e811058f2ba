"""The fixed sentences: made once, there without anybody afterwards."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.prompts import PromptBook, chime, hold_tone
from bot.channels.hotline.call.upstream import Upstream
from tests.bot.channels.hotline.gateway_double import SECRET, GatewayDouble

pytestmark = pytest.mark.unit


async def made(double: GatewayDouble, book: PromptBook) -> None:
    async with double.running() as base, aiohttp.ClientSession() as session:
        await asyncio.wait_for(book.prepare(Upstream(session, base, SECRET)), 10)


async def test_sentences_made_once_need_nobody_afterwards(tmp_path: Path, double: GatewayDouble) -> None:
    await made(double, PromptBook(tmp_path, "voice", ("您好。再见。",)))
    again = PromptBook(tmp_path, "voice", ("您好。再见。",))
    assert again.load() == []
    for rate in (8000, 16000):
        sound = again.sound("您好。再见。", rate)
        assert sound is not None
        assert sound == double.tone("您好。", rate) + bytes(int(0.3 * rate)) + double.tone("再见。", rate)


async def test_only_what_is_missing_is_made(tmp_path: Path, double: GatewayDouble) -> None:
    await made(double, PromptBook(tmp_path, "voice", ("甲。",)))
    await made(double, PromptBook(tmp_path, "voice", ("甲。", "乙。")))
    assert double.speeches == ["甲。", "甲。", "乙。", "乙。"]


async def test_another_voice_makes_its_own(tmp_path: Path, double: GatewayDouble) -> None:
    await made(double, PromptBook(tmp_path, "voice", ("甲。",)))
    other = PromptBook(tmp_path, "another", ("甲。",))
    assert len(other.load()) == 2
    assert other.sound("甲。", 8000) is None


async def test_it_waits_for_a_gateway_that_is_busy(tmp_path: Path, double: GatewayDouble) -> None:
    double.behaviour.refuse["speech"] = [(503, "busy", "忙。")]
    book = PromptBook(tmp_path, "voice", ("甲。",))
    await made(double, book)
    assert book.sound("甲。", 8000)


@pytest.mark.parametrize("rate", [8000, 16000])
def test_tones_are_soft_and_end_in_silence(rate: int) -> None:
    for sound, seconds in ((hold_tone(rate), 2.0), (chime(rate), 0.5)):
        samples = np.frombuffer(sound, "<i2")
        assert samples.size == seconds * rate
        assert 1000 < np.abs(samples).max() < 5000
        assert np.abs(samples[-rate // 100 :]).max() < 200


def test_every_sentence_of_a_call_is_made() -> None:
    fixed = {
        value
        for name, value in vars(texts).items()
        if name.isupper()
        and isinstance(value, str)
        and "{" not in value
        and name not in ("PERSON", "BACK", "YES", "NO")
    }
    assert fixed <= set(texts.FIXED)
