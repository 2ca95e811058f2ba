"""What comes after a call: a text message, a call that we make."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from aiohttp.test_utils import TestServer

from bot.channels.hotline.desk import outcalls
from bot.channels.hotline.desk.ami import AmiError, originate
from bot.channels.hotline.desk.outcalls import BETWEEN, LEASE, MOST_TRIES, Errands, OutCalls, Wish
from bot.database import Base, open_engine
from bot.people.hours import CHINA
from bot.store import GatewayStore
from tests.bot.channels.contract import NEWS
from tests.bot.channels.hotline.desk.test_records import record
from tests.bot.channels.hotline.desk_under_test import LANDLINE, MOBILE, NOON, Script, desk
from tests.bot.channels.hotline.outside import Manager, SmsService, manager_running
from tests.running import free_port

pytestmark = pytest.mark.unit

LONG = "".join(f"第{number}条说明，请您记好，不要弄错了，有事问工作人员。" for number in range(12))
LINK = {
    "text": "交费单开好了。\n确认页面：https://bank.example/p/1",
    "custom": {
        "spoken": "交费单开好了。",
        "kind": "case",
        "case_id": "1234567890",
        "confirm_url": "https://bank.example/p/1",
    },
}
CASE = {"text": "登记好了，编号1234567890。", "custom": {"kind": "case", "case_id": "1234567890"}}


@pytest.fixture
def dialogue() -> Script:
    script = Script()
    script.says("咋打药", {"text": LONG, "custom": {"kind": "answer"}}, intent="ask_knowledge")
    script.says("交费", LINK, intent="affirm")
    script.says("办好了", CASE, intent="affirm")
    return script


async def test_a_long_answer_and_a_link_come_by_message_once(dialogue: Script, tmp_path: Path) -> None:
    service = SmsService(statuses=[503, 429])
    async with (
        TestServer(service.application()) as server,
        desk(tmp_path, dialogue, sms_url=f"http://127.0.0.1:{server.port}/sms") as line,
    ):
        call, _ = await line.call(MOBILE)
        offered = await line.say(call, "咋打药")
        assert [o["title"] for o in offered["replies"][1]["options"]] == ["接着听", "发短信给我", "不用了"]
        assert "短信发出去了" in (await line.say(call, "2"))["replies"][0]["say"]
        told = await line.say(call, "交费")
        assert "https" not in str(told["replies"][0]["say"])
        assert "编号我再念一遍：一二三，四五六，七八九，零。" in told["replies"][0]["say"]
        assert [o["title"] for o in told["replies"][1]["options"]] == ["发短信给我", "不用了"]
        await line.say(call, "1")
        await line.say(call, "交费")
        await line.say(call, "不用了")
        assert line.sms is not None
        async with asyncio.timeout(10):
            await line.sms.idle()
        with line.engine.connect() as connection:
            kept = str([connection.execute(table.select()).all() for table in Base.metadata.sorted_tables])
        assert MOBILE not in kept
    first, second = sorted((body for _, body in service.taken), key=lambda body: "https" in body["text"])
    assert first["to"] == second["to"] == MOBILE
    assert first["text"] == f"【乡音】{LONG}"[: len(first["text"])]
    assert len(first["text"]) > 200
    assert "https://bank.example/p/1" in second["text"]
    assert len({key for key, _ in service.taken}) == 2
    assert service.asked == 4, "two were asked for again under their keys"


async def test_a_message_outlives_the_process(dialogue: Script, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/sms"
    async with desk(tmp_path, dialogue, sms_url=nowhere) as line:
        assert line.sms is not None
        await line.sms.send("one", MOBILE, "您好")
    service = SmsService()
    async with (
        TestServer(service.application()) as server,
        desk(tmp_path, dialogue, sms_url=f"http://127.0.0.1:{server.port}/sms") as line,
    ):
        assert line.sms is not None
        async with asyncio.timeout(10):
            await line.sms.idle()
        await line.sms.send("one", MOBILE, "您好")
        await line.sms.idle()
    assert [(key, body["text"]) for key, body in service.taken] == [("one", "您好")]


async def test_without_a_service_or_a_mobile_a_person_is_offered(dialogue: Script, tmp_path: Path) -> None:
    async with desk(tmp_path, dialogue) as line:
        call, _ = await line.call(MOBILE)
        told = await line.say(call, "交费")
        assert [o["title"] for o in told["replies"][1]["options"]] == ["找工作人员", "不用了"]
        await line.say(call, "1")
        assert dialogue.received[-1]["payload"] == "/human_agent"
    async with desk(tmp_path, dialogue, sms_url="http://127.0.0.1:9/sms") as line:
        call, _ = await line.call(LANDLINE)
        offered = await line.say(call, "咋打药")
        assert [o["title"] for o in offered["replies"][1]["options"]] == ["接着听", "不用了"]


async def test_who_agreed_is_called_with_their_news(dialogue: Script, tmp_path: Path) -> None:
    manager = Manager()
    async with manager_running(manager) as ami, desk(tmp_path, dialogue, ami=ami) as line:
        call, _ = await line.call(LANDLINE)
        asked = await line.say(call, "办好了")
        assert [o["title"] for o in asked["replies"][-1]["options"]] == ["要，打给我", "不用打"]
        assert "打给您" in (await line.say(call, "1"))["replies"][0]["say"]
        assert len((await line.say(call, "办好了"))["replies"]) == 1, "asked once"
        sender = getattr(line.calls.of(call), "sender", "").removeprefix("hotline:")
        await line.channel.deliver(sender, [NEWS])
        async with asyncio.timeout(10):
            await manager.called.wait()
        (made,) = manager.calls
        assert made["channel"] == [f"PJSIP/{LANDLINE}@trunk"]
        variables = dict(value.split("=") for value in made["variable"])
        assert variables["XIANGYIN_CALLEE"] == LANDLINE
        purpose = variables["XIANGYIN_PURPOSE"]
        ours, welcome = await line.call(LANDLINE, purpose=purpose)
        assert NEWS.text in [reply["say"] for reply in welcome["replies"]]
        assert [o["title"] for o in welcome["replies"][-1]["options"]] == ["听清楚了", "以后别打给我"]
        assert welcome["ask_region"] is False
        assert "不打给您了" in (await line.say(ours, "2"))["replies"][0]["say"]
        assert line.errands.wish_of(f"hotline:{sender}") is Wish.NO
        await line.channel.deliver(sender, [NEWS])
        assert line.errands.claim(NOON + timedelta(days=1)) is None
        _, next_time = await line.call(LANDLINE)
        assert [reply["say"] for reply in next_time["replies"]] == ["有您的消息。", NEWS.text]


async def test_news_counts_as_told_when_somebody_listened(dialogue: Script, tmp_path: Path) -> None:
    async with manager_running(Manager()) as ami, desk(tmp_path, dialogue, ami=ami) as line:
        call, _ = await line.call(MOBILE)
        sender = getattr(line.calls.of(call), "sender", "")
        line.mailbox.put(sender, [NEWS])
        for seconds, waiting in ((4, 1), (20, 0)):
            ours, _ = await line.call(MOBILE, purpose="errand")
            kept = record(ours, "hung_up") | {"ended": f"2026-11-27T10:00:{seconds:02}+08:00"}
            async with line.client.put(f"/internal/hotline/calls/{ours}", json=kept) as answer:
                assert answer.status == 204
            assert len(line.mailbox.after(sender, 0)) == waiting


@pytest.mark.parametrize("text", ["以后别打给我", "不要再给我打电话了", "别打我电话了", "请以后不要打电话给我。"])
async def test_nobody_is_called_against_their_will(dialogue: Script, tmp_path: Path, text: str) -> None:
    async with desk(tmp_path, dialogue) as line:
        call, _ = await line.call(MOBILE)
        assert "不打给您了" in (await line.say(call, text))["replies"][0]["say"]
        assert dialogue.received == []
        await line.say(call, "有人说别打给我钱就没了")
        assert len(dialogue.received) == 1, "a sentence about something else"


@pytest.fixture
async def errands(tmp_path: Path) -> AsyncIterator[Errands]:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    store = GatewayStore(engine)
    made = Errands(engine, "session")
    made.decide("hotline:a", Wish.YES, MOBILE)
    yield made
    store.close()


def at(hour: int, minute: int = 0) -> datetime:
    return (datetime.now(CHINA) + timedelta(days=1)).replace(hour=hour, minute=minute).astimezone(UTC)


async def test_only_within_decent_hours(errands: Errands) -> None:
    assert errands.add("hotline:a")
    assert not errands.add("hotline:nobody-asked")
    for hour, minute in ((8, 59), (20, 0), (23, 0), (3, 0)):
        assert errands.claim(at(hour, minute)) is None
    claimed = errands.claim(at(9))
    assert claimed is not None
    assert claimed.number == MOBILE
    assert errands.claim(at(9, 1)) is None, "nobody is called twice at once"
    assert errands.claim(at(9) + LEASE) is not None, "a process that died loses it for a while"


async def test_a_few_times_at_most(errands: Errands) -> None:
    manager, now = Manager(answers=[False] * 10), at(10)
    async with manager_running(manager) as ami:
        calls = OutCalls(errands, ami, lambda: now)
        errands.add("hotline:a")
        errands.add("hotline:a")
        for number in range(1, MOST_TRIES + 3):
            await calls.once()
            assert len(manager.calls) == min(number, MOST_TRIES)
            assert not await calls.once()
            now += BETWEEN
    assert errands.add("hotline:a"), "the next news is another errand"


async def test_a_telephone_system_that_is_away_costs_no_try(errands: Errands) -> None:
    manager = Manager()
    async with manager_running(manager) as ami:
        pass
    errands.add("hotline:a")
    for number in range(MOST_TRIES + 1):
        assert await OutCalls(errands, ami, partial(at, 10 + number)).once()
    async with manager_running(manager) as ami:
        assert await OutCalls(errands, ami, partial(at, 19)).once()
    assert len(manager.calls) == 1


async def test_what_the_manager_interface_may_answer() -> None:
    async with manager_running(Manager(), secret="wrong") as ami:
        with pytest.raises(AmiError, match="ami_login"):
            await originate(ami, MOBILE, {})
    async with manager_running(Manager(greeting=b"SSH-2.0\r\n")) as ami:
        with pytest.raises(AmiError, match="ami_stranger"):
            await originate(ami, MOBILE, {})
    async with manager_running(Manager(break_off=True)) as ami:
        with pytest.raises(AmiError, match="ami_lost"):
            await originate(ami, MOBILE, {})
    async with manager_running(manager := Manager()) as ami:
        with pytest.raises(AmiError, match="ami_value"):
            await originate(ami, MOBILE, {"A": "b\r\nAction: Command"})
        with pytest.raises(AmiError, match="ami_number"):
            await originate(ami, "138@evil", {})
        assert manager.calls == []
    assert outcalls.MOST_TRIES == 3
