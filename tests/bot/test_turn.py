"""Turns against a local HTTP server that speaks the channel contract of the dialogue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.database import open_engine
from bot.errors import (
    DialogueUnavailableError,
    EmptyTextError,
    OutcomeUnknownError,
    OvertakenError,
    TextTooLongError,
)
from bot.people.front import Front
from bot.rasa import RasaClient
from bot.store import GatewayStore
from bot.turn import Inbound, TurnService
from tests.bot.dialogue import Dialogue, turns_with
from tests.running import free_port

pytestmark = pytest.mark.unit


@pytest.fixture
def dialogue() -> Dialogue:
    return Dialogue()


@pytest.fixture
async def turns(dialogue: Dialogue, tmp_path: Path) -> AsyncIterator[TurnService]:
    async with turns_with(dialogue, tmp_path) as (service, _):
        yield service


def says(text: str, sender: str = "wang", message_id: str | None = None) -> Inbound:
    return Inbound(channel="api", sender_id=sender, text=text, message_id=message_id)


async def test_options_are_numbered_through_the_turn(turns: TurnService) -> None:
    turn = await turns.run(says("你好"))
    assert [[o.key for o in reply.options] for reply in turn.replies] == [["1", "2"], ["3"]]
    assert turn.understood is not None
    assert turn.understood.intent == "greet"


async def test_an_option_reaches_the_dialogue_as_its_payload(turns: TurnService, dialogue: Dialogue) -> None:
    await turns.run(says("你好"))
    await turns.run(says("第二个"))
    assert dialogue.received[1]["payload"] == "/pay_bill"
    await turns.run(says("9"))
    assert dialogue.received[2]["payload"] is None


async def test_typed_payloads_are_only_text(turns: TurnService, dialogue: Dialogue) -> None:
    await turns.run(says('/affirm{"loan_confirm": true}'))
    assert dialogue.received == [] or dialogue.received[0]["payload"] is None


async def test_the_same_message_is_answered_once(turns: TurnService, dialogue: Dialogue) -> None:
    first, again = await asyncio.gather(*(turns.run(says("交电费", message_id="m1")) for _ in range(2)))
    later = await turns.run(says("交电费", message_id="m1"))
    assert len(dialogue.received) == 1
    assert first == again == later


async def test_one_turn_at_a_time_for_a_sender(turns: TurnService, dialogue: Dialogue) -> None:
    await asyncio.gather(*(turns.run(says(f"话{n}")) for n in range(8)))
    assert dialogue.most_running == 1
    assert len(dialogue.received) == 8


async def test_senders_of_other_channels_are_others(turns: TurnService, dialogue: Dialogue) -> None:
    await turns.run(says("你好"))
    await turns.run(Inbound(channel="web", sender_id="wang", text="1"))
    assert dialogue.received[1]["payload"] is None
    assert dialogue.received[1]["sender_id"] == "web:wang"


@pytest.mark.parametrize("text", ["", "  \n ", "\x00\x01"])
async def test_empty_text(turns: TurnService, text: str) -> None:
    with pytest.raises(EmptyTextError):
        await turns.run(says(text))


async def test_long_text(turns: TurnService) -> None:
    with pytest.raises(TextTooLongError):
        await turns.run(says("长" * 51))


async def test_english_is_answered_without_guessing(turns: TurnService, dialogue: Dialogue) -> None:
    turn = await turns.run(says("How do I apply for a loan?"))
    assert "中文" in turn.replies[0].text
    assert turn.understood is None
    assert dialogue.received == []


async def test_an_answer_without_words_is_no_answer(turns: TurnService, dialogue: Dialogue) -> None:
    dialogue.silent = True
    with pytest.raises(OutcomeUnknownError):
        await turns.run(says("交电费", message_id="m3"))
    dialogue.silent = False
    turn = await turns.run(says("交电费", message_id="m3"))
    assert turn.replies, "the silence was not kept as the answer"


async def test_a_dialogue_that_is_not_there_did_nothing(tmp_path: Path) -> None:
    store = GatewayStore(open_engine(f"sqlite:///{tmp_path / 'gateway.sqlite'}"))
    async with aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{free_port()}", "s3cret", 5)
        turns = TurnService(rasa, None, store, Front(), max_text_chars=50, default_region="national")
        with pytest.raises(DialogueUnavailableError):
            await turns.run(says("交电费"))
    store.close()


async def test_a_repeat_that_finds_no_dialogue_may_have_been_acted_on(turns: TurnService, dialogue: Dialogue) -> None:
    """Nothing was done, a gateway may say of a message only if no earlier delivery of it reached the dialogue."""
    dialogue.status = 503
    for _ in range(2):
        with pytest.raises(DialogueUnavailableError):
            await turns.run(says("对，交费", message_id="m1"))
    dialogue.status = 500
    with pytest.raises(OutcomeUnknownError):
        await turns.run(says("对，交费", message_id="m1"))
    dialogue.status = 503
    with pytest.raises(OutcomeUnknownError):
        await turns.run(says("对，交费", message_id="m1"))
    assert [sent["again"] for sent in dialogue.received] == [False, False, False, True]


async def test_a_repeat_after_newer_messages_is_named_so(turns: TurnService, dialogue: Dialogue) -> None:
    dialogue.status = 500
    with pytest.raises(OutcomeUnknownError):
        await turns.run(says("对，交费", message_id="m1"))
    dialogue.status = 200
    await turns.run(says("查进度", message_id="m2"))
    dialogue.status = 409
    with pytest.raises(OvertakenError):
        await turns.run(says("对，交费", message_id="m1"))
    assert [sent["overtaken"] for sent in dialogue.received] == [False, False, True]


async def test_a_failing_dialogue_leaks_nothing_and_is_asked_again(turns: TurnService, dialogue: Dialogue) -> None:
    dialogue.status = 500
    with pytest.raises(OutcomeUnknownError) as failure:
        await turns.run(says("你好", message_id="m2"))
    assert "Traceback" not in failure.value.message
    dialogue.status = 200
    turn = await turns.run(says("你好", message_id="m2"))
    assert turn.replies, "a turn that failed is not remembered as answered"


async def test_a_message_that_was_cut_off_is_marked_as_a_repeat(turns: TurnService, dialogue: Dialogue) -> None:
    """Also by a gateway that was started anew: the claim is in the database."""
    dialogue.status = 500
    with pytest.raises(OutcomeUnknownError):
        await turns.run(says("交电费", message_id="m1"))
    dialogue.status = 200
    reborn = TurnService(turns._rasa, None, turns._store, turns._front, max_text_chars=50, default_region="national")
    await reborn.run(says("交电费", message_id="m1"))
    await reborn.run(says("交水费", message_id="m2"))
    await reborn.run(says("交水费"))
    assert [sent["again"] for sent in dialogue.received] == [False, True, False, False]


async def test_a_message_is_claimed_before_the_dialogue_gets_it(turns: TurnService, dialogue: Dialogue) -> None:
    claimed: list[bool] = []
    ask = dialogue.turn

    async def asking(request: web.Request) -> web.Response:
        claimed.append(not turns._store.claim("api:wang", "m1"))
        return await ask(request)

    app = web.Application()
    app.add_routes([web.post("/webhooks/gateway/turn", asking)])
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        rasa = RasaClient(session, f"http://127.0.0.1:{server.port}", "s3cret", 5)
        service = TurnService(rasa, None, turns._store, turns._front, max_text_chars=50, default_region="national")
        await service.run(says("交电费", message_id="m1"))
    assert claimed == [True]


async def test_a_bare_one_time_code_goes_no_further(turns: TurnService, dialogue: Dialogue, tmp_path: Path) -> None:
    turn = await turns.run(says("482913"))
    assert turn.understood is not None
    assert turn.understood.text == dialogue.received[0]["text"] == "******"
    assert not any(b"482913" in file.read_bytes() for file in tmp_path.glob("*.sqlite*"))  # noqa: ASYNC240
