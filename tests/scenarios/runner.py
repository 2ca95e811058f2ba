"""Plays a conversation written as YAML against the running stack.

A scenario is a mapping with ``name``, optional ``region``, and ``steps``. A step says something with ``user``, chooses
``option: "1"``, is a voice message as the recogniser heard it (``heard: [[text, confidence], ...]``, the likeliest
first), or lets the session end (``session: ends``, as after a night). A step may ``expect``:

    intent        the intent understood
    contains      texts that must stand in the replies together
    absent        texts that must not
    any           at least one of these texts must
    options       titles of the options offered (each a part of an offered title, in order)
    offers        titles that must be among the options (each a part of one)
    slots         slots of the dialogue after the turn
    case          true: a case number was given, and the ledger knows it
    sources       true: at least one source is named
    kind          kind of one of the replies
    within_ms     bound on the turn's time

A scenario with a ``heard`` step speaks to the dialogue directly, for the gateway would have to hear a recording.
Options are numbered there as the gateway numbers them.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import requests
import yaml
from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict

from bot.options import OfferedOption, choose
from tests.running import Stack, send

_SESSION_ENDS = (
    {"event": "action", "name": "action_session_start"},
    {"event": "session_started"},
    {"event": "action", "name": "action_listen"},
)
"""What Rasa logs when a session has expired."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Expect(Strict):
    intent: str | None = None
    contains: list[str] = []
    absent: list[str] = []
    any: list[str] = []
    options: list[str] | None = None
    offers: list[str] = []
    slots: dict[str, Any] = {}
    case: bool = False
    sources: bool = False
    kind: str | None = None
    within_ms: int | None = None


class Step(Strict):
    user: str | None = None
    option: str | None = None
    heard: list[tuple[str, float]] = []
    session: Literal["ends"] | None = None
    expect: Expect = Expect()


class Scenario(Strict):
    name: str
    region: str | None = None
    steps: list[Step]


def load(path: Path) -> list[Scenario]:
    """All scenarios of a file: one mapping, or a list of them."""
    content = yaml.safe_load(path.read_text("utf-8"))
    return [Scenario.model_validate(item) for item in (content if isinstance(content, list) else [content])]


def play(scenario: Scenario, stack: Stack) -> None:
    """Run all steps; raises AssertionError with the conversation so far at the first that does not hold."""
    direct = any(step.heard for step in scenario.steps)
    talk: _OverGateway | _WithDialogue = (_WithDialogue if direct else _OverGateway)(stack, scenario.region)
    told: list[str] = []
    for step in scenario.steps:
        if step.session:
            talk.end_session()
            told.append("  -- the session ends --")
            continue
        said = step.heard[0][0] if step.heard else str(step.option if step.user is None else step.user)
        told.append(f"  user: {said}")
        try:
            turn = talk.say(step, said)
        except (AssertionError, requests.RequestException) as error:
            raise AssertionError("\n".join([scenario.name, *told, str(error)])) from error
        told += [f"  bot:  {reply['text']}" for reply in turn["replies"]]
        told += [f"        [{o['key']}] {o['title']}" for reply in turn["replies"] for o in reply["options"]]
        failures = list(_failures(step.expect, turn, stack, talk.sender))
        assert not failures, "\n".join([f"{scenario.name}: {'; '.join(failures)}", *told])


@dataclass
class _OverGateway:
    """A user whose messages take the whole way."""

    stack: Stack
    region: str | None
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)

    def say(self, step: Step, said: str) -> dict[str, Any]:
        fields = {"region": self.region} if self.region else {}
        answer = self.stack.ask(said, self.sender, **fields)
        assert answer.status_code == 200, answer.text
        turn: dict[str, Any] = answer.json()
        return turn

    def end_session(self) -> None:
        url = f"http://127.0.0.1:{self.stack.ports['RASA_PORT']}/conversations/api:{self.sender}/tracker/events"
        send("POST", url, json=list(_SESSION_ENDS), timeout=60).raise_for_status()


