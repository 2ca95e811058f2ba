"""The dialect of a speaker: named, of the region, or guessed; and it reaches the hearing of the next message."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.speakers import Speakers, named_in
from bot.turn import Inbound
from tests.bot.dialogue import Dialogue, turns_with
from voice.service import Hints, Transcript

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("我讲四川话", "西南官话"),
        ("俺说的是河南话", "中原官话"),
        ("我只会说粤语", "粤语"),
        ("我们这边都讲客家话", "客家话"),
        ("我说话快", None),
        ("我是说电话费", None),
        ("我说的话你听不懂", None),
        ("四川话怎么说", None),
    ],
)
def test_a_dialect_is_named(text: str, name: str | None) -> None:
    found = named_in(text)
    assert (found.name if found else None) == name


def test_the_speaker_decides_before_the_region_and_the_region_before_a_guess() -> None:
    speakers = Speakers()
    speakers.said("wang", "咋个搞嘛，我们这儿莫得啥子补贴")
    assert speakers.dialect_of("wang", "national") == "西南官话"
    assert speakers.dialect_of("wang", "410000") == "中原官话"
    speakers.said("wang", "我讲东北话")
    assert speakers.dialect_of("wang", "410000") == "东北官话"
    assert speakers.dialect_of("li", "national") is None


def test_words_of_several_messages_add_up_and_are_forgotten_on_demand() -> None:
    speakers = Speakers()
    speakers.said("wang", "这个咋个办")
    first = speakers.dialect_of("wang", None)
    speakers.said("wang", "莫得钱，晓得不，啥子时候发")
    assert first is None
    assert speakers.dialect_of("wang", None) == "西南官话"
    speakers.forget("wang")
    assert speakers.dialect_of("wang", None) is None


def test_the_longest_silent_are_forgotten() -> None:
    speakers = Speakers(most=2)
    for speaker in ("a", "b", "a", "c"):
        speakers.said(speaker, "我讲四川话")
    assert [speakers.dialect_of(speaker, None) for speaker in "abc"] == ["西南官话", None, "西南官话"]


class Ear:
    """Hears nothing but keeps what it was told to expect."""

    def __init__(self) -> None:
        self.hints: list[Hints] = []

    async def hear(self, data: bytes, hints: Hints = Hints()) -> Transcript:  # noqa: B008 - the protocol's
        self.hints.append(hints)
        return Transcript("你好", "你好", 0.9, (), "test", 1.0, 1)


async def test_a_named_dialect_reaches_the_ear(tmp_path: Path) -> None:
    ear = Ear()
    async with turns_with(Dialogue(), tmp_path) as (turns, _):
        turns._ear = ear
        await turns.run(Inbound(channel="api", sender_id="wang", text="我讲河南话"))
        await turns.run(Inbound(channel="api", sender_id="wang", audio=b"1"))
        await turns.run(Inbound(channel="api", sender_id="li", audio=b"1"))
    assert [hints.dialect for hints in ear.hints] == ["中原官话", None]
