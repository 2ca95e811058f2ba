"""What open pages cost: 100 people chat, without and with 500 idle sockets; and how soon news is told.

    .venv/bin/python -m benchmarks.sockets [--sockets N] [--turns N] [--write FILE]

The gateway runs as in production in a process of its own; this process is everything outside, on the same cores: the
pages, the staff, and a dialogue that takes 20 ms. Overhead is what a turn takes beyond the time in which the dialogue
had it. Compared in the same run with as many pages that ask every 20 s instead of having a socket.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp.test_utils import TestServer

from benchmarks.gateway import DIALOGUE_S, RATE, SENDERS, Served, TimedDialogue, load, process, serve, settings_of
from benchmarks.machine import heading
from bot.channels.web.visitors import COOKIE, Visitors
from bot.database import open_engine
from bot.people.accounts import Accounts
from bot.people.book import TalkBook
from settings import Settings
from tests.bot.channels.bot_api import BotApi
from tests.bot.channels.wechat_side import WeChatSide

TALKS = 20
NEWS = 200
ASKING_S = 20.0
"""Between two questions of a page without a socket (``chat.js``)."""
STILL_S = 20.0
STAFF, PASSWORD = "bench", "a-long-password"


@dataclass(frozen=True)
class Row:
    """``over``: milliseconds of each turn beyond the dialogue's; ``cpu``: of the gateway, milliseconds a second."""

    name: str
    over: list[float]
    cpu: float
    still_cpu: float
    memory_mb: float


@dataclass
class Pages:
    """``news``: by text, when it reached its page."""

    open: list[aiohttp.ClientWebSocketResponse] = field(default_factory=list)
    news: dict[str, float] = field(default_factory=dict)


class Bench:
    """Everything outside the gateway."""

    def __init__(self, session: aiohttp.ClientSession, gateway: Served, dialogue: TimedDialogue) -> None:
        self.session = session
        self.gateway = gateway
        self.dialogue = dialogue
        self.visitors = Visitors("session")
        self._count = 0

    def cookie(self, visitor: str) -> dict[str, str]:
        return {"Cookie": f"{COOKIE}={self.visitors._signer.dumps(visitor)}"}

    async def turn(self, n: int) -> float:
        """Milliseconds beyond the dialogue's."""
        self._count += 1
        words = f"第{self._count}句"
        began = time.perf_counter()
        headers = self.cookie(f"chat{n % SENDERS}")
        async with self.session.post(f"{self.gateway.url}/chat/turns", json={"text": words}, headers=headers) as answer:
            assert answer.status == 200
            await answer.read()
        return (time.perf_counter() - began - self.dialogue.had[words]) * 1000

    async def row(self, name: str, turns: int) -> Row:
        """The gateway left alone for a while, then ``SENDERS`` chats at ``RATE`` turns a second."""
        still = self.gateway.cpu_s()
        await asyncio.sleep(STILL_S)
        still = (self.gateway.cpu_s() - still) / STILL_S
        before, began, tasks = self.gateway.cpu_s(), time.perf_counter(), []
        for n in range(turns):
            tasks.append(asyncio.create_task(self.turn(n)))
            await asyncio.sleep(1 / RATE)
        over = list(await asyncio.gather(*tasks))
        cpu = (self.gateway.cpu_s() - before) / (time.perf_counter() - began)
        return Row(name, over, cpu * 1000, still * 1000, self.gateway.process.memory_info().rss / 2**20)

    @asynccontextmanager
    async def sockets(self, number: int) -> AsyncIterator[Pages]:
        """Open pages; the first of them belong to people who talk with staff."""
        pages = Pages()

        async def page(n: int) -> None:
            url = f"{self.gateway.url}/chat/socket"
            async with self.session.ws_connect(url, headers=self.cookie(f"idle{n}")) as socket:
                await socket.send_json({"session": None, "after": 0})
                await socket.receive_json(timeout=60)
                pages.open.append(socket)
                async for message in socket:
                    for letter in message.json()["messages"]:
                        pages.news[letter["reply"]["text"]] = time.perf_counter()

        tasks = [asyncio.create_task(page(n)) for n in range(number)]
        while len(pages.open) < number:
            assert not any(task.done() for task in tasks), "a page was hung up on"
            await asyncio.sleep(0.05)
        yield pages
        assert not any(task.done() for task in tasks), "a page was hung up on"
        await asyncio.gather(*(socket.close() for socket in pages.open))
        await asyncio.gather(*tasks)

    @asynccontextmanager
    async def asking(self, number: int) -> AsyncIterator[None]:
        """As many pages that ask again and again."""

        async def page(n: int) -> None:
            await asyncio.sleep(ASKING_S * n / number)
            while True:
                url = f"{self.gateway.url}/chat/messages?after=0"
                async with self.session.get(url, headers=self.cookie(f"asking{n}")) as answer:
                    assert answer.status == 200
                    await answer.read()
                await asyncio.sleep(ASKING_S)

        tasks = [asyncio.create_task(page(n)) for n in range(number)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def news(self, pages: Pages, talks: list[str]) -> list[float]:
        """Milliseconds from staff's sending a message to its reaching the page, while others chat."""
        api = f"{self.gateway.url}/staff/api"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as staff:
            login = {"name": STAFF, "password": PASSWORD}
            assert (await staff.post(f"{api}/login", json=login)).status == 200
            for talk in talks:
                assert (await staff.post(f"{api}/talks/{talk}/take")).status == 200
            sent: dict[str, float] = {}
            chats = []
            for n in range(NEWS):
                chats.append(asyncio.create_task(self.turn(n)))
                text = f"消息{n}。"
                sent[text] = time.perf_counter()
                answer = await staff.post(f"{api}/talks/{talks[n % len(talks)]}/say", json={"text": text})
                assert answer.status == 200
                await asyncio.sleep(1 / RATE)
            await asyncio.gather(*chats)
        arrived = {text.partition("说：")[2]: at for text, at in pages.news.items()}
        return [(arrived[text] - at) * 1000 for text, at in sent.items()]


async def measure(sockets: int, turns: int) -> tuple[list[Row], list[float]]:
    dialogue = TimedDialogue()
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session,
        TestServer(dialogue.application()) as rasa,
        TestServer(BotApi().application()) as bot_api,
        TestServer(WeChatSide().application()) as wechat_api,
    ):
        with tempfile.TemporaryDirectory() as folder:
            given = settings_of(folder, f"http://127.0.0.1:{rasa.port}", bot_api.port, wechat_api.port)
            async with process(serve, given) as gateway:
                bench = Bench(session, gateway, dialogue)
                talks = await asyncio.to_thread(_talks, Settings(**given))
                for n in range(SENDERS):
                    await bench.turn(n)  # connections, caches, notices
                rows = [await bench.row("no page open", turns)]
                async with bench.asking(sockets):
                    rows.append(await bench.row(f"{sockets} pages ask every {ASKING_S:g} s", turns))
                async with bench.sockets(sockets) as pages:
                    rows.append(await bench.row(f"{sockets} pages have a socket", turns))
                    return rows, await bench.news(pages, talks)


