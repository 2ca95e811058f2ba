"""A gateway's hotline on real parts, with doubles of the dialogue and the action server that speak HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Engine

from bot.cases import CasesClient
from bot.channels.hotline.desk.ami import AmiConfig
from bot.channels.hotline.desk.beside import Beside
from bot.channels.hotline.desk.calls import CallBook
from bot.channels.hotline.desk.channel import HotlineChannel
from bot.channels.hotline.desk.ivr import IvrRoutes
from bot.channels.hotline.desk.keeping import Records
from bot.channels.hotline.desk.outcalls import Errands, OutCalls
from bot.channels.hotline.desk.signs import SignsOfLife
from bot.channels.hotline.desk.sms import Sms
from bot.channels.hotline.desk.welcome import Welcoming
from bot.channels.hotline.wire import Part
from bot.channels.http import errors_as_json
from bot.database import open_engine
from bot.mailbox import Mailbox
from bot.people.book import TalkBook
from bot.people.front import Front
from bot.people.handoff import HandOffDesk
from bot.people.hours import CHINA, Hours
from bot.people.privacy import Privacy
from bot.preferences import Preferences
from bot.rasa import RasaClient
from bot.store import GatewayStore
from bot.turn import TurnService
from tests.bot.dialogue import HEARD, SECRET, Dialogue
from voice.errors import Code, VoiceError
from voice.service import NO_HINTS, Hints, Transcript

API_KEY = "test-key"
MOBILE, LANDLINE = "13800138000", "02887654321"
NOON = datetime.now(CHINA).replace(hour=12, minute=0) + timedelta(days=1)
"""An hour at which people may be called."""
ALWAYS = Hours.parse("1-7 00:00-23:59")


class Script(Dialogue):
    """A dialogue that says what the test wants: ``answers`` by what it is told, else an echo."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, tuple[str, list[dict[str, Any]]]] = {}

    def says(self, heard: str, *messages: dict[str, Any], intent: str = "inform") -> None:
        """Answer ``heard`` (a text or payload) with ``messages``."""
        self.answers[heard] = (intent, list(messages))

    async def turn(self, request: web.Request) -> web.Response:
        body = await request.json()
        known = self.answers.get(body["payload"] or body["text"])
        if known is None:
            return await super().turn(request)
        self.received.append(body)
        understood = {"text": body["text"], "intent": known[0], "confidence": 1.0, "entities": []}
        return web.json_response({"understood": understood, "messages": known[1]})


class Echo(Dialogue):
    """What it writes is what it says."""

    async def turn(self, request: web.Request) -> web.Response:
        answer = await super().turn(request)
        if answer.status != 200 or answer.text is None:
            return answer
        told = json.loads(answer.text)
        for message in told["messages"]:
            message["custom"] = None
        return web.json_response(told)


class TelephoneEar:
    """Counts the sound and hears the same words in all of it; speaks a fifth of a second of silence a sentence."""

    def __init__(self) -> None:
        self.hints: list[Hints] = []

    async def hear_pcm(self, pieces: AsyncIterator[bytes], rate: int, hints: Hints = NO_HINTS) -> Transcript:
        sound = b"".join([piece async for piece in pieces])
        self.hints.append(hints)
        if not any(sound):
            raise VoiceError(Code.EMPTY if not sound else Code.HEARD_NOTHING)
        return Transcript(HEARD, HEARD, 0.9, (), "test", len(sound) / 2 / rate, 1)

    async def speak_pcm(self, text: str, rate: int) -> AsyncIterator[bytes]:
        if not text.strip():
            raise VoiceError(Code.NOTHING_TO_SAY)
        for sentence in text.rstrip("。").split("。"):
            yield bytes(len(sentence) * rate // 50 * 2)


@dataclass
class Actions:
    """The action server's side: cases, forgetting, and records of calls as they were brought."""

    cases: list[dict[str, Any]] = field(default_factory=list)
    records: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    status: int = 200

    def application(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/cases", self._cases),
                web.get("/calls", self._calls),
                web.post("/senders/forget", self._forget),
                web.put("/calls/{id}", self._record),
            ]
        )
        return app

    async def _cases(self, _request: web.Request) -> web.Response:
        return web.json_response({"cases": self.cases})

    async def _calls(self, request: web.Request) -> web.Response:
        calls = [{"id": call_id, "outcome": record["outcome"]} for call_id, record in self.records]
        return web.json_response({"calls": calls if request.query["sender"] else []})

    async def _forget(self, request: web.Request) -> web.Response:
        self.forgotten.append((await request.json())["sender"])
        return web.json_response({"forgotten": True})

    async def _record(self, request: web.Request) -> web.Response:
        assert request.headers["X-Xiangyin-Secret"] == SECRET
        if self.status == 200:
            self.records.append((request.match_info["id"], await request.json()))
        return web.json_response({}, status=self.status)


