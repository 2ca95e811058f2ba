"""The recogniser is told what was asked, and by whom the answer is heard."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.database import open_engine
from bot.errors import TurnError
from bot.hints import hints_for
from bot.options import OfferedOption
from bot.people.front import Front
from bot.people.privacy import Privacy
from bot.rasa import RasaClient
from bot.store import GatewayStore, Question
from bot.turn import Inbound, TurnService
from tests.bot.dialogue import NoCases
from voice.errors import Code, VoiceError
from voice.service import Expects, Hints, Transcript

pytestmark = pytest.mark.unit

OPTIONS = (OfferedOption("1", "种植贷款", "/a"), OfferedOption("2", "养殖贷款", "/b"))


@pytest.mark.parametrize(
    ("question", "expects"),
    [
        (Question(), Expects.ANYTHING),
        (Question(OPTIONS), Expects.MENU),
        (Question(OPTIONS, "loan_confirm"), Expects.YES_NO),
        (Question((), "applicant_phone"), Expects.DIGITS),
        (Question((), "applicant_name"), Expects.ANYTHING),
    ],
)
def test_each_question_has_its_kind_of_answer(question: Question, expects: Expects) -> None:
    hints = hints_for(question, "440605", "hotline")
    assert (hints.expects, hints.region, hints.channel) == (expects, "440605", "hotline")
    assert hints.terms[: len(question.options)] == tuple(option.title for option in question.options)


def test_no_value_is_ever_suggested() -> None:
    for slot in ("loan_amount", "loan_term", "loan_area", "applicant_phone", "bill_account"):
        assert not any(
            char in "三四五六七八九十百" for term in hints_for(Question((), slot), "", "").terms for char in term
        )


class Ear:
    """Remembers its hints; hears the same words always, or is busy."""

    def __init__(self) -> None:
        self.hints: list[Hints] = []
        self.busy = False

    async def hear(self, data: bytes, hints: Hints = Hints()) -> Transcript:  # noqa: B008
        self.hints.append(hints)
        if self.busy:
            raise VoiceError(Code.BUSY)
        return Transcript("五万", "五万", 0.9, (), "whisper", 1.0, 10)


async def _turn(request: web.Request) -> web.Response:
    body: dict[str, Any] = await request.json()
    understood = {"text": body["text"], "intent": "apply_loan", "confidence": 1.0, "entities": []}
    messages = [
        {"text": "贷多少？", "buttons": [], "custom": {"asks": "loan_amount"}},
        {"text": "要哪种？", "buttons": [{"title": "种植贷款", "payload": "/a"}], "custom": {"asks": "loan_purpose"}},
    ]
    return web.json_response({"understood": understood, "messages": messages})


async def test_what_the_bot_asked_reaches_the_recogniser_and_full_is_said(tmp_path: Path) -> None:
    app = web.Application()
    app.add_routes([web.post("/webhooks/gateway/turn", _turn)])
    store = GatewayStore(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    ear = Ear()
    said = Inbound(channel="web", sender_id="wang", audio=b"sound", region="510100")
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        turns = TurnService(rasa, ear, store, Front(), max_text_chars=50, default_region="national")
        await turns.run(said)
        await turns.run(said)
        ear.busy = True
        with pytest.raises(TurnError) as refused:
            await turns.run(said)
    await asyncio.to_thread(store.close)
    assert ear.hints[0] == Hints(region="510100", channel="web", dialect="西南官话")
    assert ear.hints[1].terms[0] == "种植贷款"
    assert "买化肥" in ear.hints[1].terms
    assert ear.hints[1].expects is Expects.MENU
    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert "等一会儿" in refused.value.message


async def test_what_a_newcomer_was_asked_is_known_though_the_notice_came_after_it(tmp_path: Path) -> None:
    app = web.Application()
    app.add_routes([web.post("/webhooks/gateway/turn", _turn)])
    store = GatewayStore(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    ear = Ear()
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        front = Front(privacy=Privacy(store, rasa, NoCases(), frozenset({"web"})))
        turns = TurnService(rasa, ear, store, front, max_text_chars=50, default_region="national")
        first = await turns.run(Inbound(channel="web", sender_id="wang", text="我要贷款"))
        assert len(first.replies) == 3, "the notice is the last of it"
        await turns.run(Inbound(channel="web", sender_id="wang", audio=b"sound"))
    question = await asyncio.to_thread(store.question_of, "web:wang")
    await asyncio.to_thread(store.close)
    assert "买化肥" in ear.hints[0].terms
    assert question.asks == "loan_purpose"
