"""A real Asterisk with the configuration of ``deploy/asterisk``, in a folder of its own, that calls itself over SIP.

A call goes out by the trunk, comes in by it, and is then what a telephone company's call would be: RTP with A-law, keys
as RFC 4733 events. What the caller does is a piece of dialplan; what they hear and say is recorded.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import subprocess
import time
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.hotline.phone import Hotline
from settings import ROOT
from tests.running import free_port
from voice.samples import wav

DEPLOYED = ROOT / "deploy" / "asterisk"
RATE = 8000
READY_S = 40
NOBODY = "13700000009"
"""Whose calls no employee takes up."""
_PLACES = {
    "astcachedir": "cache",
    "astrundir": "run",
    "astspooldir": "spool",
    "astlogdir": "log",
    "astdbdir": "db",
    "astkeydir": "keys",
    "astvarlibdir": "varlib",
}
_TRUNK = """\
[transport-udp]
type = transport
protocol = udp
bind = 127.0.0.1:{port}

[trunk]
type = endpoint
transport = transport-udp
context = xiangyin-in
disallow = all
allow = alaw
dtmf_mode = rfc4733
direct_media = no
aors = trunk

[trunk]
type = aor
contact = sip:127.0.0.1:{port}

[trunk-identify]
type = identify
endpoint = trunk
match = 127.0.0.1
"""
_AROUND = """

[desk]
exten => 2001,1,Verbose(0,RINGS ${{XIANGYIN_SUMMARY}})
 same => n,Wait($["${{CALLERID(num)}}" = "{nobody}" ? 60 :: 4])
 same => n,Answer()
 same => n,Wait(15)
 same => n,Hangup()

[callee]
exten => 1,1,Answer()
 same => n,Wait(4)
 same => n,Hangup()
exten => 2,1,Ringing()
 same => n,Wait(60)

