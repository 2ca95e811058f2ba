"""What the gateway adds to a turn, by channel: the time beyond that of the dialogue.

    .venv/bin/python -m benchmarks.gateway [--turns N] [--write FILE]

The gateway runs as in production in a process of its own, with every channel switched on; this process is everything
outside: people, Telegram, WeChat, and a dialogue that takes 20 ms. Overhead is the time from the first byte of a
message to the last of its answer, less the time in which the dialogue had it. It is compared in the same run with an
aiohttp server that does nothing but pass a request on to the same dialogue.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from aiohttp import web
from aiohttp.test_utils import TestServer

from benchmarks.machine import heading
from bot.__main__ import serve as serve_gateway
from bot.channels.telegram.channel import HOOK
from bot.gateway import build_app
from settings import Settings
from tests.bot.channels.bot_api import TOKEN, BotApi
from tests.bot.channels.wechat_side import ACCOUNT, AES_KEY, WeChatSide, xml
from tests.bot.channels.wechat_side import TOKEN as WECHAT_TOKEN
from tests.bot.dialogue import SECRET, Dialogue
from tests.bot.gateway_app import API_KEY, HummingVoice
from tests.running import free_port

DIALOGUE_S = 0.02
SENDERS = 100
"""Active chats of the busy run."""
RATE = 20.0
"""Turns a second of the busy run."""
GOAL_MS = 10.0
Send = Callable[[str, int], Awaitable[None]]
KEY = {"X-API-Key": API_KEY}


class TimedDialogue(Dialogue):
    """Takes its time, and notes how long it had each message, by its words."""

    def __init__(self) -> None:
        super().__init__()
        self.had: dict[str, float] = {}

    async def turn(self, request: web.Request) -> web.Response:
        began = time.perf_counter()
        words = (await request.json())["text"]
        await asyncio.sleep(DIALOGUE_S)
        answer = await super().turn(request)
        self.had[words] = time.perf_counter() - began
        return answer


def serve(port: int, given: dict[str, Any]) -> None:
    """The gateway's process."""

    async def app() -> web.Application:
        return await build_app(Settings(**given), HummingVoice())

    serve_gateway(app(), "127.0.0.1", port)


def pass_on(port: int, rasa_url: str) -> None:
    """The process of the comparison."""

    async def turn(request: web.Request) -> web.Response:
        body = await request.read()
        headers = {"X-Xiangyin-Secret": SECRET, "Content-Type": "application/json"}
        async with session.post(f"{rasa_url}/webhooks/gateway/turn", data=body, headers=headers) as answer:
            return web.Response(body=await answer.read(), content_type="application/json")

    async def app() -> web.Application:
        nonlocal session
        session = aiohttp.ClientSession()
        made = web.Application()
        made.add_routes([web.post("/turn", turn)])
        return made

    session: aiohttp.ClientSession
    web.run_app(app(), host="127.0.0.1", port=port, print=None, access_log=None)


@dataclass(frozen=True)
class Served:
    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor time so far, of all its threads."""
        times = self.process.cpu_times()
        return times.user + times.system


@dataclass(frozen=True)
class Row:
    """``over``: milliseconds beyond the dialogue's; ``cpu``: milliseconds of processor time a turn."""

    name: str
    over: list[float]
    cpu: float


@asynccontextmanager
async def process(target: Callable[..., None], *arguments: Any) -> AsyncIterator[Served]:
    """Runs a server in a process, and waits until it listens."""
    port = free_port()
    child = multiprocessing.get_context("spawn").Process(target=target, args=(port, *arguments), daemon=True)
    child.start()
    try:
        for _ in range(600):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.1)
        yield Served(f"http://127.0.0.1:{port}", psutil.Process(child.pid))
    finally:
        child.terminate()
        child.join(10)


class Bench:
    """Everything outside the gateway."""

    def __init__(self, session: aiohttp.ClientSession, dialogue: TimedDialogue) -> None:
        self.session = session
        self.dialogue = dialogue
        self.telegram, self.wechat = BotApi(), WeChatSide()
        self._count = 0
        self.gateway: Served
        self.bare: Served

    def words(self) -> str:
        self._count += 1
        return f"第{self._count}句"

    async def by_nothing(self, words: str, _n: int) -> None:
        body = {"sender_id": "bare", "message_id": words, "text": words, "hypotheses": [], "metadata": {}}
        async with self.session.post(f"{self.bare.url}/turn", json=body) as answer:
            assert answer.status == 200
            await answer.read()

    async def by_api(self, words: str, n: int) -> None:
        body = {"text": words, "sender_id": f"s{n % SENDERS}"}
        async with self.session.post(f"{self.gateway.url}/api/v1/turns", json=body, headers=KEY) as answer:
            assert answer.status == 200
            await answer.read()

    async def by_page(self, words: str, _n: int) -> None:
        async with self.session.post(f"{self.gateway.url}/chat/turns", json={"text": words}) as answer:
            assert answer.status == 200
            await answer.read()

    async def by_telegram(self, words: str, n: int) -> None:
        """Until the first message of the answer has reached Telegram."""
        update = self.telegram.update(message=self.telegram.message(1000 + n % SENDERS, text=words))
        key = hmac.new(b"session", b"telegram-webhook", hashlib.sha256).hexdigest()
        headers = {"X-Telegram-Bot-Api-Secret-Token": key}
        async with self.session.post(self.gateway.url + HOOK, json=update, headers=headers) as answer:
            assert answer.status == 200
        await self.telegram.said(f"听到{words}")

    async def by_wechat(self, words: str, n: int) -> None:
        given = {"ToUserName": ACCOUNT, "FromUserName": f"u{n % SENDERS}", "MsgType": "text"}
        body, query = self.wechat.wrapped(xml({**given, "Content": words, "MsgId": words[1:-1]}))
        async with self.session.post(f"{self.gateway.url}/wechat/callback", data=body, params=query) as answer:
            assert answer.status == 200
            assert await answer.read() != b"success"

    async def overhead(self, send: Send, turns: int) -> list[float]:
        """Milliseconds beyond the dialogue's, one turn after the other."""
        return [await self._one(send, n) for n in range(turns)]

    async def busy(self, send: Send, turns: int) -> list[float]:
        """The same with ``SENDERS`` chats, at ``RATE`` turns a second."""
        tasks = []
        for n in range(turns):
            tasks.append(asyncio.create_task(self._one(send, n)))
            await asyncio.sleep(1 / RATE)
        return list(await asyncio.gather(*tasks))

    async def _one(self, send: Send, n: int) -> float:
        words = self.words()
        began = time.perf_counter()
        await send(words, n)
        return (time.perf_counter() - began - self.dialogue.had[words]) * 1000


