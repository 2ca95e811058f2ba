"""A platform with its own recognition and synthesis carries the call."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.bot.channels.hotline.desk.test_channel import HAND_OFF
from tests.bot.channels.hotline.desk_under_test import API_KEY, LANDLINE, MOBILE, Desk, Script

pytestmark = pytest.mark.unit


async def turn(line: Desk, call_id: str, status: int = 200, **body: Any) -> Any:
    headers = {"X-API-Key": API_KEY}
    async with line.client.post("/api/v1/ivr/turns", json={"call_id": call_id, **body}, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json() if status != 204 else None


async def test_a_whole_call(line: Desk, dialogue: Script) -> None:
    dialogue.says("转人工", HAND_OFF, intent="human_agent")
    greeting = await turn(line, "c1", caller=MOBILE)
    assert greeting["say"].startswith("您好，我是乡音")
    assert greeting["must_hear"]
    assert greeting["say"].endswith("请问您家在哪个省？")
    placed = await turn(line, "c1", text="我家在河南", message_id="m1")
    assert placed["say"] == "好，河南，记下了。您同意我这样存吗？不同意，我照样答您。同意，请按1；不同意，请按2。"
    assert await turn(line, "c1", text="我家在河南", message_id="m1") == placed
    assert "记下了" in (await turn(line, "c1", keys="1"))["say"]
    hello = await turn(line, "c1", text="你好")
    assert hello["say"] == "您好。还有。贷款，请按1；交费，请按2；找人，请按3。"
    assert hello["text"] == "您好。还有。"
    assert [option["key"] for option in hello["options"]] == ["1", "2", "3"]
    assert (await turn(line, "c1", keys="*"))["say"] == hello["say"]
    assert (await turn(line, "c1", text=" "))["say"].startswith("我没听到您说话")
    assert dialogue.received[-1]["text"] == "你好"
    person = await turn(line, "c1", keys="0")
    assert person["transfer"]
    assert person["summary"].startswith("河南来电，尾号8000。")
    assert await turn(line, "c1", 204, ended=True) is None
    async with asyncio.timeout(10):
        await line.records.idle()
    (call_id, record) = line.actions.records[-1]
    assert (call_id, record["outcome"], record["protocol"]) == ("c1", "transferred", "ivr")
    assert [said["said"] for said in record["turns"]] == ["我家在河南", "1", "你好", "0"]


async def test_who_speaks_at_once_is_told_what_is_kept_and_answered(line: Desk, dialogue: Script) -> None:
    answer = await turn(line, "c2", caller=LANDLINE, text="你好", message_id="m1")
    assert "七天" in answer["say"]
    assert "您好。还有。" in answer["say"]
    assert answer["must_hear"]
    assert len(dialogue.received) == 1


async def test_an_errand_instead_of_a_place_is_no_loss(line: Desk, dialogue: Script) -> None:
    await turn(line, "c3", caller=MOBILE)
    assert (await turn(line, "c3", text="你好"))["text"] == "您好。还有。"


async def test_keys_answer_a_form(line: Desk, dialogue: Script) -> None:
    dialogue.says("电费", {"text": "户号是多少？", "custom": {"kind": "form", "asks": "bill_account"}})
    dialogue.says("/correct_value", {"text": "改哪一样？", "custom": {"kind": "form", "asks": "bill_account"}})
    await turn(line, "c4", caller=LANDLINE)
    asked = await turn(line, "c4", text="电费")
    assert (asked["expects"], asked["asks"]) == ("digits", "bill_account")
    assert (await turn(line, "c4", keys="#"))["say"] == "改哪一样？"
    await turn(line, "c4", keys="12345678")
    assert dialogue.received[-1]["text"] == "12345678"
    await turn(line, "c4", 204, ended=True)
    async with asyncio.timeout(10):
        await line.records.idle()
    record = line.actions.records[-1][1]
    assert record["outcome"] == "hung_up"
    assert "12345678" not in str(record)


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "keys": "1"},
        {"keys": "a"},
        {"call_id": "../x"},
        {"call_id": "x" * 37},
        {"message_id": ""},
        {"x": 1},
    ],
)
async def test_what_does_not_fit_is_refused(line: Desk, body: dict[str, Any]) -> None:
    headers = {"X-API-Key": API_KEY}
    async with line.client.post("/api/v1/ivr/turns", json={"call_id": "c", **body}, headers=headers) as answer:
        assert answer.status == 400
    async with line.client.post("/api/v1/ivr/turns", json={"call_id": "c"}, headers={"X-API-Key": "no"}) as answer:
        assert answer.status == 401


async def test_the_end_of_an_unknown_call_is_nothing(line: Desk) -> None:
    assert await turn(line, "never", 204, ended=True) is None
    assert line.calls.of("never") is None