def _talks(settings: Settings) -> list[str]:
    """An employee, and people who wait for one."""
    engine = open_engine(settings.sessions_url())
    Accounts(engine).add(STAFF, PASSWORD)
    book = TalkBook(engine)
    talks = [f"T{n:03}" for n in range(TALKS)]
    for n, talk in enumerate(talks):
        book.open(f"web:idle{n}", talk)
    engine.dispose()
    return talks


def table(rows: list[Row], news: list[float], sockets: int) -> str:
    lines = [
        "# What open pages cost",
        "",
        f"{heading()}; load of the machine when it ended: {load()}.",
        "",
        f"{SENDERS} people chat, {RATE:g} turns a second together; the dialogue takes {DIALOGUE_S * 1000:g} ms.",
        "Milliseconds of a turn beyond the dialogue's own; processor time of the gateway in milliseconds a second,",
        "while they chat and while nobody does. Everything outside the gateway ran on the same cores.",
        "",
        "| beside the chats | turns | p50 | p95 | p99 | processor | nobody chats | memory, MB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        figures = f"{_cuts(row.over)} | {row.cpu:.0f} | {row.still_cpu:.1f} | {row.memory_mb:.0f}"
        lines.append(f"| {row.name} | {len(row.over)} | {figures} |")
    lines += [
        "",
        f"From an employee's sending to the page, with {sockets} sockets open and {RATE:g} turns a second:",
        "",
        "| messages | p50, ms | p95 | p99 |",
        "|---|---|---|---|",
        f"| {len(news)} | {_cuts(news)} |",
    ]
    return "\n".join(lines) + "\n"


def _cuts(values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return " | ".join(f"{cuts[n - 1]:.1f}" for n in (50, 95, 99))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--turns", type=int, default=400)
    parser.add_argument("--write", type=Path, help="keep the table in this file")
    options = parser.parse_args()
    made = table(*asyncio.run(measure(options.sockets, options.turns)), options.sockets)
    print(made)
    if options.write:
        options.write.write_text(made, "utf-8")


if __name__ == "__main__":
    main()
