"""News of cases at the gateway: told once, whatever is repeated, and not to who knows it or wants none."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.channels.hotline.desk.outcalls import Errands, Wish
from bot.database import open_engine
from bot.mailbox import Mailbox
from bot.people.wishes import NewsWishes
from bot.schema import Reply
from bot.told import ToldCases
from tests.bot.channels.hotline.desk_under_test import Script
from tests.bot.channels.hotline.outside import Manager, manager_running
from tests.bot.gateway_app import API_KEY, SECRET, Gateway, gateway

pytestmark = pytest.mark.unit
CASE = "1570478727"
TEXT = f"您办的事有消息了。贷款申请，50,000元，编号{CASE}。现在：银行审核通过。"
STATE = {"text": f"编号{CASE}。现在：在审。", "custom": {"kind": "case", "case_id": CASE, "case_step": 7}}


async def tell(running: Gateway, step: int = 7, conversation: str = "api:wang", **more: Any) -> Any:
    """Status and outcome of one delivery."""
    body = {"conversation": conversation, "case_id": CASE, "step": step, "text": TEXT, "spoken": "说给您听。", **more}
    headers = {"X-Xiangyin-Secret": SECRET}
    async with running.client.post("/internal/news", json=body, headers=headers) as answer:
        told = await answer.json()
        return told["outcome"] if answer.status == 200 else answer.status


async def say(running: Gateway, text: str, sender: str = "wang") -> Any:
    body = {"text": text, "sender_id": sender}
    async with running.client.post("/api/v1/turns", json=body, headers={"X-API-Key": API_KEY}) as answer:
        return await answer.json()


async def letters(running: Gateway, sender: str = "wang") -> list[dict[str, Any]]:
    headers, query = {"X-API-Key": API_KEY}, {"sender_id": sender}
    async with running.client.get("/api/v1/messages", params=query, headers=headers) as answer:
        return [letter["reply"] for letter in (await answer.json())["messages"]]


async def test_news_is_told_once_over_a_restart(tmp_path: Path) -> None:
    async with gateway(tmp_path, Script()) as running:
        assert await tell(running, link="https://bank.example/pay/1") == "told"
        assert await tell(running) == "told_before"
        (reply,) = await letters(running)
    assert reply["text"].startswith(TEXT)
    assert "别给我发消息了" in reply["text"]
    assert (reply["kind"], reply["case_id"], reply["link"]) == ("news", CASE, "https://bank.example/pay/1")
    assert reply["audio"]
    async with gateway(tmp_path, Script()) as running:
        assert await tell(running) == "told_before"
        assert await tell(running, step=6) == "told_before", "it is older"
        assert await tell(running, step=9) == "told"
        assert len(await letters(running)) == 2


async def test_what_was_delivered_before_the_gateway_died_is_not_delivered_again(tmp_path: Path) -> None:
    """The letter was kept; that it was told, and the answer, were not."""
    Mailbox(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")).put("api:wang", [Reply(text=TEXT)], f"{CASE}-7")
    async with gateway(tmp_path, Script()) as running:
        assert await tell(running) == "told"
        assert len(await letters(running)) == 1


async def test_what_an_answer_told_is_no_news(tmp_path: Path) -> None:
    script = Script()
    script.says("查进度", STATE, intent="check_progress")
    async with gateway(tmp_path, script) as running:
        await say(running, "查进度")
        assert await tell(running, step=7) == "told_before"
        assert await tell(running, step=7, conversation="api:li") == "told", "nobody else was told"
        assert await tell(running, step=8) == "told"


async def test_nothing_is_told_while_a_turn_is_under_way(tmp_path: Path) -> None:
    script = Script()
    async with gateway(tmp_path, script) as running:
        script.open.clear()
        turn = asyncio.create_task(say(running, "对，提交"))
        async with asyncio.timeout(10):
            while not script.running:  # noqa: ASYNC110  (the double counts)
                await asyncio.sleep(0.01)
        assert await tell(running) == 503
        assert await tell(running, conversation="api:li") == "told"
        script.open.set()
        await turn
        assert await tell(running) == "told"


@pytest.mark.parametrize(
    "words", ["别给我发消息了", "以后不要再给我发消息了。", "我不要这样的消息", "请别发消息给我了"]
)
async def test_who_wants_no_news_gets_none_until_they_do(tmp_path: Path, words: str) -> None:
    async with gateway(tmp_path, Script()) as running:
        assert "查进度" in (await say(running, words))["replies"][0]["text"]
        assert await tell(running) == "unwanted"
        assert await letters(running) == []
        assert "告诉您" in (await say(running, "有消息告诉我"))["replies"][0]["text"]
        assert await tell(running) == "told"


@pytest.mark.parametrize(
    "words", ["我收到一条消息", "有什么消息", "我没收到消息", "别给我办贷款了", "银行给我发消息了"]
)
async def test_other_sentences_about_messages_decide_nothing(tmp_path: Path, words: str) -> None:
    wishes = NewsWishes(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    assert await wishes.answer("api:wang", words) is None
    assert wishes.wanted("api:wang")


async def test_who_does_not_want_to_be_remembered_gets_none(tmp_path: Path) -> None:
    async with gateway(tmp_path, Script()) as running:
        await say(running, "不同意保存我的记录")
        assert await tell(running) == "unwanted"


async def test_who_cannot_be_reached_is_done_with(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with gateway(tmp_path, Script()) as running:
        caplog.set_level("INFO")
        assert await tell(running, conversation="telegram:geheim") == "unreachable"
    assert "geheim" not in caplog.text


@pytest.mark.parametrize("channel", ["telegram:1001", "wechat:wang"])
async def test_chats_get_it_once_too(tmp_path: Path, channel: str) -> None:
    told = ToldCases(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    async with gateway(tmp_path, Script()) as running:
        assert await tell(running, conversation=channel) == "told"
        assert told.step_of(channel, CASE) == 7
        with told.engine.begin() as connection:  # as if the gateway had died before it wrote that down
            connection.exec_driver_sql("DELETE FROM told_cases")
        assert await tell(running, conversation=channel) == "told"
        with told.engine.connect() as connection:
            kept = connection.exec_driver_sql("SELECT key FROM received").scalars().all()
    assert kept == [f"news-{CASE}-7"]


async def test_who_agreed_is_called_and_hears_the_newest(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}")
    errands, mailbox = Errands(engine, "session"), Mailbox(engine)
    errands.decide("hotline:n1", Wish.YES, "13800138000")
    async with (
        manager_running(Manager()) as ami,
        gateway(tmp_path, Script(), hotline_ami_host=ami.host, hotline_ami_port=ami.port) as running,
    ):
        assert await tell(running, conversation="hotline:n1") == "told"
        assert await tell(running, step=8, text="后来的。", conversation="hotline:n1") == "told"
        assert [letter.reply.text for letter in mailbox.after("hotline:n1", 0)] == ["后来的。"]
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM errands").scalar_one() == 1


@pytest.mark.parametrize(
    "change", [{"step": 0}, {"conversation": "nobody"}, {"case_id": "x"}, {"text": ""}, {"more": 1}]
)
async def test_what_is_no_news_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    async with gateway(tmp_path, Script()) as running:
        assert await tell(running, **change) == 400
        async with running.client.post("/internal/news", json={}) as answer:
            assert answer.status == 401
