"""The people: they talk to the assistant over HTTP, answer what it asks, and remember all it told them."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from tests.chaos.plan import Patience
from tests.chaos.world import Run, World

GIVE_UP_S = 900.0
"""Longer than any restart: a person who is not answered by then makes the run fail."""
MOST_TURNS = 80
ANSWERS: dict[str, tuple[tuple[str, str], ...]] = {
    "loan": (
        ("还没有交上去", "接着办贷款申请"),
        ("要接着填，还是重新填", "接着填"),
        ("您想贷多少钱", "五万"),
        ("做什么用", "买化肥"),
        ("主要种什么", "种玉米"),
        ("多少亩", "十亩"),
        ("多长时间", "两年"),
        ("叫什么名字", "王二娃"),
        ("手机号", "{phone}"),
        ("哪个村", "赵家村"),
        ("对不对", "对，提交"),
        ("您同意查吗", "同意"),
        ("只用来办这笔贷款。您同意吗", "同意"),
    ),
    "bill": (
        ("还没有交上去", "接着办交费"),
        ("要接着填，还是重新填", "接着填"),
        ("哪一样费", "电费"),
        ("电费户号", "{account}"),
        ("对吗", "对，交费"),
    ),
}
"""What is answered to a question that holds these words; the first that fits, the last reply first."""
OPENINGS = {"loan": "我是赵家村的王二娃，想贷五万种苞谷，两年", "bill": "我要交电费"}
SUBMITS = {"loan": "对，提交", "bill": "对，交费"}


@dataclass(frozen=True)
class Told:
    """One answer.

    Attributes:
        status: HTTP status; 200 is a turn, others are refusals with a text.
        asked_at: when the message was delivered, ``at`` when they had the answer (UTC).
        first_asked_at: when it was delivered for the first time.
    """

    said: str
    status: int
    texts: tuple[str, ...]
    case_id: str | None
    link: str | None
    asked_at: datetime
    at: datetime
    first_asked_at: datetime


@dataclass
class Person:
    """One dialogue of a run.

    Attributes:
        submits: how many times the submit was said as a message of its own.
        dropped: 取消 was said.
        confirmed_at: when the bank's page said the payment was made, to the person who pressed the button.
        trouble: why the dialogue did not come to an end, if it did not.
    """

    world: World
    run: Run
    kind: str
    http: aiohttp.ClientSession
    told: list[Told] = field(default_factory=list)
    submits: int = 0
    dropped: bool = False
    confirmed_at: datetime | None = None
    trouble: str | None = None
    _turn: int = 0
    _given_up: tuple[dict[str, Any], datetime] | None = None

    @property
    def sender(self) -> str:
        return self.run.plan.sender(self.kind)

    async def live(self) -> None:
        """The whole dialogue."""
        try:
            async with asyncio.timeout(GIVE_UP_S):
                await self._talk()
        except TimeoutError:
            self.trouble = f"no end after {GIVE_UP_S:.0f} s; last: {self.told[-1:]}"

    async def _talk(self) -> None:
        answer = await self._say(OPENINGS[self.kind])
        for _ in range(MOST_TURNS):
            if answer is None:  # impatient: the message was given up
                answer = await self._say("取消" if self._drops() else "查进度")
                await self._late()
                continue
            if answer.case_id is not None and "编号" in answer.texts[0]:
                await self._after(answer)
                return
            if self.dropped and any(words in text for text in answer.texts for words in ("不办了", "先放下")):
                return
            reply = self._reply(answer)
            if reply is None:  # the form is gone, or something else is said: begin again
                reply = OPENINGS[self.kind] if not self.dropped else "取消"
                if self.dropped:
                    return
            answer = await self._say(reply)
        self.trouble = f"no end after {MOST_TURNS} turns; last: {self.told[-3:]}"

    def _drops(self) -> bool:
        drops = self.run.plan.patience is Patience.DROPS and not self.dropped
        self.dropped = self.dropped or drops
        return drops

    def _reply(self, answer: Told) -> str | None:
        values = {"phone": self.run.plan.phone, "account": self.run.plan.account}
        for text in reversed(answer.texts):
            for words, reply in ANSWERS[self.kind]:
                if words in text:
                    return reply.format(**values)
        return None

    async def _after(self, answer: Told) -> None:
        """With a case in hand: pay, perhaps, and ask how it stands."""
        plan = self.run.plan
        if self.kind == "loan" or not plan.pays:
            await self._insist("查进度")
            return
        for _ in range(40):
            if answer.link:
                break
            if any(words in text for text in answer.texts for words in ("已办成", "失效", "没有受理", "工作人员处理")):
                return
            await asyncio.sleep(1.5)
            answer = await self._insist("查进度")
        else:
            self.trouble = f"no page to confirm on; last: {self.told[-1]}"
            return
        await self._confirm(str(answer.link))
        for _ in range(40):
            answer = await self._insist("查进度")
            if any("已办成" in text for text in answer.texts):
                return
            await asyncio.sleep(1.5)
        self.trouble = f"paid, and not told so; last: {self.told[-1]}"

    async def _confirm(self, link: str) -> None:
        """Press the button on the bank's page, twice at once if the seed says so, until the page says how it went."""
        while True:
            pressed = [self._press(link) for _ in range(1 + self.run.plan.seed % 2)]
            pages = await asyncio.gather(*pressed)
            if any("缴费成功" in page for page in pages):
                self.confirmed_at = datetime.now(UTC)
                return
            if any("失效" in page for page in pages):
                return
            await asyncio.sleep(1)

    async def _press(self, link: str) -> str:
        try:
            async with self.http.post(link) as page:
                return await page.text()
        except (aiohttp.ClientError, TimeoutError):
            return ""

    async def _insist(self, text: str) -> Told:
        while (answer := await self._say(text)) is None:
            pass
        return answer

    async def _say(self, text: str) -> Told | None:
        """Say something; the channel delivers it until there is an answer. None: the person gave the message up."""
        plan = self.run.plan
        at_submit = text == SUBMITS[self.kind]
        self.submits += at_submit
        self._turn += 1
        ripe = at_submit if plan.at_submit else self._turn > plan.step
        if ripe and self.kind == plan.victim and not self.run.killed:
            self.run.armed = True
        body = {"text": text, "sender_id": self.sender, "message_id": uuid.uuid4().hex}
        first, started, tries = datetime.now(UTC), time.monotonic(), 0
        while True:
            tries += 1
            answer = await self._deliver(body, first)
            if answer is not None:
                self.told.append(answer)
                if answer.status == 200:
                    return answer
            impatient = plan.patience is not Patience.AGAIN and not self.dropped
            if impatient and tries >= 2 and text not in ("查进度", "取消"):
                self._given_up = body, first
                return None
            if time.monotonic() - started > GIVE_UP_S:
                raise TimeoutError
            await asyncio.sleep(min(1.0 * tries, 6.0))

    async def _late(self) -> None:
        """A message that was given up is delivered once more, when the talk has gone on. Its answer is not heeded."""
        if self._given_up is None or self.run.plan.seed % 2:
            return
        body, first = self._given_up
        self._given_up = None
        if (answer := await self._deliver(body, first)) is not None:
            self.told.append(answer)

    async def _deliver(self, body: dict[str, Any], first: datetime) -> Told | None:
        asked_at = datetime.now(UTC)
        try:
            async with self.http.post(
                f"{self.world.url}/api/v1/turns", json=body, headers={"X-API-Key": self.world.stack.api_key}
            ) as response:
                data = await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None
        now = datetime.now(UTC)
        if response.status != 200:
            text = str((data.get("error") or {}).get("message", ""))
            return Told(body["text"], response.status, (text,), None, None, asked_at, now, first)
        replies = data["replies"]
        case_id = next((r["case_id"] for r in replies if r.get("case_id")), None)
        link = next((r["link"] for r in replies if r.get("link")), None)
        texts = tuple(r["text"] for r in replies)
        return Told(body["text"], 200, texts, case_id, link, asked_at, now, first)