@dataclass
class _WithDialogue(_OverGateway):
    """A user whose voice messages were heard already: what the gateway would send to the dialogue."""

    offered: tuple[OfferedOption, ...] = ()

    def say(self, step: Step, said: str) -> dict[str, Any]:
        chosen = choose(said, self.offered)
        body = {
            "sender_id": f"api:{self.sender}",
            "message_id": uuid.uuid4().hex,
            "text": said,
            "payload": chosen.payload if chosen else None,
            "hypotheses": [{"text": text, "confidence": confidence} for text, confidence in step.heard],
            "metadata": {"region": self.region or "national", "channel": "api", "voice": bool(step.heard)},
        }
        secret = dotenv_values(self.stack.state / "secrets.env", interpolate=False)["XIANGYIN_INTERNAL_SECRET"] or ""
        started = time.monotonic()
        answer = send(
            "POST",
            f"http://127.0.0.1:{self.stack.ports['RASA_PORT']}/webhooks/gateway/turn",
            json=body,
            headers={"X-Xiangyin-Secret": secret},
            timeout=120,
        )
        assert answer.status_code == 200, answer.text
        given = answer.json()
        self.offered, replies = (), []
        for message in given["messages"]:
            custom = message["custom"] or {}
            first = len(self.offered) + 1
            options = [{"key": str(n), "title": b["title"]} for n, b in enumerate(message["buttons"], start=first)]
            payloads = [b["payload"] for b in message["buttons"]]
            self.offered += tuple(
                OfferedOption(o["key"], o["title"], p) for o, p in zip(options, payloads, strict=True)
            )
            kept = {name: custom.get(name) for name in ("kind", "case_id")}
            replies.append({"text": message["text"], "options": options, "sources": custom.get("sources"), **kept})
        timings = {"total": round((time.monotonic() - started) * 1000)}
        return {"understood": given["understood"], "replies": replies, "timings_ms": timings}


def _failures(expect: Expect, turn: dict[str, Any], stack: Stack, sender: str) -> list[str]:
    replies = turn["replies"]
    text = "\n".join(reply["text"] for reply in replies)
    titles = [option["title"] for reply in replies for option in reply["options"]]
    failures = [] if replies else ["no reply"]
    if expect.intent and turn["understood"]["intent"] != expect.intent:
        failures.append(f"intent {turn['understood']['intent']}, not {expect.intent}")
    failures += [f"not said: {part}" for part in expect.contains if part not in text]
    failures += [f"said: {part}" for part in expect.absent if part in text]
    if expect.any and not any(part in text for part in expect.any):
        failures.append(f"none said of {expect.any}")
    if expect.options is not None and (
        len(titles) != len(expect.options) or any(part not in t for part, t in zip(expect.options, titles, strict=True))
    ):
        failures.append(f"options {titles}, not {expect.options}")
    failures += [f"not offered: {part}" for part in expect.offers if not any(part in title for title in titles)]
    if expect.slots:
        slots = stack.slots(f"api:{sender}")
        failures += [
            f"slot {name} is {slots.get(name)!r}, not {value!r}"
            for name, value in expect.slots.items()
            if slots.get(name) != value
        ]
    if expect.case:
        numbers = [reply["case_id"] for reply in replies if reply["case_id"]]
        if not numbers:
            failures.append("no case number")
        elif stack.get(f"/api/v1/cases/{numbers[0]}").status_code != 200:
            failures.append(f"the ledger does not know case {numbers[0]}")
    if expect.sources and not any(reply["sources"] for reply in replies):
        failures.append("no source")
    if expect.kind and expect.kind not in {reply["kind"] for reply in replies}:
        failures.append(f"no reply of kind {expect.kind}")
    if expect.within_ms is not None and turn["timings_ms"]["total"] > expect.within_ms:
        failures.append(f"took {turn['timings_ms']['total']} ms")
    return failures
