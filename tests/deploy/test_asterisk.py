"""The dialplan in ``deploy/asterisk`` against itself and against the process that it talks to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.channels.hotline.call.session import Ended, Recording
from bot.channels.hotline.line import Line
from bot.channels.hotline.media.server import Hotline, LineConfig
from settings import ROOT

pytestmark = pytest.mark.unit
FOLDER = ROOT / "deploy" / "asterisk"
DIALPLANS = ("extensions.conf", "extensions-audiosocket.conf")
APPLICATIONS = {
    *("Answer", "AudioSocket", "Dial", "Goto", "GotoIf", "Hangup", "Playback", "Return", "Set", "TryExec", "TrySystem"),
    "VoiceMail",
}
"""Those that the documentation of Asterisk 18 and 22 has."""
FUNCTIONS = {"CALLERID", "CURL", "CURLOPT", "FILTER", "STAT", "URIENCODE", "UUID"}


@dataclass
class Step:
    context: str
    exten: str
    label: str | None
    application: str
    arguments: str


@dataclass
class Dialplan:
    steps: list[Step] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)

    def has(self, context: str, exten: str, label: str) -> bool:
        found = [step for step in self.steps if (step.context, step.exten) == (context, exten)]
        return bool(found) and (label in ("1", "n") or label in {step.label for step in found})


def read(name: str) -> Dialplan:
    """The subset of extensions.conf that these files use.

    Raises:
        ValueError: a line is nothing that Asterisk would take.
    """
    plan, context, exten = Dialplan(), "", ""
    lines: list[str] = []
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        if line.startswith("#include "):
            lines += (FOLDER / line.split()[1]).read_text("utf-8").splitlines()
        else:
            lines.append(line)
    for line in lines:
        text = line.strip()
        if not text or text.startswith(";"):
            continue
        if heading := re.fullmatch(r"\[([\w-]+)\]", text):
            context = heading[1]
        elif first := re.fullmatch(r"exten => ([^,]+),1(?:\((\w+)\))?,(\w+)\((.*)\)", text):
            exten = first[1]
            plan.steps.append(Step(context, exten, first[2], first[3], first[4]))
        elif more := re.fullmatch(r"same => n(?:\((\w+)\))?,(\w+)\((.*)\)", text):
            plan.steps.append(Step(context, exten, more[1], more[2], more[3]))
        elif context == "globals" and (given := re.fullmatch(r"(\w+)=(.*)", text)):
            plan.variables[given[1]] = given[2]
        else:
            raise ValueError(f"{name}: {line}")
    return plan


class Nobody:
    """Talks with nobody: only the addresses are looked at."""

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ready(self) -> dict[str, bool]:
        return {}

    async def talk(self, line: Line, recording: Recording | None) -> Ended:
        raise NotImplementedError

    async def brief(self, summary: str) -> bytes:
        raise NotImplementedError


def routes() -> set[tuple[str, str]]:
    """Method and path of everything that the line process answers."""
    app = Hotline(LineConfig("key", "127.0.0.1", 0, 1), Nobody()).application()
    return {(route.method, route.resource.canonical) for route in app.router.routes() if route.resource is not None}


def targets(step: Step) -> list[str]:
    if step.application == "Goto":
        return [step.arguments]
    if step.application == "GotoIf":
        return [target for target in step.arguments.rsplit("?", 1)[1].split(":") if target]
    return []


@pytest.mark.parametrize("name", DIALPLANS)
def test_nothing_is_invented_and_every_jump_arrives(name: str) -> None:
    plan = read(name)
    assert {step.application for step in plan.steps} <= APPLICATIONS
    for step in plan.steps:
        assert step.arguments.count("(") == step.arguments.count(")"), step
        assert step.arguments.count("{") == step.arguments.count("}"), step
        assert set(re.findall(r"\b([A-Z]{3,})\(", step.arguments)) <= FUNCTIONS, step
        for target in targets(step):
            parts = target.split(",")
            where = [step.context, step.exten, ""][: 3 - len(parts)] + parts
            assert plan.has(*where), (step, target)


@pytest.mark.parametrize("name", DIALPLANS)
def test_every_variable_is_set_somewhere(name: str) -> None:
    plan = read(name)
    known = set(plan.variables) | {"EXTEN", "ARG1", "XIANGYIN_PURPOSE", "XIANGYIN_CALLEE"}
    for step in plan.steps:
        if step.application == "Set":
            known.add(step.arguments.split("=", 1)[0].lstrip("_"))
    used = {variable for step in plan.steps for variable in re.findall(r"\$\{(\w+)\}", step.arguments)}
    assert used <= known


@pytest.mark.parametrize("name", DIALPLANS)
def test_addresses_are_those_that_the_line_process_serves(name: str) -> None:
    urls = [
        (url, step)
        for step in read(name).steps
        for url in re.findall(r"http://\$\{XIANGYIN_HTTP\}[^,)]*", step.arguments)
    ]
    assert len(urls) >= 3
    served = routes()
    for url, step in urls:
        where = urlsplit(re.sub(r"\$\{(CALL_ID|ARG1)\}", "{id}", url).replace("${XIANGYIN_HTTP}", "host"))
        method = "POST" if f"{url}," in step.arguments else "GET"  # CURL(address,form)
        assert (method, where.path) in served, step
        if method == "GET" and not step.arguments.startswith("CURL("):
            assert parse_qs(where.query) == {"key": ["${XIANGYIN_KEY}"]}


@pytest.mark.parametrize("name", DIALPLANS)
def test_what_is_set_ends_before_the_first_equals_sign(name: str) -> None:
    """Asterisk divides there, whatever brackets are open, and says nothing about it."""
    steps = [step for step in read(name).steps if step.application == "Set"]
    for step in steps:
        target = step.arguments.split("=", 1)[0]
        assert target.count("(") == target.count(")"), step
    fetched = next(step for step in steps if step.arguments.startswith("CURL("))
    before = steps[steps.index(fetched) - 1]
    assert (before.context, before.arguments) == (fetched.context, "CURLOPT(userpwd)=xiangyin:${XIANGYIN_KEY}")


def test_the_connection_opens_where_the_line_process_answers() -> None:
    uri = next(line for line in (FOLDER / "websocket_client.conf").read_text("utf-8").splitlines() if "uri =" in line)
    assert ("GET", urlsplit(uri.split("=")[1].strip()).path) in routes()


@pytest.mark.parametrize("name", DIALPLANS)
def test_curl_never_waits_for_its_three_minutes(name: str) -> None:
    plan = read(name)
    for context in {step.context for step in plan.steps}:
        steps = [step for step in plan.steps if step.context == context]
        asking = [n for n, step in enumerate(steps) if "CURL(" in step.arguments]
        if asking:
            limits = {step.arguments.split(")")[0] for step in steps[: asking[0]] if "CURLOPT" in step.arguments}
            assert limits >= {"CURLOPT(conntimeout", "CURLOPT(httptimeout"}, context


def test_only_one_answer_leads_away_from_a_person() -> None:
    steps = [step for step in read("extensions.conf").steps if step.context == "xiangyin-after" and step.exten == "s"]
    after = [step for step in steps if step.application in ("GotoIf", "Goto")]
    assert [step.arguments for step in after] == [
        '$["${NEXT}" = "hangup"]?bye,1',
        "person,1",
    ]


def test_the_caller_stays_whatever_happens_to_the_assistant() -> None:
    """``g`` for a channel that ends, ``TryExec`` for an application that fails; no option that takes keys away."""
    [dial] = [step for step in read("extensions.conf").steps if "WebSocket/" in step.arguments]
    destination, _, options = dial.arguments.rpartition("),")[2].partition(",")
    assert options == "g"
    assert int(destination) <= 3
    [audio] = [step for step in read("extensions-audiosocket.conf").steps if "AudioSocket(" in step.arguments]
    assert audio.application == "TryExec"


def test_numbers_from_outside_are_filtered_before_they_go_into_an_address() -> None:
    for name in DIALPLANS:
        for step in read(name).steps:
            for outside in ("${CALLERID(num)}", "${DIALLED}", "${XIANGYIN_PURPOSE}", "${XIANGYIN_CALLEE}"):
                if outside in step.arguments:
                    assert re.search(r"FILTER\([^,]+," + re.escape(outside), step.arguments), step


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.conf")), ids=lambda path: path.name)
def test_files_hold_no_secret(path: Path) -> None:
    for line in path.read_text("utf-8").splitlines():
        if re.match(r"(password|secret|XIANGYIN_KEY)\s*=", line):
            assert "put-" in line
