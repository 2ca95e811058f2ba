"""WeChat and WeCom against a local double that calls, waits and asks again as WeChat does."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from bot.channels.wechat import api, texts
from bot.channels.wechat.envelope import Envelope, ForgedError
from bot.inbox import Arrival, Inbox, State
from tests.bot.channels.contract import NEWS, ChannelContract
from tests.bot.channels.wechat_side import (
    ACCOUNT,
    AES_KEY,
    TOKEN,
    WeChatDriver,
    WeChatSide,
    driver_with,
    wechat_with,
    xml,
)
from tests.bot.dialogue import HEARD, Dialogue, turns_with
from tests.bot.recordings import encoded

pytestmark = pytest.mark.unit


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue()


@pytest.fixture
async def driver(dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[WeChatDriver]:
    async with driver_with(dialogue, tmp_path) as driver:
        yield driver


class TestWeChat(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[WeChatDriver]:
        async with driver_with(dialogue, tmp_path) as driver:
            yield driver


class TestWeChatInPlainMode(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[WeChatDriver]:
        async with driver_with(dialogue, tmp_path, sealed=False) as driver:
            yield driver


class TestWeCom(ChannelContract):
    @pytest.fixture
    async def driver(self, dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[WeChatDriver]:
        async with driver_with(dialogue, tmp_path, kind="wecom", agent_id=7) as driver:
            yield driver

    async def test_news_names_the_application(self, driver: WeChatDriver) -> None:
        await driver.channel.deliver("wang", [NEWS])
        await driver.channel.lanes.idle()
        assert driver.side.calls == [
            (
                "/cgi-bin/message/send",
                {"touser": "wang", "msgtype": "text", "agentid": 7, "text": {"content": NEWS.text}},
            )
        ]


def test_the_example_of_the_documentation_is_opened() -> None:
    """Ciphertext, signature and plain text as developer.work.weixin.qq.com/document/path/90968 gives them."""
    sealed = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
    given = "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3"
    opened = Envelope(TOKEN, AES_KEY, ACCOUNT).open(sealed, given, "1409659589", "263014780")
    assert opened == b"1616140317555161061"


def test_forged_envelopes_are_refused() -> None:
    envelope = Envelope(TOKEN, AES_KEY, ACCOUNT)
    sealed = envelope.seal(b"<xml/>")
    good = envelope.signed(sealed, "1", "2")
    assert envelope.open(sealed, good, "1", "2") == b"<xml/>"
    for signature, timestamp in ((good, "3"), ("", "1"), ("错", "1")):
        with pytest.raises(ForgedError):
            envelope.open(sealed, signature, timestamp, "2")
    for other in (Envelope(TOKEN, AES_KEY, "wx-other"), Envelope(TOKEN, "A" * 43, ACCOUNT)):
        foreign = other.seal(b"<xml/>")
        with pytest.raises(ForgedError):
            envelope.open(foreign, other.signed(foreign, "1", "2"), "1", "2")
    for nonsense in ("", "AAAA", "!!", sealed[:-24]):
        with pytest.raises(ForgedError):
            envelope.open(nonsense, envelope.signed(nonsense, "1", "2"), "1", "2")


@pytest.mark.parametrize("key", ["", "short", "!" * 43, "A" * 44])
def test_a_malformed_key_is_named(key: str) -> None:
    with pytest.raises(ValueError, match="43"):
        Envelope(TOKEN, key, ACCOUNT)


async def test_the_address_is_confirmed_only_to_wechat(driver: WeChatDriver) -> None:
    envelope = Envelope(TOKEN, AES_KEY, ACCOUNT)
    echo = envelope.seal(b"1234")
    query = {"timestamp": "1", "nonce": "2", "echostr": echo, "msg_signature": envelope.signed(echo, "1", "2")}
    assert await (await driver.client.get(driver.path, params=query)).text() == "1234"
    query["msg_signature"] = "0" * 40
    assert (await driver.client.get(driver.path, params=query)).status == 401
    assert (await driver.client.get(driver.path)).status == 401


async def test_plain_messages_are_refused_where_a_key_is_set(driver: WeChatDriver, dialogue: Dialogue) -> None:
    plain = WeChatSide()
    plain.sealed = False
    message = {"ToUserName": ACCOUNT, "FromUserName": "x", "MsgType": "text", "Content": "你好", "MsgId": "1"}
    body, query = plain.wrapped(xml(message))
    assert (await driver.client.post(driver.path, data=body, params=query)).status == 401
    assert dialogue.received == []


async def test_an_entity_in_the_xml_reads_no_file(driver: WeChatDriver, dialogue: Dialogue) -> None:
    hostile = (
        b'<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/passwd">]><xml><ToUserName>a</ToUserName><FromUserName>b'
        b"</FromUserName><MsgType>text</MsgType><MsgId>1</MsgId><Content>&x;</Content></xml>"
    )
    body, query = driver.side.wrapped(hostile)
    await driver.client.post(driver.path, data=body, params=query)
    assert "root:" not in json.dumps(dialogue.received)


async def test_a_quick_answer_is_the_reply(driver: WeChatDriver) -> None:
    (said,) = await driver.send(MsgType="text", Content="你好")
    assert said.startswith("听到你好\n1. 贷款\n2. 交费\n\n还有\n3. 找人")
    assert driver.side.calls == []
    assert driver.side.requests == 1


async def test_a_slow_answer_comes_as_customer_service_message(dialogue: Dialogue, tmp_path: Path) -> None:
    async with driver_with(dialogue, tmp_path, patience_s=0.3) as driver:
        dialogue.open.clear()
        await driver.side.push(driver.client, driver.path, "wang", MsgType="text", Content="你好")
        assert driver.side.shown == []
        dialogue.open.set()
        await driver.channel.lanes.idle()
        assert len(driver.side.shown) == 1
        assert len(driver.side.calls) == 1
        assert driver.side.requests == 1, "WeChat was told not to ask again"


async def test_a_reply_that_got_lost_is_given_again(driver: WeChatDriver, dialogue: Dialogue) -> None:
    driver.side.lost = 2
    assert len(await driver.send(MsgType="text", Content="你好")) == 1
    assert driver.side.requests == 3
    assert len(dialogue.received) == 1


async def test_the_last_request_is_answered_by_a_message_that_wechat_confirms(
    driver: WeChatDriver, dialogue: Dialogue
) -> None:
    driver.side.lost = 3
    assert len(await driver.send(MsgType="text", Content="你好")) == 1
    assert driver.side.requests == 3
    assert len(driver.side.calls) == 1
    assert len(dialogue.received) == 1


async def test_a_message_that_does_not_get_through_after_the_last_request_is_sent_later(
    driver: WeChatDriver, dialogue: Dialogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """WeChat asks no more, and whether a third reply reached it nobody would know."""
    monkeypatch.setitem(api._LATER, -1, 0.05)
    driver.side.lost, driver.side.errors = 3, [-1]
    assert len(await driver.send(MsgType="text", Content="你好", MsgId="77")) == 1
    assert driver.side.requests == 3
    assert len(dialogue.received) == 1


async def test_the_last_reply_is_given_where_no_such_message_may_be_sent(driver: WeChatDriver) -> None:
    driver.side.lost, driver.side.errors = 2, [48001]
    assert len(await driver.send(MsgType="text", Content="你好")) == 1


@pytest.mark.parametrize("content", ["你好", "地区 四川"])
async def test_a_reply_that_got_lost_is_given_again_after_a_restart(
    dialogue: Dialogue, tmp_path: Path, content: str
) -> None:
    side = WeChatSide()
    async with turns_with(dialogue, tmp_path) as (turns, store):
        side.lost = side.tries = 1
        async with wechat_with(side, turns, store, tmp_path) as driver:
            assert await driver.send(MsgType="text", Content=content, MsgId="55") == []
        side.tries = 3
        async with wechat_with(side, turns, store, tmp_path) as driver:
            assert len(await driver.send(MsgType="text", Content=content, MsgId="55")) == 1
    assert len(dialogue.received) == (content == "你好")


async def test_a_repetition_waits_for_the_answer_that_the_first_request_began(
    driver: WeChatDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It looked before the message was kept, and again after: what it says is what WeChat shows."""
    looked, kept = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    state, times = Inbox.state, iter((1, 2))

    def slow(self: Inbox, key: str) -> State | None:
        if next(times) == 2:
            loop.call_soon_threadsafe(looked.set)
            asyncio.run_coroutine_threadsafe(kept.wait(), loop).result(10)
        return state(self, key)

    keep = driver.channel.lanes.take

    async def taking(arrivals: Sequence[Arrival]) -> None:
        await looked.wait()
        await keep(arrivals)
        kept.set()

    monkeypatch.setattr(Inbox, "state", slow)
    monkeypatch.setattr(driver.channel.lanes, "take", taking)
    content = {"MsgType": "text", "Content": "你好", "MsgId": "77"}
    pushes = [driver.side.push(driver.client, driver.path, "wang", **content) for _ in range(2)]
    await asyncio.gather(*pushes)
    await driver.channel.lanes.idle()
    assert len(driver.side.shown) == 1


