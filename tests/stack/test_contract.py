"""The contracts of the command line and of HTTP, on the running stack."""

from __future__ import annotations

import json
import os
import uuid

import pytest
import requests

from tests.running import Stack

pytestmark = pytest.mark.stack

TURN_KEYS = {"turn_id", "sender_id", "heard", "understood", "replies", "timings_ms"}


def test_ask_names_a_source(stack: Stack) -> None:
    done = stack.command("ask", "小麦条锈病怎么防治", "--json")
    assert done.returncode == 0, done.stderr
    turn = json.loads(done.stdout)
    assert set(turn) == TURN_KEYS
    assert turn["understood"]["intent"] == "ask_knowledge"
    source = turn["replies"][0]["sources"][0]
    assert source["id"]
    assert source["title"]


def test_health_metrics_and_description(stack: Stack) -> None:
    assert requests.get(f"{stack.url}/healthz", timeout=10).json() == {"status": "ok"}
    assert requests.get(f"{stack.url}/readyz", timeout=10).json()["ready"] is True
    assert "xiangyin_turns_total" in requests.get(f"{stack.url}/metrics", timeout=10).text
    described = requests.get(f"{stack.url}/api/v1/openapi.json", timeout=10).json()
    assert "/api/v1/turns" in described["paths"]


def test_api_needs_its_key(stack: Stack) -> None:
    for headers in ({}, {"X-API-Key": "wrong"}, {"X-API-Key": "错"}):
        encoded = {name: value.encode() for name, value in headers.items()}
        answer = requests.post(f"{stack.url}/api/v1/turns", json={"text": "你好"}, headers=encoded, timeout=10)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "unauthorised"


def test_the_same_message_id_gets_the_same_turn(stack: Stack) -> None:
    sender, message = uuid.uuid4().hex, uuid.uuid4().hex
    first = stack.ask("我想交电费", sender, message_id=message).json()
    again = stack.ask("我想交电费", sender, message_id=message).json()
    assert first == again


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 400),
        ({"text": "   "}, 400),
        ({"text": "贷" * 20_000}, 413),
        ({"text": 5}, 400),
        ({"text": "你好", "unknown": 1}, 400),
        ([1, 2], 400),
        ({}, 400),
    ],
)
def test_bad_text_is_refused_with_a_reason(stack: Stack, body: object, status: int) -> None:
    answer = requests.post(f"{stack.url}/api/v1/turns", json=body, headers={"X-API-Key": stack.api_key}, timeout=30)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "status"),
    [
        ("/api/v1/nlu/parse", ("玉米" * 10_000).join(['{"text": "', '"}']).encode(), {}, 413),
        ("/api/v1/nlu/parse", b'{"text": "\\ud800"}', {}, 400),
        ("/api/v1/turns", b"[" * 200_000, {}, 400),
        ("/api/v1/turns", b"\x1f\x8bnonsense", {"Content-Encoding": "gzip"}, 400),
        ("/api/v1/turns", b'{"text": "\xff\xfe"}', {}, 400),
        ("/api/v1/turns", b'{"text": "x", "region": "zz"}', {}, 400),
        ("/api/v1/turns", b"0" * 30_000_000, {}, 413),
    ],
    ids=["long parse", "half a character", "deep", "not gzip", "not UTF-8", "no region", "30 MB"],
)
def test_hostile_bodies_are_refused_with_a_reason(
    stack: Stack, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"X-API-Key": stack.api_key, "Content-Type": "application/json", **headers}
    answer = requests.post(stack.url + path, data=body, headers=sent, timeout=60)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["message"]


def test_wrong_usage_is_one_error_line(stack: Stack) -> None:
    for arguments in (("ask",), ("ask", "你好", "--nonsense"), ("kb", "search", "x", "--on", "2026-13-01")):
        done = stack.command(*arguments)
        assert done.returncode != 0
        assert done.stdout == ""
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_english_gets_a_truthful_answer(stack: Stack) -> None:
    answer = stack.ask("What is the weather like today?")
    assert answer.status_code == 200
    assert "中文" in answer.json()["replies"][0]["text"]


def test_nonsense_gets_a_way_to_a_person(stack: Stack) -> None:
    replies = stack.ask("阿巴阿巴呜里哇啦吧啦吧啦").json()["replies"]
    titles = [option["title"] for reply in replies for option in reply["options"]]
    text = "".join(reply["text"] for reply in replies)
    assert any(word in text + "".join(titles) for word in ("人工", "工作人员"))


def test_parse(stack: Stack, tmp_path: object) -> None:
    done = stack.command("nlu", "parse", "我想贷五万块种苞谷", "--json")
    assert done.returncode == 0, done.stderr
    parsed = json.loads(done.stdout)
    assert parsed["intent"] == "apply_loan"
    assert {e["entity"]: e["value"] for e in parsed["entities"]}["amount"] == 5_000_000


def test_unknown_case_is_one_error_line(stack: Stack) -> None:
    done = stack.command("cases", "show", "0000000000")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1


def test_doctor_finds_nothing(stack: Stack) -> None:
    done = stack.command("doctor")
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_gateway_could_listen_beyond_loopback(stack: Stack) -> None:
    import psutil

    assert stack.process is not None
    listening = [
        connection.laddr.ip
        for process in psutil.Process(stack.process.pid).children(recursive=True)
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) <= {"127.0.0.1", "::1"}


def test_logs_hold_no_personal_data(stack: Stack) -> None:
    sender = uuid.uuid4().hex
    stack.ask("我叫欧阳震华，电话13987654321，想贷五万块", sender)
    logs = "".join(path.read_text("utf-8", "replace") for path in (stack.state / "log").glob("*.log"))
    assert logs
    assert "13987654321" not in logs
    assert "欧阳震华" not in logs


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may always read modes of others")
def test_state_is_private(stack: Stack) -> None:
    private = [*stack.state.glob("*.sqlite"), *stack.state.glob("*.db"), stack.state / "secrets.env"]
    assert len(private) >= 3
    for path in private:
        assert path.stat().st_mode & 0o077 == 0, path
