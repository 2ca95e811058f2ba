"""The gateway's side of the hotline over its wire."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bot.channels.hotline.desk.calls import CallBook
from bot.database import Base
from bot.people.privacy import NOTICE_VERSION
from bot.store import Consent
from tests.bot.channels.contract import NEWS, ChannelContract, Driver, Shown
from tests.bot.channels.hotline.desk_under_test import LANDLINE, MOBILE, Desk, Echo, Script, desk
from tests.bot.dialogue import HEARD, Dialogue
from tests.bot.people.test_handoff import never
from voice.decode import Limits, decode
from voice.service import Expects

pytestmark = pytest.mark.unit


@pytest.fixture
def dialogue() -> Script:
    return Script()


@pytest.fixture
async def line(dialogue: Script, tmp_path: Path) -> AsyncIterator[Desk]:
    async with desk(tmp_path, dialogue) as running:
        yield running


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


async def test_hearing_has_no_side_effect_and_knows_the_question(line: Desk, dialogue: Script) -> None:
    question = {"text": "您的手机号是多少？", "buttons": [], "custom": {"asks": "applicant_phone", "kind": "form"}}
    dialogue.says("贷款", question)
    call, _ = await line.call()
    asked = await line.say(call, "贷款")
    assert (asked["asks"], asked["expects"]) == ("applicant_phone", "digits")
    for _ in range(2):
        async with line.client.post(f"/internal/hotline/calls/{call}/hear?rate=8000", data=b"\1\2" * 8000) as answer:
            heard = await answer.json()
        assert (heard["text"], heard["seconds"]) == (HEARD, 1.0)
    assert [hints.expects for hints in line.ear.hints] == [Expects.DIGITS] * 2
    assert len(dialogue.received) == 1
    async with line.client.post(f"/internal/hotline/calls/{call}/hear?rate=44100", data=b"") as answer:
        assert answer.status == 400


async def test_who_goes_on_speaking_is_not_heard_in_vain(line: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """The line process closes the request; what is sent next is heard at once."""
    call, _ = await line.call()
    forever = asyncio.Event()

    async def speech() -> AsyncIterator[bytes]:
        yield b"\1\2" * 800
        await forever.wait()

    asked = asyncio.create_task(line.client.post(f"/internal/hotline/calls/{call}/hear", data=speech()))
    await asyncio.sleep(0.05)
    asked.cancel()
    await asyncio.sleep(0.2)
    assert caplog.text == "", "nothing has gone wrong"
    async with line.client.post(f"/internal/hotline/calls/{call}/hear", data=b"\1\2" * 800) as answer:
        assert answer.status == 200


async def test_a_reply_is_spoken_sentence_by_sentence(line: Desk) -> None:
    async with line.client.post("/internal/hotline/speech", json={"text": "您好。请讲。", "rate": 8000}) as answer:
        content = await answer.read()
    pieces = []
    while content:
        length = int.from_bytes(content[:4], "big")
        pieces.append(content[4 : 4 + length])
        content = content[4 + length :]
    assert [len(piece) for piece in pieces] == [640, 640]
    assert (await line.post("speech", {"text": " ", "rate": 8000}, 503))["error"]["code"] == "nothing_to_say"
    await line.post("speech", {"text": "好", "rate": 44100}, 400)


async def test_a_long_answer_is_told_in_parts(line: Desk, dialogue: Script) -> None:
    long = "".join(f"第{number}条说明，请您记好，不要弄错了，有事问工作人员。" for number in range(12))
    source = {"id": "a", "title": "农药管理条例", "url": "https://x.example/a"}
    dialogue.says("咋打药", {"text": long, "custom": {"kind": "answer", "sources": [source]}}, intent="ask_knowledge")
    call, _ = await line.call(LANDLINE)
    first = await line.say(call, "咋打药")
    said, offer = first["replies"]
    assert said["say"].endswith("依据是农药管理条例。")
    assert len(said["say"]) < 170
    assert "https" not in str(first["replies"][0]["say"])
    assert [option["title"] for option in offer["options"]] == ["接着听", "不用了"]
    heard = said["say"].removesuffix("依据是农药管理条例。")
    for _ in range(4):
        more = await line.say(call, "1")
        heard += more["replies"][0]["say"]
        if len(more["replies"]) == 1:
            break
    assert heard == long


async def test_a_read_back_says_the_amount_twice_and_keyed_numbers_by_their_end(line: Desk, dialogue: Script) -> None:
    ask = {"text": "您的手机号？", "custom": {"asks": "applicant_phone", "kind": "form"}}
    back = {
        "text": "我念一遍：金额50,000元，电话13812345678。对不对？",
        "buttons": [{"title": "对，提交", "payload": "/affirm"}],
        "custom": {
            "kind": "confirm",
            "asks": "loan_confirm",
            "spoken": "我念一遍：金额五万元，电话一三八，一二三四，五六七八。对不对？",
        },
    }
    dialogue.says("贷款", ask)
    dialogue.says("13812345678", back)
    call, _ = await line.call()
    await line.say(call, "贷款")
    keyed = await line.say(call, "13812345678")
    assert keyed["replies"][0]["say"] == "我念一遍：金额五万元，电话尾号五六七八。再说一遍，金额是50,000元。对不对？"
    assert keyed["expects"] == "yes_no"
    await line.say(call, "贷款")
    spoken = await line.speak(call, "13812345678")
    assert "一三八，一二三四，五六七八" in spoken["replies"][0]["say"], "what was misheard must be noticed"


async def test_consents_and_warnings_are_heard_to_their_end(line: Desk, dialogue: Script) -> None:
    dialogue.says("贷款", {"text": "您同意吗？", "custom": {"asks": "loan_consent", "kind": "form"}})
    dialogue.says("转账", {"text": "等一下。", "custom": {"kind": "warning"}})
    call, _ = await line.call()
    assert (await line.say(call, "贷款"))["replies"][-1]["must_hear"]
    assert (await line.say(call, "转账"))["replies"][0]["must_hear"]
    assert not (await line.say(call, "你好"))["replies"][0]["must_hear"]


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


async def test_a_withheld_number_is_asked_for_outside_hours(dialogue: Script, tmp_path: Path) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    async with desk(tmp_path, dialogue, never()) as line:
        call, _ = await line.call(None)
        assert "您的电话号码" in (await line.say(call, "转人工"))["replies"][-1]["say"]
        assert "电话记下了" in (await line.say(call, MOBILE))["replies"][0]["say"]
        (talk,) = line.talks.open_talks()
        assert [said.text for said in line.talks.lines(talk.number)] == [MOBILE]


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


def record(call_id: str, outcome: str, *said: tuple[str, str]) -> dict[str, Any]:
    turns = [{"by": by, "said": text, "speech_end_ms": 1000, "answered_ms": 1500} for by, text in said]
    ended = None if outcome == "open" else "2026-11-27T10:05:00+08:00"
    return {
        "call_id": call_id,
        "began": "2026-11-27T10:00:00+08:00",
        "ended": ended,
        "outcome": outcome,
        "turns": turns,
    }


async def test_a_record_reaches_the_ledger_masked_and_late(line: Desk, dialogue: Script) -> None:
    dialogue.says("贷款", {"text": "您叫什么？", "custom": {"asks": "applicant_name", "kind": "form"}})
    call, _ = await line.call(LANDLINE)
    await line.say(call, "贷款")
    await line.speak(call, "欧阳小明")
    line.actions.status = 503
    said = [("voice", "贷款"), ("voice", "欧阳小明"), ("keys", "13812345678"), ("keys", "1"), ("voice", "我叫王小明")]
    said += [("voice", "号码是一三八零零一三八零零零"), ("voice", "我的密码是135790")]
    for outcome in ("open", "hung_up"):
        async with line.client.put(f"/internal/hotline/calls/{call}", json=record(call, outcome, *said)) as answer:
            assert answer.status == 204
    assert line.actions.records == []
    line.actions.status = 200
    async with asyncio.timeout(10):
        await line.records.idle()
    (_, first), (_, last) = line.actions.records
    assert (first["outcome"], last["outcome"]) == ("open", "hung_up")
    assert first["version"] < last["version"]
    assert last["caller"] == LANDLINE
    kept = [turn["said"] for turn in last["turns"]]
    assert kept[:4] == ["贷款", "（不记）", "（不记）", "1"]
    assert kept[4] == "我叫**"
    assert "一三八" not in kept[5]
    assert "135790" not in kept[6]
    async with line.client.put("/internal/hotline/calls/other", json=record(call, "open")) as answer:
        assert answer.status == 400


async def test_who_asks_gets_everything_that_is_kept_and_has_it_deleted(line: Desk) -> None:
    call, _ = await line.call(LANDLINE)
    await line.say(call, "你好")
    async with line.client.put(f"/internal/hotline/calls/{call}", json=record(call, "open")) as answer:
        assert answer.status == 204
    async with asyncio.timeout(10):
        await line.records.idle()
    exported = await line.say(call, "导出我的数据")
    assert "页面" in exported["replies"][0]["say"]
    with line.engine.connect() as connection:
        pages = connection.execute(Base.metadata.tables["exports"].select()).all()
    assert call in pages[0].page
    assert MOBILE not in pages[0].page
    await line.say(call, "删除我的数据")
    assert "删掉了" in (await line.say(call, "1"))["replies"][0]["say"]
    assert line.actions.forgotten == [getattr(line.calls.of(call), "sender", "")]
    assert (await line.say(call, "你好"))["replies"], "the call itself goes on"
