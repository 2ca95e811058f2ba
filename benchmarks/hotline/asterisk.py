"""The hotline behind a real Asterisk with our own dialplan: what callers hear, keys, and what happens when we die."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.hotline.callers import utterances
from benchmarks.hotline.ear import GAP_S, Ear
from benchmarks.hotline.pbx import NOBODY, RATE, Asterisk, Installed, running, sound
from benchmarks.hotline.stand import Stand, scripted, stop, whole
from benchmarks.hotline.table import Rows, keep, milliseconds
from bot.channels.hotline.desk.ami import AmiConfig, originate
from bot.channels.hotline.line import FRAME_S

PROTOCOLS = ("chan_websocket", "AudioSocket")
CALLERS = 6
KEYED = "13800001111"
_FRAME = round(RATE * FRAME_S)
_QUESTIONS = 4
_WHOLE_DAY = "1-7 00:00-23:59"
_TURN = """\
 same => n,WaitForSilence({pause},1,40)
 same => n,Playback({sounds}/question{n})
 same => n,WaitForNoise(60,1,25)
"""
_INTERRUPTS = """\
 same => n,Wait(1)
 same => n,Playback({sounds}/question0)
 same => n,WaitForNoise(60,1,10)
"""


@dataclass
class Found:
    """Of all calls; seconds."""

    greetings: list[float] = field(default_factory=list)
    replies: list[float] = field(default_factory=list)
    stops: list[float] = field(default_factory=list)
    gaps: int = 0
    frames: int = 0

    def take(self, heard: npt.NDArray[np.int16], said: npt.NDArray[np.int16]) -> None:
        """Add a call's two recordings, which began together."""
        ear, mouth = _listened(heard), _listened(said)
        if ear.spans:
            self.greetings.append(ear.spans[0].began)
        for one in mouth.spans:
            if (voice := ear.speaking_at(one.began)) is not None:
                self.stops.append(max(0.0, voice.ended - one.began))
            elif (reply := ear.first_after(one.ended)) is not None:
                self.replies.append(reply.began - one.ended)
        self.frames += ear.frames
        for span in ear.spans:
            inside = heard[round(span.began * RATE) : round(span.ended * RATE)]
            self.gaps += _breaks(inside)


def _listened(pcm: npt.NDArray[np.int16]) -> Ear:
    ear = Ear()
    for n in range(len(pcm) // _FRAME):
        ear.hear(n * FRAME_S, pcm[n * _FRAME : (n + 1) * _FRAME].tobytes(), FRAME_S)
    return ear


def _breaks(pcm: npt.NDArray[np.int16]) -> int:
    """Stretches of more than 40 ms in which nothing came: A-law has no zero, and our pauses have some noise."""
    edges = np.diff(np.concatenate(([0], (pcm == 0).astype(np.int8), [0])))
    lengths = np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)
    return int((lengths > GAP_S * RATE).sum())


def _does(sounds: str, pause: int) -> str:
    talks = "".join(_TURN.format(n=n, sounds=sounds, pause=pause) for n in range(_QUESTIONS))
    cuts = "".join(_TURN.format(n=n, sounds=sounds, pause=pause) + _INTERRUPTS.format(sounds=sounds) for n in (1, 2))
    quiet = f" same => n,WaitForSilence({pause},1,40)\n"
    lines = {
        "talk": f"{talks}{quiet}",
        "interrupt": f"{cuts}{quiet}",
        "key": _TURN.format(n=0, sounds=sounds, pause=pause)  # the answer asks for a number
        + f"{quiet} same => n,SendDTMF({KEYED}#,90,120)\n same => n,Wait(5)\n" * 2,
        "wait": " same => n,Wait(45)\n",
        "leave": f" same => n,Wait(37)\n{quiet} same => n,Playback({sounds}/question3)\n same => n,Wait(2)\n",
        "person": f"{talks}{quiet} same => n,SendDTMF(0)\n same => n,Wait(30)\n",
    }
    return "\n".join(f"exten => {name},1,NoOp()\n{text} same => n,Hangup()" for name, text in lines.items())


def _lay_down(folder: Path) -> None:
    (folder / "sounds").mkdir()
    for n, one in enumerate(utterances(RATE)[2 : 2 + _QUESTIONS]):
        sound(folder / "sounds", f"question{n}", one.pcm)
    sound(folder / "sounds", "leave-word", one.pcm)


async def _with(
    installed: Installed,
    protocol: str,
    stand: AbstractAsyncContextManager[Stand],
    act: Callable[[Stand, Asterisk], Awaitable[None]],
    pause: int = 800,
) -> None:
    with tempfile.TemporaryDirectory(prefix="asterisk-", dir=(installed.root or Path("/")) / "tmp") as name:
        folder = Path(name)
        _lay_down(folder)
        root = installed.root
        inside = f"/{folder.relative_to(root)}" if root else name
        does = _does(f"{inside}/sounds", pause)
        async with stand as ready, running(installed, folder, ready.hotline, protocol, does) as pbx:
            await act(ready, pbx)