[farmer]
exten => s,1,Answer()
 same => n,Verbose(0,TALKS ${{FARMER}})
 same => n,MixMonitor({folder}/mixed-${{FARMER}}.wav,r({folder}/heard-${{FARMER}}.wav)t({folder}/said-${{FARMER}}.wav))
 same => n,Goto(${{DOES}},1)
{does}
"""


@dataclass(frozen=True)
class Installed:
    """An Asterisk on this machine.

    Attributes:
        program: its path, inside ``root``.
        root: a folder with a system of its own to change into; None: it is installed here.
    """

    program: str = "/usr/sbin/asterisk"
    root: Path | None = None

    def command(self, *words: str) -> list[str]:
        """The command line that runs it."""
        return ["chroot", str(self.root), self.program, *words] if self.root else [self.program, *words]

    def answer(self, *words: str) -> str:
        """What it prints when it is run so."""
        return subprocess.run(self.command(*words), capture_output=True, text=True, check=False).stdout

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A process of it that stays."""
        return subprocess.Popen(self.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@dataclass
class Asterisk:
    """A running one. ``folder`` as we see it, ``inside`` as it does."""

    installed: Installed
    folder: Path
    inside: str
    process: subprocess.Popen[bytes]
    ami_port: int
    ami_secret: str

    def ask(self, command: str) -> str:
        """What its console answers."""
        return self.installed.answer("-C", f"{self.inside}/asterisk.conf", "-rx", command)

    def call(self, name: str, number: str, does: str) -> None:
        """Have ``number`` call the hotline and do what the extension ``does`` of the context ``farmer`` says."""
        outgoing = self.folder / "spool" / "outgoing"
        text = (
            f"Channel: PJSIP/4001234567@trunk\nCallerID: <{number}>\nWaitTime: 20\n"
            f"Context: farmer\nExtension: s\nPriority: 1\nSet: FARMER={name}\nSet: DOES={does}\n"
        )
        (self.folder / f"{name}.call").write_text(text, "ascii")
        (self.folder / f"{name}.call").replace(outgoing / f"{name}.call")  # it must never see half a file

    async def quiet(self, within_s: float) -> bool:
        """Wait until nobody talks any more."""
        until = time.monotonic() + within_s
        await asyncio.sleep(3)  # a call file is taken up within a second
        while time.monotonic() < until:
            if self.ask("core show channels count").startswith("0 active channels"):
                return True
            await asyncio.sleep(0.5)
        return False

    def told(self, word: str) -> list[tuple[float, str]]:
        """When the dialplan said ``word``, in seconds since the epoch, and what it said with it."""
        found = re.finditer(rf"^\[([^\]]+)\].*? {word} ?(.*)$", self.log, re.MULTILINE)
        return [(datetime.fromisoformat(one[1]).replace(tzinfo=UTC).timestamp(), one[2]) for one in found]

    async def until(self, word: str, within_s: float) -> float | None:
        """When the dialplan first said ``word``; None when it did not in time."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            if told := self.told(word):
                return told[0][0]
            await asyncio.sleep(0.1)
        return None

    @property
    def log(self) -> str:
        """All that it has logged."""
        path = self.folder / "log" / "full"
        return path.read_text("utf-8", errors="replace") if path.exists() else ""

    def heard(self, name: str) -> npt.NDArray[np.int16]:
        """What a caller heard, from the answer on."""
        return _samples(self.folder / f"heard-{name}.wav")

    @property
    def left(self) -> list[Path]:
        """What callers left on the voicemail, in the first of its formats."""
        return sorted((self.folder / "spool" / "voicemail").rglob("msg*.WAV"))

    def said(self, name: str) -> npt.NDArray[np.int16]:
        """What a caller said, on the same clock."""
        return _samples(self.folder / f"said-{name}.wav")


def sound(folder: Path, name: str, pcm: bytes) -> None:
    """Lay something down that ``Playback`` finds: 16 bit, 8 kHz, mono."""
    (folder / f"{name}.wav").write_bytes(wav(pcm, RATE))


def _samples(path: Path) -> npt.NDArray[np.int16]:
    with wave.open(str(path), "rb") as kept:
        return np.frombuffer(kept.readframes(kept.getnframes()), np.int16)


def _configure(
    folder: Path, inside: str, hotline: Hotline, protocol: str, does: str, own: str, ami: tuple[int, str]
) -> None:
    etc = folder / "etc"
    etc.mkdir()
    for place in _PLACES.values():
        (folder / place).mkdir()
    (folder / "spool" / "outgoing").mkdir()
    (folder / "spool" / "tmp").mkdir()
    kept = re.findall(r"^\s*(?:astmoddir|astdatadir|astagidir|astsbindir)\s*=>.*$", own, re.MULTILINE)
    lines = [f"astetcdir => {inside}/etc", *(f"{name} => {inside}/{place}" for name, place in _PLACES.items()), *kept]
    (folder / "asterisk.conf").write_text("\n".join(["[directories]", *lines, "[options]", "verbose = 0", ""]), "ascii")
    (etc / "logger.conf").write_text(
        "[general]\ndateformat = %Y-%m-%dT%H:%M:%S.%3q\n[logfiles]\nfull => notice,warning,error,verbose(3)\n", "ascii"
    )
    (etc / "indications.conf").write_text(  # what ringing sounds like
        "[general]\ncountry = cn\n[cn]\ndescription = China\nringcadence = 1000,4000\nring = 450/1000,0/4000\n", "ascii"
    )
    (etc / "pjsip.conf").write_text(_TRUNK.format(port=free_port()), "ascii")
    changes = {
        "127.0.0.1:8610": f"{hotline.host}:{hotline.port}",
        "127.0.0.1:8611": f"{hotline.host}:{hotline.audiosocket_port}",
        "put-the-key-here": hotline.key,
        "PJSIP/2001&PJSIP/2002": "Local/2001@desk/n",
        "/var/spool/asterisk/tmp": f"{inside}/spool/tmp",
        "/var/lib/asterisk/xiangyin": f"{inside}/sounds",
        "port = 5038": f"port = {ami[0]}",
        "put-a-secret-here": ami[1],
    }
    same = ("extensions-common.conf", "websocket_client.conf", "voicemail.conf", "manager.conf", "modules.conf")
    files = {name: name for name in same}
    files["extensions.conf"] = "extensions.conf" if protocol == "chan_websocket" else "extensions-audiosocket.conf"
    for name, source in files.items():
        text = (DEPLOYED / source).read_text("utf-8")
        for old, new in changes.items():
            text = text.replace(old, new)
        if name == "extensions.conf":
            text += _AROUND.format(folder=inside, does=does, nobody=NOBODY)
        (etc / name).write_text(text, "utf-8")


@asynccontextmanager
async def running(
    installed: Installed, folder: Path, hotline: Hotline, protocol: str, does: str
) -> AsyncIterator[Asterisk]:
    """Asterisk before a hotline.

    Args:
        installed: which one.
        folder: an empty one, inside ``installed.root``.
        hotline: where the line process listens.
        protocol: ``chan_websocket`` or ``AudioSocket``.
        does: extensions of the context ``farmer``.

    Raises:
        TimeoutError: it did not start; the message is the end of its log.
    """
    root = installed.root
    inside = f"/{folder.relative_to(root)}" if root else str(folder)
    own = ((root or Path("/")) / "etc/asterisk/asterisk.conf").read_text("utf-8")
    ami = free_port(), secrets.token_hex(8)
    _configure(folder, inside, hotline, protocol, does, own, ami)
    process = installed.start("-f", "-C", f"{inside}/asterisk.conf")
    asterisk = Asterisk(installed, folder, inside, process, *ami)
    try:
        until = time.monotonic() + READY_S
        while "fully booted" not in asterisk.ask("core waitfullybooted"):
            if time.monotonic() > until or process.poll() is not None:
                raise TimeoutError(asterisk.log[-2000:])
            await asyncio.sleep(0.5)
        yield asterisk
    finally:
        asterisk.ask("core stop now")
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
