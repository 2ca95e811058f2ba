"""Calls through the running assistant, as the line process and a platform carry them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from dotenv import dotenv_values
from rapidfuzz.distance import Levenshtein

from tests.running import Stack

pytestmark = pytest.mark.stack

MOBILE = "13900139001"


class Telephone:
    """The line process's side of the wire."""

    def __init__(self, stack: Stack, caller: str = MOBILE) -> None:
        self._caller = caller
        self._base = f"{stack.url}/internal/hotline"
        self._actions = f"http://127.0.0.1:{stack.ports['ACTIONS_PORT']}"
        secret = dotenv_values(stack.state / "secrets.env")["XIANGYIN_INTERNAL_SECRET"] or ""
        self._headers = {"X-Xiangyin-Secret": secret}

    def call(self) -> tuple[str, Any]:
        call_id = str(uuid.uuid4())
        body = {"call_id": call_id, "caller": self._caller, "called": "4001234", "protocol": "audiosocket"}
        return call_id, self._asked("POST", "/calls", json=body).json()

    def say(self, call_id: str, text: str, **more: Any) -> Any:
        body = {"message_id": uuid.uuid4().hex, "text": text, **more}
        return self._asked("POST", f"/calls/{call_id}/turns", json=body).json()

    def speak(self, text: str) -> bytes:
        """What is said, 8 kHz PCM."""
        content = self._asked("POST", "/speech", json={"text": text, "rate": 8000}).content
        sound = b""
        while content:
            length = int.from_bytes(content[:4], "big")
            sound, content = sound + content[4 : 4 + length], content[4 + length :]
        return sound

    def hear(self, call_id: str, sound: bytes) -> Any:
        def pieces() -> Iterator[bytes]:
            for start in range(0, len(sound), 3200):
                yield sound[start : start + 3200]

        return self._asked("POST", f"/calls/{call_id}/hear?rate=8000", data=pieces()).json()

    def keep(self, call_id: str, record: dict[str, Any]) -> None:
        self._asked("PUT", f"/calls/{call_id}", json=record)

    def kept(self, call_id: str) -> Any:
        """The record in the ledger, as soon as it is there."""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer = requests.get(f"{self._actions}/calls/{call_id}", headers=self._headers, timeout=10)
            if answer.status_code == 200:
                return answer.json()
            time.sleep(0.1)
        raise AssertionError("the record did not reach the ledger")

    def _asked(self, method: str, path: str, **body: Any) -> requests.Response:
        answer = requests.request(method, self._base + path, headers=self._headers, timeout=120, **body)
        answer.raise_for_status()
        return answer


def test_a_form_begun_in_one_call_is_handed_in_in_the_next(stack: Stack) -> None:
    telephone = Telephone(stack)
    first, welcome = telephone.call()
    assert welcome["ask_region"]
    assert welcome["replies"][0]["must_hear"]
    assert "四川" in telephone.say(first, "028", region=True)["replies"][0]["say"]
    telephone.say(first, "1")
    telephone.say(first, "我想贷五万块钱买牛")
    telephone.say(first, "2")
    telephone.say(first, "我叫王小明")
    assert telephone.say(first, "13812345678")["asks"] == "applicant_village"
    said = [{"by": "voice", "said": "我想贷五万块钱买牛"}, {"by": "voice", "said": "我叫王小明"}]
    began, ended = "2026-11-28T00:00:00+00:00", "2026-11-28T00:03:00+00:00"
    record = {"call_id": first, "began": began, "ended": ended, "outcome": "hung_up", "turns": said}
    telephone.keep(first, record)
    kept = telephone.kept(first)
    assert (kept["tail"], kept["outcome"], kept["region"]) == (MOBILE[-4:], "hung_up", "510000")
    assert [turn["said"] for turn in kept["turns"]] == ["我想贷五万块钱买牛", "（不记）"]

    second, welcome = telephone.call()
    assert "填到一半" in welcome["replies"][0]["say"]
    changing = telephone.say(second, "上一步")
    assert [option["title"] for option in changing["replies"][-1]["options"]][:2] == ["金额", "用途"]
    assert telephone.say(second, "2")["asks"] == "loan_purpose"
    telephone.say(second, "买羊")
    consent = telephone.say(second, "赵家村")
    assert consent["replies"][-1]["must_hear"]
    telephone.say(second, "1")
    read = telephone.say(second, "1")
    assert read["expects"] == "yes_no"
    assert "电话尾号五六七八" in read["replies"][-1]["say"]
    assert "再说一遍，金额是50,000元。" in read["replies"][-1]["say"]
    done = telephone.say(second, "1")
    assert "编号我再念一遍" in done["replies"][0]["say"]
    assert telephone.say(second, "再见")["farewell"]


def test_what_it_says_on_the_telephone_it_hears_again(stack: Stack) -> None:
    telephone = Telephone(stack)
    call, _ = telephone.call()
    heard = telephone.hear(call, telephone.speak("我想申请五万块钱的种植贷款。"))
    assert Levenshtein.distance(heard["text"], "我想申请五万块钱的种植贷款") <= 2


def test_a_platform_carries_a_call(stack: Stack) -> None:
    headers, call_id = {"X-API-Key": stack.api_key}, uuid.uuid4().hex

    def turn(**body: str) -> Any:
        url = f"{stack.url}/api/v1/ivr/turns"
        return requests.post(url, json={"call_id": call_id, **body}, headers=headers, timeout=60).json()

    assert turn(caller="01065432100")["say"].startswith("您好")
    asked = turn(text="我要交电费")
    assert (asked["expects"], asked["asks"]) == ("digits", "bill_account")
    found = turn(keys="12345678")
    assert "尾号五六七八" in found["say"]
    assert found["options"][0]["title"] == "对，交费"
