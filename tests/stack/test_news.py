"""The bank changes a case, and the person is told where they are: once, without having asked."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from tests.running import Stack
from tests.stack.test_hotline import Telephone

pytestmark = pytest.mark.stack


def until(found: Callable[[], Any], within_s: float = 30.0) -> Any:
    """What ``found`` gives as soon as it gives something."""
    deadline = time.monotonic() + within_s
    while not (something := found()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
    return something


def all_told(stack: Stack, case_id: str) -> bool:
    """Nothing is owed of the case any more."""
    with sqlite3.connect(stack.state / "ledger.sqlite", timeout=30) as ledger:
        query = "SELECT count(*) FROM case_news WHERE case_id = ? AND state = 'pending'"
        owed: int = ledger.execute(query, (case_id,)).fetchone()[0]
    ledger.close()
    return owed == 0


def pay(stack: Stack, case_id: str) -> None:
    """The person presses the button on the bank's page, and the bank says so."""
    page = stack.get(f"/api/v1/cases/{case_id}").json()["details"]["confirm_url"]
    assert "缴费成功" in requests.post(page, timeout=30).text
    until(lambda: stack.get(f"/api/v1/cases/{case_id}").json()["state"] == "completed")


def test_who_paid_on_the_banks_page_is_told_in_the_chat_once(stack: Stack) -> None:
    visitor = requests.Session()
    assert visitor.get(stack.url, timeout=30).ok

    def say(text: str) -> list[dict[str, Any]]:
        answer = visitor.post(f"{stack.url}/chat/turns", json={"text": text}, timeout=120)
        replies: list[dict[str, Any]] = answer.json()["replies"]
        return replies

    def letters() -> list[dict[str, Any]]:
        answer = visitor.get(f"{stack.url}/chat/messages", timeout=30)
        return [letter["reply"] for letter in answer.json()["messages"]]

    say("我要交水费")
    assert "要交" in "".join(reply["text"] for reply in say("30010002"))
    case_id = next(reply["case_id"] for reply in say("对，交费") if reply["case_id"])
    until(lambda: all_told(stack, case_id))
    assert letters() == [], "the answer told it"
    pay(stack, case_id)
    (told,) = until(letters)
    assert told["text"].startswith("您办的事有消息了。")
    assert f"编号{case_id}。现在：已办成。" in told["text"]
    assert (told["kind"], told["case_id"]) == ("news", case_id)
    assert visitor.get(stack.url + told["audio"], timeout=120).ok
    until(lambda: all_told(stack, case_id))
    assert f"编号{case_id}。现在：已办成。" in say("查进度")[0]["text"]
    assert len(letters()) == 1


def test_a_caller_hears_at_the_next_call_what_became_of_it(stack: Stack) -> None:
    telephone = Telephone(stack, "02887654321")
    call, _ = telephone.call()
    telephone.say(call, "028", region=True)
    telephone.say(call, "1")
    telephone.say(call, "我要交有线电视费")
    telephone.say(call, "50010002")
    done = telephone.say(call, "1")
    cases = until(lambda: stack.get("/api/v1/cases?limit=1").json()["cases"])
    case_id = cases[0]["id"]
    assert case_id in str(done) or "编号我再念一遍" in str(done), done
    pay(stack, case_id)
    until(lambda: all_told(stack, case_id))
    _, welcome = telephone.call()
    heard = [reply["say"] for reply in welcome["replies"]]
    assert heard[0] == "有您的消息。"
    assert len(heard) == 2
    assert "现在：已办成。" in heard[1]
    assert case_id not in heard[1], "numbers are said digit by digit"