async def _calls(installed: Installed, protocol: str) -> Rows:
    found, names = Found(), [f"{does}{n}" for n in range(CALLERS // 2) for does in ("talk", "interrupt")]
    ended, keyed = True, list[str]()

    async def act(stand: Stand, pbx: Asterisk) -> None:
        nonlocal ended
        for n, name in enumerate(names):
            pbx.call(name, f"1370000{n:04d}", name.rstrip("0123456789"))
        for n in range(2):
            pbx.call(f"key{n}", f"1390000{n:04d}", "key")
        ended = await pbx.quiet(240)
        for name in names:
            found.take(pbx.heard(name), pbx.said(name))
        stop(stand.others["gateway"])
        keyed.extend(turn["text"] for turn in stand.asked()["turns"] if KEYED in (turn["text"] or ""))

    await _with(installed, protocol, scripted(), act)
    return [
        (f"{protocol}: calls at a time", f"{len(names) + 2}{'' if ended else ', not all of them ended'}"),
        (f"{protocol}: greeting, p50 / p95 / slowest", milliseconds(found.greetings)),
        (f"{protocol}: end of speech to first voice", milliseconds(found.replies)),
        (f"{protocol}: interruption to silence", milliseconds(found.stops)),
        (f"{protocol}: breaks over 40 ms in the voice", f"{found.gaps} of {found.frames} frames"),
        (f"{protocol}: numbers of 11 keys that arrived whole", f"{len(keyed)} of 4"),
    ]


async def _fault(installed: Installed, protocol: str, number: signal.Signals, verb: str) -> tuple[str, str]:
    rang: list[float] = []

    async def act(stand: Stand, pbx: Asterisk) -> None:
        pbx.call("wait0", "13700000000", "wait")
        await pbx.until("TALKS", 20)
        await asyncio.sleep(4)
        began = time.time()
        stand.line.signal(number)
        if (at := await pbx.until("RINGS", 20)) is not None:
            rang.append(at - began)

    await _with(installed, protocol, scripted(), act)
    what = f"{protocol}: line process {verb} in mid-call"
    return what, f"a person's telephone rings after {rang[0]:.1f} s" if rang else "NOBODY"


async def _nobody(installed: Installed) -> tuple[str, str]:
    left: list[int] = []

    async def act(stand: Stand, pbx: Asterisk) -> None:
        stop(stand.line)
        pbx.call("leave0", NOBODY, "leave")
        await pbx.quiet(120)
        left.extend(path.stat().st_size for path in pbx.left)

    await _with(installed, PROTOCOLS[0], scripted(), act)
    what = "the assistant is not running and no employee takes the call up"
    return what, f"the caller leaves a word ({left[0] / 1650:.0f} s)" if left else "NOTHING"


async def _outgoing(installed: Installed, protocol: str) -> Rows:
    rows: list[tuple[str, str]] = []

    async def act(stand: Stand, pbx: Asterisk) -> None:
        ami = AmiConfig(
            "127.0.0.1", pbx.ami_port, "xiangyin", pbx.ami_secret, channel="Local/{number}@callee/n", ring_s=4
        )
        answered = {}
        for number in ("1", "2"):
            errand = {"XIANGYIN_PURPOSE": f"errand-{number}", "XIANGYIN_CALLEE": f"1370000000{number}"}
            answered[number] = await originate(ami, number, errand)
            await pbx.quiet(15)
        stop(stand.others["gateway"])
        purposes = stand.asked()["purposes"]
        for number, what in (("1", "is taken up"), ("2", "is not")):
            told = "answered" if answered[number] else "not answered"
            told += ", talks with us about its errand" if f"errand-{number}" in purposes else ", we hear nothing of it"
            rows.append((f"{protocol}: we call, and the telephone {what}", told))

    await _with(installed, protocol, scripted(), act)
    return rows


async def _person(installed: Installed, protocol: str) -> Rows:
    found, rows = Found(), list[tuple[str, str]]()

    async def act(_stand: Stand, pbx: Asterisk) -> None:
        pbx.call("person0", "13700000000", "person")
        await pbx.quiet(300)
        found.take(pbx.heard("person0"), pbx.said("person0"))
        summaries = [text for _, text in pbx.told("RINGS")]
        briefed = "/spool/tmp/" in "".join(line for line in pbx.log.splitlines() if "Playing" in line)
        rows.append(
            (
                f"{protocol}, everything real: key 0",
                f"{'a person rings' if summaries else 'NOBODY'}, briefing "
                f"{'heard' if briefed else 'NOT HEARD'}, summary of {len((summaries or [''])[0])} characters",
            )
        )

    await _with(installed, protocol, whole(XIANGYIN_STAFF_HOURS=_WHOLE_DAY), act, pause=1500)
    return [
        (f"{protocol}, everything real: end of speech to first sound", milliseconds(found.replies)),
        *rows,
    ]


async def _all(installed: Installed, real: bool) -> Rows:
    rows: list[tuple[str, str]] = [("Asterisk", installed.answer("-V").strip())]
    rows.append(await _nobody(installed))
    for protocol in PROTOCOLS:
        rows += await _calls(installed, protocol)
        for number, verb in ((signal.SIGKILL, "killed"), (signal.SIGSTOP, "stopped")):
            rows.append(await _fault(installed, protocol, number, verb))
        rows += await _outgoing(installed, protocol)
        if real:
            rows += await _person(installed, protocol)
    return rows


def asterisk(program: str, root: Path | None, real: bool) -> str:
    """Measure and keep the table."""
    return keep(
        "Behind a real Asterisk",
        "Asterisk with the files of `deploy/asterisk` calls itself over SIP (A-law, keys as RFC 4733 events); times\n"
        "are taken from recordings of both directions at the caller's end. Where nothing else is said the gateway is\n"
        "the scripted one. Goals: greeting 300 ms, answer 800 ms p50, interruption 300 ms p95, a person 3 s after a\n"
        "fault.",
        asyncio.run(_all(Installed(program, root), real)),
    )
