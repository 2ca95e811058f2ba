"""What every channel must do. A channel is finished when a class derived from :class:`ChannelContract` passes.

Derive it, and give a fixture ``driver`` that uses the channel as a person and as the other side would::

    class TestMine(ChannelContract):
        @pytest.fixture
        async def driver(self, dialogue, tmp_path): ...
"""

from __future__ import annotations

import asyncio
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass

import pytest

from bot.channels.base import Channel
from bot.schema import Reply
from tests.bot.dialogue import HEARD, Dialogue
from tests.bot.recordings import ogg_opus

NEWS = Reply(text="您的申请有消息了：银行收到了。")


@dataclass(frozen=True)
class Shown:
    """One message as a person sees it."""

    text: str
    options: tuple[str, ...] = ()


class Driver(ABC):
    """A person at the channel. Every method waits until there is an answer."""

    channel: Channel

    @abstractmethod
    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        """Send a text; what is shown for it. ``message_id`` names the delivery: the same again is a repetition."""

    @abstractmethod
    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        """Send a recording as the channel's people do."""

    async def chooses(self, number: int, *, sender: str = "wang") -> list[Shown]:
        """Choose an option of the last answer; by its number unless the channel has buttons."""
        return await self.says(str(number), sender=sender)

    @abstractmethod
    async def unasked(self, sender: str = "wang") -> list[Shown]:
        """The messages that came without a question since the last look."""

    @abstractmethod
    def sender_id(self, sender: str) -> str:
        """The id that the channel gives this person."""


class ChannelContract:
    """The tests. They need the fixtures ``driver`` and ``dialogue``."""

    @pytest.fixture
    def dialogue(self) -> Dialogue:
        return Dialogue()

    async def test_it_has_a_name_that_can_begin_an_id(self, driver: Driver) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9_-]{0,31}", driver.channel.name)

    async def test_a_question_is_answered(self, driver: Driver, dialogue: Dialogue) -> None:
        shown = await driver.says("你好")
        assert "听到你好" in " ".join(message.text for message in shown)
        assert dialogue.received[0]["metadata"]["channel"] == driver.channel.name
        assert dialogue.received[0]["sender_id"] == f"{driver.channel.name}:{driver.sender_id('wang')}"

    async def test_options_are_numbered_and_can_be_chosen(self, driver: Driver, dialogue: Dialogue) -> None:
        shown = await driver.says("你好")
        titles = [option for message in shown for option in message.options]
        assert [title.lstrip("123.、 ") for title in titles] == ["贷款", "交费", "找人"]
        await driver.chooses(2)
        assert dialogue.received[1]["payload"] == "/pay_bill"

    async def test_a_number_is_a_choice_when_typed(self, driver: Driver, dialogue: Dialogue) -> None:
        await driver.says("你好")
        await driver.says("第三个")
        assert dialogue.received[1]["payload"] == "/human_agent"

    async def test_a_repeated_delivery_is_answered_once(self, driver: Driver, dialogue: Dialogue) -> None:
        first = await driver.says("交电费", message_id="7001")
        again = await driver.says("交电费", message_id="7001")
        assert len(dialogue.received) == 1
        assert again in (first, [])

    async def test_the_same_words_twice_are_two_messages(self, driver: Driver, dialogue: Dialogue) -> None:
        await driver.says("交电费", message_id="7002")
        assert await driver.says("交电费", message_id="7003")
        assert len(dialogue.received) == 2

    async def test_people_never_meet(self, driver: Driver, dialogue: Dialogue) -> None:
        await driver.says("你好", sender="wang")
        await driver.says("1", sender="li")
        assert dialogue.received[1]["payload"] is None
        assert driver.sender_id("wang") != driver.sender_id("li")

    async def test_people_are_served_side_by_side(self, driver: Driver, dialogue: Dialogue) -> None:
        dialogue.open.clear()
        asked = [asyncio.create_task(driver.says("你好", sender=sender)) for sender in ("wang", "li")]
        async with asyncio.timeout(10):
            await dialogue.two_at_once.wait()
        dialogue.open.set()
        assert all(await asyncio.gather(*asked))

    async def test_a_voice_message_is_heard(self, driver: Driver, dialogue: Dialogue) -> None:
        if not driver.channel.capabilities.voice:
            pytest.skip("no voice messages here")
        shown = await driver.speaks(ogg_opus())
        assert dialogue.received[0]["text"] == HEARD
        assert dialogue.received[0]["metadata"]["voice"] is True
        assert any(HEARD in message.text for message in shown)

    async def test_a_recording_that_cannot_be_read_gets_a_reason(self, driver: Driver, dialogue: Dialogue) -> None:
        if not driver.channel.capabilities.voice:
            pytest.skip("no voice messages here")
        shown = await driver.speaks(b"\x02#!SILK_V3" + bytes(100))
        assert "语音" in shown[0].text
        assert dialogue.received == []

    @pytest.mark.parametrize("text", ["长" * 51, "\u200b\u200b", "How do I apply for a loan?"])
    async def test_what_cannot_be_answered_gets_a_reason(self, driver: Driver, dialogue: Dialogue, text: str) -> None:
        shown = await driver.says(text)
        assert re.search(r"[\u4e00-\u9fff]", shown[0].text)
        assert dialogue.received == []

    async def test_a_failing_dialogue_shows_no_inner_life(self, driver: Driver, dialogue: Dialogue) -> None:
        dialogue.status = 500
        shown = await driver.says("你好")
        assert "Traceback" not in shown[0].text
        assert "系统出了点问题" in shown[0].text
        dialogue.status = 200
        assert "听到你好" in (await driver.says("你好"))[0].text

    async def test_news_reaches_a_person_who_did_not_ask(self, driver: Driver) -> None:
        await driver.says("你好", sender="wang")
        await driver.says("你好", sender="li")
        more = Reply(text="第二条。")
        await driver.channel.deliver(driver.sender_id("wang"), [NEWS, more])
        assert [message.text for message in await driver.unasked("wang")] == [NEWS.text, more.text]
        assert await driver.unasked("wang") == []
        assert await driver.unasked("li") == []

    async def test_news_delivered_again_is_shown_once(self, driver: Driver) -> None:
        await driver.says("你好")
        for news in (NEWS, NEWS, Reply(text="别的。")):
            await driver.channel.deliver(driver.sender_id("wang"), [news], "1234567890-7")
        await driver.channel.deliver(driver.sender_id("wang"), [Reply(text="后来的。")], "1234567890-8")
        assert [message.text for message in await driver.unasked("wang")] == [NEWS.text, "后来的。"]
