"""The gateway's side of the hotline over its wire."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.channels.hotline.desk.calls import CallBook
from bot.channels.hotline.desk.spoken import digits
from bot.database import Base
from bot.people.privacy import NOTICE_VERSION
from bot.store import Consent
from nlu.dialect.digits import digit_runs
from tests.bot.channels.contract import NEWS, ChannelContract, Driver, Shown
from tests.bot.channels.hotline.desk_under_test import LANDLINE, MOBILE, Desk, Echo, Script, desk
from tests.bot.dialogue import Dialogue
from tests.bot.people.test_handoff import never
from voice.decode import Limits, decode

pytestmark = pytest.mark.unit


def shown(answer: dict[str, Any]) -> list[Shown]:
    if "error" in answer:
        return [Shown(answer["error"]["message"])]
    return [Shown(r["say"], tuple(f"{o['key']}. {o['title']}" for o in r["options"])) for r in answer["replies"]]


class HotlineDriver(Driver):
    """Every person has a telephone."""

    def __init__(self, line: Desk) -> None:
        self.channel = line.channel
        self._line = line
        self._calls: dict[str, str] = {}

    def number(self, sender: str) -> str:
        return "139" + f"{int(hashlib.sha256(sender.encode()).hexdigest(), 16) % 10**8:08}"

    async def call(self, sender: str) -> str:
        if sender not in self._calls:
            self._calls[sender], _ = await self._line.call(self.number(sender))
        return self._calls[sender]

    async def says(self, text: str, *, sender: str = "wang", message_id: str | None = None) -> list[Shown]:
        return await self._turn(sender, {"message_id": message_id or uuid4().hex, "text": text})

    async def speaks(self, audio: bytes, *, sender: str = "wang") -> list[Shown]:
        pcm = (decode(audio, Limits(10**7, 60, 20)) * 32767).astype("<i2").tobytes()
        url = f"/internal/hotline/calls/{await self.call(sender)}/hear?rate=16000"
        async with self._line.client.post(url, data=pcm) as answer:
            heard = await answer.json()
        return await self._turn(sender, {"message_id": uuid4().hex, "heard": heard})

    async def _turn(self, sender: str, body: dict[str, Any]) -> list[Shown]:
        url = f"/internal/hotline/calls/{await self.call(sender)}/turns"
        async with self._line.client.post(url, json=body) as answer:
            return shown(await answer.json())

    async def unasked(self, sender: str = "wang") -> list[Shown]:
        self._calls[sender], welcome = await self._line.call(self.number(sender))
        told = [Shown(reply["say"]) for reply in welcome["replies"] if reply["kind"] == "news"][1:]
        await self.says("你好", sender=sender)
        return told

    def sender_id(self, sender: str) -> str:
        call = self._line.calls.of(self._calls[sender])
        assert call is not None
        return call.sender.removeprefix("hotline:")


class TestHotline(ChannelContract):
    @pytest.fixture
    def dialogue(self) -> Dialogue:
        return Echo()

    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[HotlineDriver]:
        async with desk(tmp_path, dialogue) as line:
            yield HotlineDriver(line)

    async def test_a_recording_that_cannot_be_read_gets_a_reason(self, driver: Driver, dialogue: Dialogue) -> None:
        """A telephone sends raw sound: there is nothing to read, only to hear."""
        assert isinstance(driver, HotlineDriver)
        url = f"/internal/hotline/calls/{await driver.call('wang')}/hear"
        async with driver._line.client.post(url, data=bytes(16000)) as answer:
            assert (answer.status, (await answer.json())["error"]["code"]) == (422, "heard_nothing")
        assert dialogue.received == []


async def test_nobody_enters_without_the_secret(line: Desk) -> None:
    for path in ("calls", "calls/x/turns", "speech"):
        async with line.client.post(f"/internal/hotline/{path}", headers={"X-Xiangyin-Secret": "wrong"}) as answer:
            assert answer.status == 401
    assert (await line.post("calls/unknown/turns", {"message_id": "1", "text": "你好"}, 404))["error"]["code"] == (
        "call_not_found"
    )


@pytest.mark.parametrize("body", [{"message_id": "1"}, {"message_id": "1", "text": "a", "heard": {}}, {"text": "a"}])
async def test_a_turn_is_words_or_keys(line: Desk, body: dict[str, Any]) -> None:
    call, _ = await line.call()
    await line.post(f"calls/{call}/turns", body, 400)


async def test_a_newcomer_is_told_what_is_kept_and_asked_once(line: Desk) -> None:
    call, welcome = await line.call(LANDLINE)
    notice, question = welcome["replies"]
    assert notice["must_hear"]
    assert "七天" in notice["say"]
    assert [option["title"] for option in question["options"]] == ["同意", "不同意"]
    assert welcome["expects"] == "menu"
    assert (await line.call(LANDLINE, call_id=call))[1] == welcome, "a repeated request changes nothing"
    agreed = await line.say(call, "1")
    assert "记下了" in agreed["replies"][0]["say"]
    _, again = await line.call(LANDLINE)
    assert again["replies"] == []


async def test_a_landline_tells_the_province_a_mobile_is_asked(line: Desk, dialogue: Script) -> None:
    call, welcome = await line.call(LANDLINE)
    assert welcome["ask_region"] is False
    await line.say(call, "你好")
    assert dialogue.received[0]["metadata"]["region"] == "510000"

    call, welcome = await line.call(MOBILE)
    assert welcome["ask_region"] is True
    assert [reply["kind"] for reply in welcome["replies"]] == ["notice"], "one question at a time"
    assert (await line.say(call, "随便哪儿", region=True))["replies"] == []
    told = await line.say(call, "我是河南的", region=True)
    assert told["replies"][0]["say"] == "好，河南，记下了。"
    assert told["replies"][1]["options"][0]["title"] == "同意"
    await line.say(call, "你好")
    assert dialogue.received[1]["metadata"]["region"] == "410000"
    _, again = await line.call(MOBILE)
    assert again["ask_region"] is False, "remembered for the number"


async def test_a_withheld_number_is_a_stranger_every_time(line: Desk) -> None:
    one, _ = await line.call(None)
    two, _ = await line.call("anonymous")
    senders = [call.sender for call in (line.calls.of(one), line.calls.of(two)) if call]
    assert len(set(senders)) == 2


async def test_the_number_is_readable_nowhere(line: Desk) -> None:
    call, _ = await line.call(MOBILE)
    await line.say(call, "你好")
    with line.engine.connect() as connection:
        kept = [connection.execute(table.select()).all() for table in Base.metadata.sorted_tables]
    assert any(kept)
    assert MOBILE not in str(kept)
    assert MOBILE not in str(line.dialogue.received)


async def test_a_gateway_that_starts_anew_goes_on_with_a_call(line: Desk) -> None:
    call, _ = await line.call(LANDLINE)
    known = CallBook(line.engine, "session").of(call)
    assert known is not None
    assert (known.number, known.region) == (LANDLINE, "510000")
    other_secret = CallBook(line.engine, "another").of(call)
    assert other_secret is not None
    assert other_secret.number is None


HAND_OFF = {"text": "登记号是1234。", "custom": {"kind": "handoff", "hand_off_id": "1234"}}


async def test_a_person_takes_over_with_what_was_said(line: Desk, dialogue: Script) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    dialogue.says("贷款", {"text": "好。", "custom": {"kind": "talk"}}, intent="apply_loan")
    call, _ = await line.call(LANDLINE)
    await line.say(call, "贷款")
    turn = await line.say(call, "转人工")
    assert turn["transfer"] is True
    assert turn["summary"] == "四川来电，尾号4321。说了2句；要办：申请贷款。"
    assert [reply["say"] for reply in turn["replies"]] == ["好，我给您转工作人员，您别挂电话。"]
    assert line.talks.open_talks() == [], "the telephone rings, nobody waits in a chat"


async def test_outside_hours_they_are_called_back(dialogue: Script, tmp_path: Path) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    async with desk(tmp_path, dialogue, never()) as line:
        call, _ = await line.call(MOBILE)
        turn = await line.say(call, "转人工")
        assert turn["transfer"] is False
        assert "下班了" in turn["replies"][-1]["say"]
        for _ in range(2):
            noted = await line.say(call, "1") if "下班了" in turn["replies"][-1]["say"] else turn
            assert "记下了" in noted["replies"][0]["say"]
            turn = await line.say(call, "转人工")
        (talk,) = line.talks.open_talks()
        assert [said.text for said in line.talks.lines(talk.number)] == [f"请打电话给我：{MOBILE}（来电号码）"]


AMOUNT = {"text": "接着办：您想贷多少钱？", "custom": {"kind": "form", "asks": "loan_amount"}}
CONFIRM = {
    "text": "我念一遍，您看对不对。",
    "buttons": [{"title": "对，提交", "payload": "/affirm"}, {"title": "有地方要改", "payload": "/correct_value"}],
    "custom": {"kind": "confirm", "asks": "loan_confirm"},
}


@pytest.mark.parametrize("form", [AMOUNT, CONFIRM])
@pytest.mark.parametrize(
    ("answer", "noted"), [("1", True), ("好的", True), ("要。", True), ("2", False), ("不用", False)]
)
async def test_in_a_form_too_one_thing_is_asked_outside_hours(
    dialogue: Script, tmp_path: Path, form: dict[str, Any], answer: str, noted: bool
) -> None:
    dialogue.says("转人工", HAND_OFF, form, intent="human_agent")
    async with desk(tmp_path, dialogue, never()) as line:
        call, _ = await line.call(MOBILE)
        turn = await line.say(call, "转人工")
        (asked,) = turn["replies"]
        assert asked["say"].count("？") == 1
        assert asked["say"].endswith("就打您现在这个号码。")
        assert [(option["key"], option["title"]) for option in asked["options"]] == [
            ("1", "要，打给我"),
            ("2", "不用了"),
        ]
        assert (turn["expects"], turn["asks"]) == ("menu", None)
        answered = await (line.say if answer.isdigit() else line.speak)(call, answer)
        assert ("记下了" in answered["replies"][0]["say"]) is noted
        assert len(dialogue.received) == 1, "a yes to being called back submits nothing"
        (talk,) = line.talks.open_talks()
        assert len(line.talks.lines(talk.number)) == noted


async def test_in_a_form_who_is_put_through_is_asked_nothing(line: Desk, dialogue: Script) -> None:
    dialogue.says("转人工", HAND_OFF, AMOUNT, intent="human_agent")
    call, _ = await line.call(LANDLINE)
    turn = await line.say(call, "转人工")
    assert turn["transfer"] is True
    assert [reply["say"] for reply in turn["replies"]] == ["好，我给您转工作人员，您别挂电话。"]


@pytest.mark.parametrize("said", ["13800138000", "一三八，零零一三，八零零零", "02887654321"])
async def test_a_withheld_number_is_asked_for_outside_hours(dialogue: Script, tmp_path: Path, said: str) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    async with desk(tmp_path, dialogue, never()) as line:
        call, _ = await line.call(None)
        turn = await line.say(call, "转人工")
        assert "您的电话号码" in turn["replies"][-1]["say"]
        assert (turn["expects"], turn["asks"]) == ("digits", "call_back_number"), "it can be keyed"
        wrong = await line.say(call, "138001")
        assert "不全" in wrong["replies"][0]["say"]
        assert wrong["expects"] == "digits"
        number = digit_runs(said)[0].digits
        noted = await (line.say if said.isdigit() else line.speak)(call, said)
        assert f"尾号{digits(number[-4:])}" in noted["replies"][0]["say"]
        (talk,) = line.talks.open_talks()
        assert [told.text for told in line.talks.lines(talk.number)] == [f"请打电话给我：{number}"]


async def test_who_wants_no_call_back_gives_no_number(dialogue: Script, tmp_path: Path) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    async with desk(tmp_path, dialogue, never()) as line:
        call, _ = await line.call(None)
        await line.say(call, "转人工")
        assert "好。" in (await line.speak(call, "不用了"))["replies"][0]["say"]
        await line.say(call, "转人工")
        await line.say(call, "玉米啥时候种")
        assert dialogue.received[-1]["text"] == "玉米啥时候种", "another matter is the dialogue's"


async def test_goodbye_ends_the_call(line: Desk, dialogue: Script) -> None:
    dialogue.says("再见", {"text": "您慢走。", "custom": {"kind": "talk"}}, intent="goodbye")
    call, _ = await line.call()
    assert (await line.say(call, "再见"))["farewell"] is True
    assert (await line.say(call, "你好"))["farewell"] is False


async def test_who_agreed_is_greeted_by_what_they_last_did(line: Desk, dialogue: Script) -> None:
    dialogue.says(
        "电费", {"text": "户号是多少？", "custom": {"kind": "form", "asks": "bill_account"}}, intent="pay_bill"
    )
    call, _ = await line.call(LANDLINE)
    await line.say(call, "电费")
    _, unasked = await line.call(LANDLINE)
    assert unasked["replies"] == [], "nothing is told before consent"
    sender = getattr(line.calls.of(call), "sender", "")
    line.store.decide(sender, Consent.GIVEN, NOTICE_VERSION)
    assert "填到一半" in (await line.call(LANDLINE))[1]["replies"][0]["say"]
    call, _ = await line.call(LANDLINE)
    await line.say(call, "你好")
    line.actions.cases = [{"summary": "缴电费86.50元，户号******78", "state_text": "已办成"}]
    greeted = (await line.call(LANDLINE))[1]["replies"][0]["say"]
    assert greeted.startswith("您上回办过一件：缴电费86.50元，户号尾号78。现在是：已办成。")


async def test_news_waits_until_somebody_goes_on_after_it(line: Desk) -> None:
    call, _ = await line.call(LANDLINE)
    sender = getattr(line.calls.of(call), "sender", "")
    await line.channel.deliver(sender.removeprefix("hotline:"), [NEWS])
    for _ in range(2):
        call, welcome = await line.call(LANDLINE)
        assert [reply["say"] for reply in welcome["replies"]] == ["有您的消息。", NEWS.text]
    await line.say(call, "好")
    assert (await line.call(LANDLINE))[1]["replies"] == []
