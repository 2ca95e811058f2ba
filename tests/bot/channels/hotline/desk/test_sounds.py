"""What is heard on the line, and how replies are said there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.bot.channels.hotline.desk_under_test import LANDLINE, Desk, Script
from tests.bot.dialogue import HEARD
from voice.service import Expects

pytestmark = pytest.mark.unit


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
