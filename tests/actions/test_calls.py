"""Records of calls on both databases, and over HTTP."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text, update

from actions.call_routes import CallRoutes
from actions.ledger.call_records import CALLS_KEPT, LOST_AFTER, WORDS_KEPT, CallRecord, CallRecords, Wanted
from actions.ledger.forgetting import forget
from actions.ledger.ledger import Ledger
from actions.ledger.models import CallRecordRow
from actions.ledger.reseal import Resealer
from actions.ledger.vault import Vault

pytestmark = pytest.mark.unit

BEGAN = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
CALL = CallRecord(
    id="0c3c9c4e-0000-4000-8000-000000000001",
    version=1,
    began=BEGAN,
    ended=None,
    outcome="open",
    protocol="websocket",
    called="4001234",
    region="510000",
    sender="hotline:abc",
    caller="13800138000",
    turns=({"by": "voice", "said": "我要交电费"},),
)


@pytest.fixture
def records(ledger: Ledger) -> CallRecords:
    return CallRecords(ledger)


def outcome(records: CallRecords, call_id: str = CALL.id) -> str:
    found = records.get(call_id)
    assert found is not None
    return found.outcome


def test_the_newest_record_counts(records: CallRecords) -> None:
    more = replace(CALL, version=3, turns=(*CALL.turns, {"by": "keys", "said": "1"}))
    assert records.put(CALL)
    assert records.put(more)
    assert not records.put(replace(CALL, version=2))
    assert not records.put(more), "the same again changes nothing"
    found = records.get(CALL.id)
    assert found is not None
    assert found == replace(more, turn_count=2)


def test_an_outcome_never_goes_back(records: CallRecords) -> None:
    assert records.put(CALL)
    assert records.put(replace(CALL, version=2, outcome="lost"))
    assert not records.put(replace(CALL, version=3)), "lost is not open again"
    assert records.put(replace(CALL, version=3, outcome="hung_up")), "its carrier knows better"
    assert not records.put(replace(CALL, version=4, outcome="lost"))
    assert not records.put(replace(CALL, version=4))
    assert outcome(records) == "hung_up"


def test_a_race_of_records_ends_at_the_newest(records: CallRecords) -> None:
    versions = [replace(CALL, version=n, outcome="hung_up" if n == 20 else "open") for n in range(1, 21)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(records.put, reversed(versions)))
    records.put(versions[-1])
    found = records.get(CALL.id)
    assert found is not None
    assert (found.version, found.outcome) == (20, "hung_up")


def test_nothing_personal_is_readable_in_the_table(records: CallRecords, ledger: Ledger) -> None:
    records.put(CALL)
    with ledger.read() as session:
        row = str(session.execute(text("SELECT * FROM call_records")).one())
    for secret in ("13800138000", "8000-", "电费", "hotline:abc"):
        assert secret not in row.replace(CALL.id, "")


def test_calls_are_found_by_time_outcome_tail_and_word(records: CallRecords) -> None:
    other = replace(
        CALL, id="b", caller="02887654321", began=BEGAN - timedelta(days=1), outcome="farewell", turns=(), version=1
    )
    nobody = replace(CALL, id="c", caller=None, began=BEGAN - timedelta(days=2))
    for record in (CALL, other, nobody):
        records.put(record)

    def found(**wanted: object) -> list[str]:
        return [record.id[-1] for record in records.find(Wanted(**wanted))]  # type: ignore[arg-type]

    assert found() == ["1", "b", "c"]
    assert found(limit=2) == ["1", "b"]
    assert found(since=BEGAN) == ["1"]
    assert found(until=BEGAN) == ["b", "c"]
    assert found(outcome="farewell") == ["b"]
    assert found(tail="8000") == ["1"]
    assert found(tail="4321") == ["b"]
    assert found(word="电费") == ["1", "c"]
    assert found(word="电费", limit=1) == ["1"]
    assert found(word="水费") == []
    records.put(replace(CALL, id="d", sender="hotline:xyz"))
    assert found(sender="hotline:xyz") == ["d"]


def test_a_call_whose_carrier_died_is_lost(records: CallRecords, ledger: Ledger) -> None:
    records.put(CALL)
    assert records.tidy() == 0
    assert records.tidy(datetime.now(UTC) + LOST_AFTER + timedelta(seconds=1)) == 1
    assert outcome(records) == "lost"


def test_words_and_numbers_go_after_a_week_calls_after_a_year(records: CallRecords, ledger: Ledger) -> None:
    records.put(replace(CALL, outcome="hung_up"))
    records.tidy(BEGAN + WORDS_KEPT + timedelta(seconds=1))
    found = records.get(CALL.id)
    assert found is not None
    assert (found.caller, found.sender, found.turns, found.turn_count) == (None, None, (), 1)
    assert records.find(Wanted(tail="8000")) == []
    with ledger.write() as session:
        session.execute(update(CallRecordRow).values(began=BEGAN - CALLS_KEPT))
    records.tidy()
    assert records.get(CALL.id) is None


def test_who_wants_to_be_forgotten_is_not_brought_back(records: CallRecords, ledger: Ledger) -> None:
    records.put(CALL)
    forget(ledger, "hotline:abc")
    assert records.put(replace(CALL, version=2, outcome="hung_up"))
    found = records.get(CALL.id)
    assert found is not None
    assert (found.outcome, found.caller, found.sender, found.turns) == ("hung_up", None, None, ())


def test_who_was_put_through_waits_for_nobody(records: CallRecords, ledger: Ledger) -> None:
    number = ledger.request_hand_off("hotline:abc", "要找人")
    other = ledger.request_hand_off("hotline:xyz", "要找人")
    records.put(CALL)
    assert {hand_off.id for hand_off in ledger.open_hand_offs()} == {number, other}
    records.put(replace(CALL, version=2, outcome="transferred"))
    assert [hand_off.id for hand_off in ledger.open_hand_offs()] == [other]


def test_a_new_key_seals_everything_anew(ledger: Ledger) -> None:
    CallRecords(ledger).put(CALL)
    both = Ledger(ledger.engine, Vault([b"n" * 32, b"k" * 32]))
    assert Resealer(both).run().resealed == 4
    new = CallRecords(Ledger(ledger.engine, Vault([b"n" * 32])))
    assert [record.caller for record in new.find(Wanted(tail="8000"))] == [CALL.caller]


async def test_over_http(records: CallRecords) -> None:
    app = web.Application()
    body = {
        "version": 1,
        "sender": "hotline:abc",
        "caller": "13800138000",
        "called": None,
        "protocol": "ivr",
        "region": None,
        "began": BEGAN.isoformat(),
        "ended": None,
        "outcome": "open",
        "turns": [{"by": "voice", "said": "我要交电费"}],
    }
    async with CallRoutes(records) as routes:
        app.add_routes(routes.routes())
        async with TestClient(TestServer(app)) as client:
            for kept in (True, False):
                async with client.put("/calls/a", json=body) as answer:
                    assert await answer.json() == {"kept": kept}
            for wrong in ({}, body | {"outcome": "x"}, body | {"began": "2026-11-27T10:00:00"}, body | {"version": 0}):
                async with client.put("/calls/b", json=wrong) as answer:
                    assert answer.status == 400
            async with client.put(f"/calls/{'x' * 37}", json=body) as answer:
                assert answer.status == 400
            async with client.get("/calls", params={"tail": "8000", "word": "电费"}) as answer:
                (found,) = (await answer.json())["calls"]
            assert found["tail"] == "8000"
            assert "13800138000" not in str(found)
            assert "turns" not in found
            async with client.get("/calls/a") as answer:
                assert (await answer.json())["turns"][0]["said"] == "我要交电费"
            for query in ({"tail": "80"}, {"limit": "0"}, {"since": "x"}, {"x": "1"}):
                async with client.get("/calls", params=query) as answer:
                    assert answer.status == 400
            async with client.get("/calls/unknown") as answer:
                assert answer.status == 404
    await asyncio.sleep(0)