async def measure(turns: int) -> list[Row]:
    dialogue = TimedDialogue()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        bench = Bench(session, dialogue)
        async with (
            TestServer(dialogue.application()) as rasa,
            TestServer(bench.telegram.application()) as bot_api,
            TestServer(bench.wechat.application()) as wechat_api,
        ):
            rasa_url = f"http://127.0.0.1:{rasa.port}"
            with tempfile.TemporaryDirectory() as folder:
                given = settings_of(folder, rasa_url, bot_api.port, wechat_api.port)
                async with process(serve, given) as bench.gateway, process(pass_on, rasa_url) as bench.bare:
                    await bench.telegram.called("setWebhook")
                    async with session.get(bench.gateway.url) as page:
                        await page.read()
                    return await _rows(bench, turns)


async def _rows(bench: Bench, turns: int) -> list[Row]:
    channels = {
        "nothing but passing on": bench.by_nothing,
        "JSON": bench.by_api,
        "web page": bench.by_page,
        "WeChat, encrypted, as reply": bench.by_wechat,
        "Telegram, web-hook to first message": bench.by_telegram,
    }
    rows: list[Row] = []

    async def add(name: str, send: Send, how: Callable[[Send, int], Awaitable[list[float]]]) -> None:
        served = bench.bare if send == bench.by_nothing else bench.gateway
        before = served.cpu_s()
        over = await how(send, turns)
        rows.append(Row(name, over, (served.cpu_s() - before) / turns * 1000))

    for name, send in channels.items():
        await bench.overhead(send, 20)  # connections, caches
        await add(name, send, bench.overhead)
    await add(f"nothing, {SENDERS} chats, {RATE:g} turns/s", bench.by_nothing, bench.busy)
    await add(f"JSON, {SENDERS} chats, {RATE:g} turns/s", bench.by_api, bench.busy)
    return rows


def settings_of(folder: str, rasa_url: str, telegram_port: int | None, wechat_port: int | None) -> dict[str, Any]:
    return {
        "state_dir": Path(folder),
        "api_key": API_KEY,
        "session_secret": "session",
        "internal_secret": SECRET,
        "rasa_url": rasa_url,
        "telegram_token": TOKEN,
        "telegram_mode": "webhook",
        "telegram_api_url": f"http://127.0.0.1:{telegram_port}",
        "telegram_per_second": 0,
        "public_url": "https://village.example",
        "wechat_app_id": ACCOUNT,
        "wechat_app_secret": "s",
        "wechat_token": WECHAT_TOKEN,
        "wechat_aes_key": AES_KEY,
        "wechat_api_url": f"http://127.0.0.1:{wechat_port}",
    }


def table(rows: list[Row]) -> str:
    lines = [
        "# What the gateway adds to a turn",
        "",
        f"{heading()}; load of the machine when it ended: {load()}.",
        "",
        "Milliseconds beyond the dialogue's own time, from a message's first byte to its answer's last; and processor",
        "time of the serving process for a turn, which depends less on what else the machine does.",
        f"Goal: p95 at most {GOAL_MS:g} ms.",
        "",
        "| way | turns | p50 | p95 | p99 | processor |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        cuts = statistics.quantiles(row.over, n=100)
        figures = " | ".join(f"{cuts[n - 1]:.1f}" for n in (50, 95, 99))
        lines.append(f"| {row.name} | {len(row.over)} | {figures} | {row.cpu:.1f} |")
    return "\n".join(lines) + "\n"


def load() -> str:
    """Of the last minutes, and the priority with which this ran (below 0: before other work)."""
    loads = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{loads}; niceness of this measurement: {os.nice(0)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--write", type=Path, help="keep the table in this file")
    options = parser.parse_args()
    made = table(asyncio.run(measure(options.turns)))
    print(made)
    if options.write:
        options.write.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