async def test_amr_is_heard_and_silk_is_named(driver: WeChatDriver, dialogue: Dialogue) -> None:
    (said,) = await driver.speaks(encoded("amr", "libopencore_amrnb", 8_000))
    assert HEARD in said.text
    (said,) = await driver.speaks(b"\x02#!SILK_V3" + bytes(100))
    assert "微信语音我读不了" in said.text


async def test_a_recording_that_is_gone_is_named(driver: WeChatDriver) -> None:
    assert await driver.send(MsgType="voice", MediaId="nowhere") == [texts.LOST_RECORDING]


async def test_an_expired_token_is_renewed(driver: WeChatDriver) -> None:
    await driver.channel.deliver("wang", [NEWS])
    await driver.channel.lanes.idle()
    driver.side.token = "another server took a new one"
    await driver.channel.deliver("wang", [NEWS])
    await driver.channel.lanes.idle()
    assert driver.side.seen("wang") == [NEWS.text, NEWS.text]
    assert driver.side.tokens == 2


@pytest.mark.parametrize(("code", "arrives"), [(45015, False), (48001, False), (40003, False)])
async def test_refusals_of_wechat_end_the_matter(driver: WeChatDriver, code: int, arrives: bool) -> None:
    driver.side.errors = [code]
    await driver.channel.deliver("wang", [NEWS])
    await driver.channel.lanes.idle()
    assert bool(driver.side.shown) is arrives
    assert await driver.send(MsgType="text", Content="你好"), "the next message is answered"


