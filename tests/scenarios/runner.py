"""Plays a conversation written as YAML against the running stack.

A scenario is a mapping with ``name``, optional ``region``, and ``steps``. A step says something with ``user``, or
chooses ``option: "1"``, and may ``expect``:

    intent        the intent understood
    contains      texts that must stand in the replies together
    absent        texts that must not
    options       titles of the options offered (each a part of an offered title, in order)
    slots         slots of the dialogue after the turn
    case          true: a case number was given, and the ledger knows it
    sources       true: at least one source is named
    kind          kind of one of the replies
    within_ms     bound on the turn's time
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

from tests.running import Stack


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Expect(Strict):
    intent: str | None = None
    contains: list[str] = []
    absent: list[str] = []
    options: list[str] | None = None
    slots: dict[str, Any] = {}
    case: bool = False
    sources: bool = False
    kind: str | None = None
    within_ms: int | None = None


class Step(Strict):
    user: str | None = None
    option: str | None = None
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
    sender = uuid.uuid4().hex
    told: list[str] = []
    for step in scenario.steps:
        said = str(step.option if step.user is None else step.user)
        fields = {"region": scenario.region} if scenario.region else {}
        answer = stack.ask(said, sender, **fields)
        told.append(f"  user: {said}")
        assert answer.status_code == 200, "\n".join([scenario.name, *told, answer.text])
        turn = answer.json()
        told += [f"  bot:  {reply['text']}" for reply in turn["replies"]]
        told += [f"        [{o['key']}] {o['title']}" for reply in turn["replies"] for o in reply["options"]]
        failures = list(_failures(step.expect, turn, stack, sender))
        assert not failures, "\n".join([f"{scenario.name}: {'; '.join(failures)}", *told])


def _failures(expect: Expect, turn: dict[str, Any], stack: Stack, sender: str) -> list[str]:
    replies = turn["replies"]
    text = "\n".join(reply["text"] for reply in replies)
    titles = [option["title"] for reply in replies for option in reply["options"]]
    failures = [] if replies else ["no reply"]
    if expect.intent and turn["understood"]["intent"] != expect.intent:
        failures.append(f"intent {turn['understood']['intent']}, not {expect.intent}")
    failures += [f"not said: {part}" for part in expect.contains if part not in text]
    failures += [f"said: {part}" for part in expect.absent if part in text]
    if expect.options is not None and (
        len(titles) != len(expect.options) or any(part not in t for part, t in zip(expect.options, titles, strict=True))
    ):
        failures.append(f"options {titles}, not {expect.options}")
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
