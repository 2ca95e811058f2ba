"""Random requests from a seed: nearly right ones with something wrong in them, and plain rubbish."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from actions.bank.client import CLIENT_ID
from actions.bank.signing import sign
from actions.dialogue.registry import ACTION_OF

SCALARS: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2**31,
        2**63,
        10**40,
        1.5,
        -0.0,
        1e308,
        "",
        " ",
        "0",
        "null",
        "💥",
        "\u0000",
        "\u202e",
    ),
    *(
        "五万",
        "确认",
        "对，提交",
        "查进度",
        "取消",
        "1",
        "第二个",
        "/affirm",
        '/inform{"field": "loan_amount"}',
        "A" * 5000,
    ),
    *(
        "'; DROP TABLE cases; --",
        "../../etc/passwd",
        "\ud800",
        "２０２３",
        "1234567890",
        "9" * 400,
        "http://127.0.0.1/",
    ),
)
PIECES = (
    "%00",
    "%ff",
    "%ed%a0%80",
    "1",
    "-1",
    "9" * 300,
    "%27",
    ";--",
    "%F0%9F%98%80",
    "null",
    "/",
    "..",
    "%0a",
    "?",
    "&",
)
BYTES = (
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"null",
    b"1e999",
    b"\x00",
    b"\xff",
    b":",
    b",",
    b"tracker",
    b'"\\ud800"',
    b"[" * 50,
)
ACTIONS = (*dict.fromkeys(ACTION_OF.values()), "validate_loan_form", "validate_bill_form")
TURN = {"text": "我想贷款", "sender_id": "fuzz", "region": "510000", "channel": "api", "message_id": "m1"}
APPLICATION = {
    "reference": "r1",
    "applicant": {"name": "王明", "phone": "13812345678", "village": "李家沟村"},
    "amount_fen": 5_000_000,
    "purpose": "买种子",
    "crop_or_livestock": "玉米",
    "area_mu": "12.5",
    "term_months": 12,
    "region": "510000",
    "consent": {"data_to_bank": True, "given_at": "2026-01-01T08:00:00+08:00"},
    "plot": {"type": "Polygon", "coordinates": [[[104.1, 30.6], [104.2, 30.6], [104.2, 30.7], [104.1, 30.6]]]},
}


@dataclass(frozen=True)
class Shot:
    """One request. ``door`` is ``actions`` or ``gateway``; ``path`` is sent as it is."""

    door: str
    method: str
    path: str
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Fuzz:
    """Shots from a seed.

    Args:
        seed: the same seed, the same shots.
        bank_key: signs some of the bank's call-backs, so that what follows the signature is reached.
        partner_key: an API key of a partner, likewise.
    """

    def __init__(self, seed: int, bank_key: bytes = b"", partner_key: str = "") -> None:
        self._dice = random.Random(seed)
        self._bank_key = bank_key
        self._partner_key = partner_key

    def actions(self, number: int) -> Iterator[Shot]:
        """At the action server (the shared secret is the caller's to add)."""
        kinds = (self._webhook, self._webhook, self._webhook, self._event, self._partner, self._path, self._rubbish)
        for _ in range(number):
            yield self._dice.choice(kinds)("actions")

    def gateway(self, number: int, turns: float = 0.3) -> Iterator[Shot]:
        """At the gateway's API; ``turns`` is the share of those that reach the dialogue if they are right."""
        kinds = (self._partner, self._path, self._rubbish)
        for _ in range(number):
            yield self._turn() if self._dice.random() < turns else self._dice.choice(kinds)("gateway")

    def _json(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=self._dice.random() < 0.5).encode("utf-8", "surrogatepass")

    def _junk(self, depth: int = 0) -> Any:
        draw = self._dice.random()
        if depth < 3 and draw < 0.1:
            return [self._junk(depth + 1) for _ in range(self._dice.randint(0, 4))]
        if depth < 3 and draw < 0.2:
            return {
                str(self._dice.choice(SCALARS))[:20]: self._junk(depth + 1) for _ in range(self._dice.randint(0, 4))
            }
        return self._dice.choice(SCALARS)

    def mutated(self, value: Any) -> Any:
        """A copy with one to three places changed, removed or added."""
        value = copy.deepcopy(value)
        for _ in range(self._dice.randint(0, 3)):
            node = value
            while isinstance(node, dict | list) and node:
                key: Any = self._dice.choice(list(node)) if isinstance(node, dict) else self._dice.randrange(len(node))
                child = node[key]
                if isinstance(child, dict | list) and child and self._dice.random() < 0.7:
                    node = child
                    continue
                if self._dice.random() < 0.25:
                    del node[key]
                else:
                    node[key] = self._junk()
                break
        return value

    def _webhook(self, door: str) -> Shot:
        text = self._dice.choice([s for s in SCALARS if isinstance(s, str)])
        form = self._dice.choice([None, "loan_form", "bill_form"])
        slots = {
            "requested_slot": self._dice.choice([None, "loan_amount", "bill_account", "loan_confirm", "bill_confirm"])
        }
        slots |= {"form_key": self._dice.choice([None, "k1"]), "loan_amount": self._junk(), "bill_found": self._junk()}
        message = {
            "text": text,
            "intent": {"name": self._dice.choice([*ACTION_OF, "apply_loan", "pay_bill"]), "confidence": 0.9},
            "entities": [{"entity": "amount", "value": 5_000_000, "start": 0, "end": 2}],
            "intent_ranking": [{"name": "apply_loan", "confidence": 0.9}],
            "metadata": {"region": "510000", "turn_id": "t1", "hypotheses": [{"text": text}]},
        }
        bot = {
            "event": "bot",
            "text": "对不对？",
            "data": {"buttons": [{"title": "对", "payload": "/affirm"}], "custom": {}},
        }
        call = {
            "next_action": self._dice.choice(ACTIONS),
            "sender_id": "api:fuzz",
            "tracker": {
                "sender_id": "api:fuzz",
                "slots": slots,
                "latest_message": message,
                "events": [{"event": "user", "text": "x"}, bot, {"event": "user", **message}],
                "paused": False,
                "followup_action": None,
                "active_loop": {"name": form} if form else {},
                "latest_action_name": "action_listen",
            },
            "domain": {"slots": {}},
        }
        return Shot(door, "POST", "/webhook", self._json(self.mutated(call)))

    def _event(self, door: str) -> Shot:
        body = self._json(self.mutated({"client_ref": self._dice.choice(["1234567890", "1570478727", ""])}))
        return Shot(
            door, "POST", "/bank/events", body, sign(self._bank_key, "POST", "/bank/events", body, client=CLIENT_ID)
        )

    def _partner(self, door: str) -> Shot:
        prefix = "/partners" if door == "actions" else "/api/v1"
        headers = {"X-API-Key": self._partner_key}
        if self._dice.random() < 0.9:
            headers["Idempotency-Key"] = f"i{self._dice.randrange(6)}"
        if self._dice.random() < 0.6:
            return Shot(door, "POST", f"{prefix}/applications", self._json(self.mutated(APPLICATION)), headers)
        tail = self._dice.choice(["", "?limit=", "/1234567890", "/1570478727/progress", "/"])
        return Shot(door, "GET", f"{prefix}/applications{tail}{self._piece()}", b"", headers)

    def _turn(self) -> Shot:
        turn = TURN | {"text": self._dice.choice(SCALARS), "sender_id": f"fuzz{self._dice.randrange(50)}"}
        turn["message_id"] = f"m{self._dice.randrange(10**6)}"
        return Shot(
            "gateway", "POST", "/api/v1/turns", self._json(self.mutated(turn)), {"Content-Type": "application/json"}
        )

    def _piece(self) -> str:
        return "".join(self._dice.choices(PIECES, k=self._dice.randint(0, 4)))

    def _path(self, door: str) -> Shot:
        paths = {
            "actions": ("/cases/", "/cases?sender=", "/cases?limit=", "/webhook?", "/readyz?", "/"),
            "gateway": ("/api/v1/cases/", "/api/v1/cases?sender=", "/api/v1/cases?limit=", "/audio/", "/api/v1/", "/"),
        }[door]
        method = self._dice.choice(["GET", "POST", "PUT", "DELETE", "HEAD"])
        return Shot(door, method, self._dice.choice(paths) + self._piece())

    def _rubbish(self, door: str) -> Shot:
        paths = {
            "actions": ("/webhook", "/bank/events", "/partners/applications"),
            "gateway": ("/api/v1/turns", "/api/v1/nlu/parse", "/api/v1/applications"),
        }[door]
        kind = self._dice.choice(
            ["application/json", "multipart/form-data; boundary=x", "multipart/form-data", "text/plain"]
        )
        body = b"".join(self._dice.choices(BYTES, k=self._dice.randint(0, 12)))
        headers = {"Content-Type": kind, "Idempotency-Key": "i", "X-API-Key": self._partner_key}
        return Shot(door, "POST", self._dice.choice(paths), body, headers)