class _AsDeployed(TestServer):
    """A handler goes on when its client is gone, as in the gateway."""

    async def _make_runner(self, **kwargs: Any) -> web.AppRunner:
        return web.AppRunner(self.app, **{**kwargs, "handler_cancellation": False})


@dataclass
class Desk:
    """What a test has in hand."""

    client: TestClient[Any, Any]
    channel: HotlineChannel
    dialogue: Dialogue
    ear: TelephoneEar
    store: GatewayStore
    engine: Engine
    talks: TalkBook
    mailbox: Mailbox
    records: Records
    actions: Actions
    calls: CallBook
    errands: Errands
    sms: Sms | None

    async def post(self, path: str, body: Any, status: int = 200) -> Any:
        async with self.client.post(f"/internal/hotline/{path}", json=body) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.content_length else {}

    async def call(self, caller: str | None = MOBILE, *, call_id: str | None = None, purpose: str | None = None) -> Any:
        """A call begins: its id and the welcome."""
        call_id = call_id or str(uuid4())
        body = {"call_id": call_id, "caller": caller, "called": "4001234", "protocol": "websocket", "purpose": purpose}
        return call_id, await self.post("calls", body)

    async def say(self, call_id: str, text: str, **more: Any) -> Any:
        body = {"message_id": uuid4().hex, "text": text, **more}
        return await self.post(f"calls/{call_id}/turns", body)

    async def speak(self, call_id: str, text: str) -> Any:
        heard = {"text": text, "raw": text, "confidence": 0.9, "alternatives": [], "engine": "test", "seconds": 1.0}
        return await self.post(f"calls/{call_id}/turns", {"message_id": uuid4().hex, "heard": heard})


@asynccontextmanager
async def desk(
    folder: Path, dialogue: Dialogue, hours: Hours = ALWAYS, *, sms_url: str | None = None, ami: AmiConfig | None = None
) -> AsyncIterator[Desk]:
    """The hotline of a gateway whose memory lies in ``folder``; with a message service, with calls that are made."""
    engine = open_engine(f"sqlite:///{folder / 'gateway.sqlite'}")
    store, talks, mailbox, calls = GatewayStore(engine), TalkBook(engine), Mailbox(engine), CallBook(engine, "session")
    ear, actions = TelephoneEar(), Actions()
    async with (
        TestServer(dialogue.application()) as rasa_server,
        TestServer(actions.application()) as actions_server,
        aiohttp.ClientSession() as session,
    ):
        rasa = RasaClient(session, f"http://127.0.0.1:{rasa_server.port}", SECRET, 5)
        actions_url = f"http://127.0.0.1:{actions_server.port}"
        sms = Sms(engine, session, sms_url, "sms-key", "session") if sms_url else None
        errands = Errands(engine, "session")
        outcalls = OutCalls(errands, ami, lambda: NOON) if ami else None
        cases = CasesClient(session, actions_url, SECRET)
        front = Front(
            Privacy(store, rasa, cases, frozenset({"hotline"})),
            HandOffDesk(talks, hours),
            telephone=Beside(
                store,
                talks,
                hours,
                calls.number_of,
                sms=sms,
                errands=errands if ami else None,
                public_url="https://village.example",
            ),
        )
        turns = TurnService(rasa, None, store, front, max_text_chars=50, default_region="national")
        records = Records(engine, session, actions_url, SECRET)
        channel = HotlineChannel(
            turns,
            ear,
            store,
            calls,
            Welcoming(store, cases, mailbox),
            records,
            Preferences(engine),
            mailbox,
            SignsOfLife({Part.DIALOGUE: rasa.alive}),
            secret=SECRET,
            session_secret="session",
            sms=sms,
            errands=errands,
            outcalls=outcalls,
        )
        app = web.Application(middlewares=[errors_as_json])
        app.add_routes([*channel.routes(), *IvrRoutes(channel, calls, records, API_KEY).routes()])
        async with TestClient(_AsDeployed(app), headers={"X-Xiangyin-Secret": SECRET}) as client:
            await channel.start()
            yield Desk(
                client, channel, dialogue, ear, store, engine, talks, mailbox, records, actions, calls, errands, sms
            )
            await channel.stop()
    store.close()
