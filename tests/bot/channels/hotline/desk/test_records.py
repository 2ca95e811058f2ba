"""What is kept of calls: in the ledger, and for whoever asks for it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bot.database import Base
from tests.bot.channels.hotline.desk_under_test import LANDLINE, MOBILE, Desk, Script

pytestmark = pytest.mark.unit


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