async def test_an_account_that_may_only_reply_replies_with_what_fits(driver: WeChatDriver, dialogue: Dialogue) -> None:
    dialogue.words = "很长的回话。" * 200
    driver.side.errors = [48001] * 9
    (said,) = await driver.send(MsgType="text", Content="你好")
    assert said.startswith("很长的回话。")
    driver.side.errors = []
    assert len(await driver.send(MsgType="text", Content="你好")) == 3, "who may send gets all of it"


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        ({"MsgType": "image", "PicUrl": "http://x/y", "MediaId": "m"}, texts.IMAGE),
        ({"MsgType": "location", "Location_X": "30.6", "Location_Y": "104.1"}, texts.LOCATION),
        ({"MsgType": "shortvideo", "MediaId": "m"}, texts.UNREADABLE),
        ({"MsgType": "text", "Content": "地区 火星"}, texts.PROVINCE_UNKNOWN),
    ],
)
async def test_other_kinds_get_a_fixed_answer(
    driver: WeChatDriver, dialogue: Dialogue, content: dict[str, str], answer: str
) -> None:
    assert await driver.send(**content) == [answer]
    assert dialogue.received == []


async def test_a_province_goes_with_every_turn(driver: WeChatDriver, dialogue: Dialogue) -> None:
    (said,) = await driver.send(MsgType="text", Content="地区 四川")
    assert "四川" in said
    await driver.send(MsgType="text", Content="你好")
    assert dialogue.received[0]["metadata"]["region"] == "510000"


