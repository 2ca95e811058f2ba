"""Hostile files: the decoder opens nothing, and could not; it dies without harm; everybody gets a polite answer."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.voice_hostile_files import encoded, hostile
from tests.voice.test_decode import LIMITS
from voice.decode import SAMPLE_RATE
from voice.decoding import DecodeJob, Decoding, DecodingConfig
from voice.errors import Code, VoiceError
from voice.sandbox import confine
from voice.workers import Worker

pytestmark = pytest.mark.unit

NUMBER = 270
REPO = Path(__file__).resolve().parents[2]


@pytest.fixture
def bait(tmp_path: Path) -> Path:
    """A good recording that playlists name: were it opened, they would be heard."""
    path = tmp_path / "bait.wav"
    path.write_bytes(encoded(np.ones(48000, np.float32) / 3, "wav", "pcm_s16le", 16000))
    return path


async def test_no_crash_no_connection_bounded_time(bait: Path) -> None:
    worker: Worker[DecodeJob, np.ndarray] = Worker(
        "decode", Decoding, DecodingConfig(LIMITS, 2**30), queue=2, timeout_s=20, start_timeout_s=60
    )
    read = refused = 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        address = f"127.0.0.1:{listener.getsockname()[1]}"
        await worker.start()
        first = worker.pid
        for kind, data in hostile(NUMBER, 4, path=str(bait), address=address):
            [outcome] = await asyncio.gather(worker.run(DecodeJob(data, None)), return_exceptions=True)
            if isinstance(outcome, VoiceError):
                refused += 1
                assert outcome.code not in {Code.WORKER_LOST, Code.TIMEOUT}, (kind, outcome)
                assert outcome.message.endswith("。")
                assert (outcome.code is Code.SILK) == (kind == "silk")
            else:
                read += 1
                assert kind not in {"list", "picture or video", "silk"}
                assert isinstance(outcome, np.ndarray)
                assert outcome.size <= LIMITS.max_seconds * SAMPLE_RATE
        assert worker.pid == first
        with pytest.raises(BlockingIOError):
            listener.accept()
    await worker.close()
    assert min(read, refused) > 20


_TRACED = """
import os, sys
from benchmarks.voice_hostile_files import hostile
from tests.voice.test_decode import LIMITS
from voice.decoding import DecodeJob, Decoding, DecodingConfig
from voice.errors import VoiceError

files = [data for _, data in hostile(int(sys.argv[1]), 9, path=sys.argv[2], address="127.0.0.1:9")]
decoder = Decoding(DecodingConfig(LIMITS, 2**30, confined=False))
def mark(name):
    try:
        os.open("/mark-" + name, os.O_RDONLY)
    except OSError:
        pass
mark("begin")
for data in files:
    try:
        decoder(DecodeJob(data, None))
    except VoiceError:
        pass
mark("end")
"""


def test_at_system_call_level_nothing_is_even_tried(bait: Path, tmp_path: Path) -> None:
    """Without the lock: the decoder makes no call that opens, connects or starts anything."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian: apt install strace)")
    log = tmp_path / "calls"
    calls = "open,openat,openat2,creat,socket,connect,bind,sendto,execve,fork,vfork,unlink,unlinkat,rename"
    command = ["strace", "-f", "-qq", "-e", f"trace={calls}", "-o", str(log), sys.executable, "-c", _TRACED]
    done = subprocess.run(
        [*command, str(NUMBER), str(bait)], cwd=REPO, capture_output=True, text=True, timeout=300,
        env={**os.environ, "PYTHONPATH": str(REPO)},
    )  # fmt: skip
    if "ptrace" in done.stderr.lower() and "not permitted" in done.stderr:
        pytest.skip("this machine lets nobody trace")
    assert done.returncode == 0, done.stderr
    lines = log.read_text(errors="replace").splitlines()
    marks = [number for number, line in enumerate(lines) if "/mark-" in line]
    assert len(marks) == 2, "the marks themselves are seen, so the rest would be"
    assert lines[marks[0] + 1 : marks[1]] == []


class Prisoner:
    """A handler that is confined and then tries what a taken-over decoder would."""

    def __init__(self, config: int) -> None:
        self.confined = confine(config)

    def __call__(self, job: str) -> str:
        if not self.confined:
            return "not confined"
        try:
            if job == "read":
                Path("/etc/hostname").read_text()
            if job == "write":
                Path("/tmp/xiangyin-prisoner").write_text("x")
            if job == "connect":
                socket.create_connection(("127.0.0.1", 9), 1).close()
            if job == "run":
                os.posix_spawn("/bin/true", ["true"], {})
            if job == "fork":
                os.fork()
            if job == "kill":
                os.kill(os.getppid(), 0)
            if job == "eat":
                np.ones(2**30, np.uint8)
        except PermissionError:
            return "forbidden"
        return "done"


async def test_a_confined_process_can_open_start_and_reach_nothing() -> None:
    prison: Worker[str, str] = Worker("prison", Prisoner, 2**28, queue=4, timeout_s=20, start_timeout_s=60)
    await prison.start()
    if await prison.run("nothing") == "not confined":
        await prison.close()
        pytest.skip("libseccomp is not installed (Debian: apt install libseccomp2)")
    pid = prison.pid
    for crime in ("read", "write", "connect", "run", "fork", "kill"):
        assert await prison.run(crime) == "forbidden", crime
    with pytest.raises(VoiceError) as caught:
        await prison.run("eat")
    assert caught.value.code is Code.TOO_LARGE
    assert prison.pid == pid
    assert await prison.run("nothing") == "done"
    await prison.close()


async def test_a_decoder_that_dies_costs_only_its_own_message(bait: Path) -> None:
    worker: Worker[DecodeJob, np.ndarray] = Worker(
        "decode", Decoding, DecodingConfig(LIMITS, 2**30), queue=2, timeout_s=20, start_timeout_s=60
    )
    await worker.start()
    job = DecodeJob(await asyncio.to_thread(bait.read_bytes), None)
    assert worker.pid is not None
    os.kill(worker.pid, 9)
    results = await asyncio.gather(worker.run(job), return_exceptions=True)
    if isinstance(results[0], VoiceError):  # the death was noticed only by this call
        assert results[0].code is Code.WORKER_LOST
    assert (await worker.run(job)).size == pytest.approx(SAMPLE_RATE, rel=0.02)
    await worker.close()