async def test_a_place_with_an_address_is_a_province(driver: WeChatDriver, dialogue: Dialogue, tmp_path: Path) -> None:
    spot = {"MsgType": "location", "Location_X": "30.6", "Location_Y": "104.1"}
    (said,) = await driver.send(**spot, Label="四川省成都市双流区板桥村7组")
    assert said == texts.PROVINCE_SET.format(name="四川")
    assert dialogue.received == []
    files = [file.read_bytes() for file in tmp_path.glob("gateway.sqlite*")]  # noqa: ASYNC240
    assert not any("板桥村".encode() in data for data in files)


async def test_following_is_greeted_and_leaving_is_not_answered(driver: WeChatDriver, dialogue: Dialogue) -> None:
    assert await driver.send(MsgType="event", Event="subscribe", MsgId="")
    assert dialogue.received[0]["text"] == "你好"
    assert await driver.send(MsgType="event", Event="unsubscribe", MsgId="") == []
    await driver.send(MsgType="event", Event="CLICK", EventKey="我要交电费", MsgId="")
    assert dialogue.received[1]["text"] == "我要交电费"


async def test_a_bare_code_is_pointed_out(driver: WeChatDriver, dialogue: Dialogue) -> None:
    (said,) = await driver.send(MsgType="text", Content="482913")
    assert texts.REMOVE_IT in said
    assert "482913" not in json.dumps(dialogue.received)


async def test_a_secret_is_pointed_out_and_not_kept(driver: WeChatDriver, dialogue: Dialogue, tmp_path: Path) -> None:
    (said,) = await driver.send(MsgType="text", Content="我的密码是135790")
    assert texts.REMOVE_IT in said
    assert "135790" not in json.dumps(dialogue.received)
    files = [file.read_bytes() for file in tmp_path.glob("gateway.sqlite*")]  # noqa: ASYNC240
    assert not any(b"135790" in data for data in files)


async def test_a_thousand_messages_with_restarts(tmp_path: Path) -> None:
    """Repetitions, wrong order, lost replies, tired tokens, refused calls and restarts: each is answered once."""
    seed = 20261127
    print("seed", seed)
    rng = random.Random(seed)
    dialogue, side = Dialogue(), WeChatSide()
    numbers = list(range(1000))
    order = sorted([(n + rng.uniform(0, 30), n) for n in numbers] + [(n + rng.uniform(5, 60), n) for n in numbers[::5]])
    async with turns_with(dialogue, tmp_path) as (turns, store):
        for first in range(0, len(order), 400):
            async with wechat_with(side, turns, store, tmp_path) as driver:
                room = asyncio.Semaphore(16)

                async def push(n: int, driver: WeChatDriver = driver, room: asyncio.Semaphore = room) -> None:
                    async with room:
                        content = {"MsgType": "text", "Content": f"第{n}句", "MsgId": str(10_000 + n)}
                        await side.push(driver.client, driver.path, f"user{n % 40}", **content)

                side.lost += 3
                side.errors += [-1]
                side.token = "tired"
                await asyncio.gather(*(push(n) for _, n in order[first : first + 400]))
                await driver.channel.lanes.idle()
    assert Counter(call["text"] for call in dialogue.received) == Counter(f"第{n}句" for n in numbers)
    assert side.counted() == Counter(f"听到第{n}句" for n in numbers)
    assert side.requests >= 1200, "messages were asked for again"
