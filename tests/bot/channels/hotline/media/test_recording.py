"""Recordings: for their owner alone, only after they were announced, without what was keyed."""

from __future__ import annotations

import stat
import wave
from pathlib import Path

import numpy as np
import pytest

from benchmarks.hotline.audiosocket import AudioSocketPhone
from bot.channels.hotline.media import recording
from bot.channels.hotline.media.recording import Recorder
from tests.bot.channels.hotline.parrot import Parrot, answering, tone, until

pytestmark = pytest.mark.unit
RATE = 8000


class Hands:
    """The time of a recording, moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    moved = Hands()
    monkeypatch.setattr(recording, "time", moved)
    return moved


def sides(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    (path,) = folder.rglob("*.wav")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, RATE)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    return both[:, 0], both[:, 1]


def loud(side: np.ndarray, start: float, end: float) -> bool:
    return bool(np.abs(side[int(start * RATE) : int(end * RATE)].astype(int)).max(initial=0) > 1000)


def hear(recorder: Recorder, hands: Hands, seconds: float) -> None:
    for _ in range(round(seconds * 50)):
        hands.now += 0.02
        recorder.caller(tone(0.02, RATE))


async def test_nothing_before_it_was_announced_and_nothing_around_keys(tmp_path: Path, hands: Hands) -> None:
    recorder = Recorder(tmp_path, "a-call", RATE)
    hear(recorder, hands, 1)
    recorder.begin()
    hear(recorder, hands, 4)
    recorder.key()
    hear(recorder, hands, 7)
    await recorder.close()
    caller, _ = sides(tmp_path)
    assert caller.size == pytest.approx(11 * RATE, abs=RATE // 20)
    assert loud(caller, 1, 2)
    assert not loud(caller, 2.6, 8.9), "1.5 s before the key and 5 s behind it"
    assert loud(caller, 9.5, 11)


async def test_a_pause_is_silence(tmp_path: Path, hands: Hands) -> None:
    recorder = Recorder(tmp_path, "a-call", RATE)
    recorder.begin()
    hear(recorder, hands, 3)
    recorder.pause()
    hear(recorder, hands, 6)
    recorder.resume()
    hear(recorder, hands, 2)
    await recorder.close()
    caller, _ = sides(tmp_path)
    assert loud(caller, 2, 2.9)
    assert not loud(caller, 3.1, 8.9)
    assert loud(caller, 9.1, 11)


async def test_our_voice_is_recorded_where_it_is_heard_until_it_is_cut(tmp_path: Path, hands: Hands) -> None:
    recorder = Recorder(tmp_path, "a-call", RATE)
    recorder.begin()
    recorder.ours(tone(1.0, RATE))
    recorder.ours(tone(5.0, RATE))
    hear(recorder, hands, 2)
    recorder.cut()
    hear(recorder, hands, 3)
    await recorder.close()
    _, ours = sides(tmp_path)
    assert loud(ours, 0.1, 0.2)
    assert loud(ours, 1.8, 1.9)
    assert not loud(ours, 2.1, 5)


async def test_no_folder_no_recording_and_no_begin_no_file(tmp_path: Path) -> None:
    parrot = Parrot()
    for record in (None, tmp_path):
        parrot.over.clear()
        async with answering(parrot, record=record) as (address, clock):
            phone = AudioSocketPhone(address, clock)
            await phone.dial()
            await phone.listen_for(0.1)
            await phone.hang_up()
            await until(lambda: parrot.over.is_set())
    assert not list(tmp_path.rglob("*.wav"))  # noqa: ASYNC240 - nothing else runs any more


async def test_a_call_is_recorded(tmp_path: Path) -> None:
    parrot = Parrot()
    async with answering(parrot, record=tmp_path) as (address, clock):
        phone = AudioSocketPhone(address, clock, caller="13811112222")
        await phone.dial()
        await phone.press("*")
        await phone.press("5")
        await phone.listen_for(0.5)
        await phone.hang_up()
        await until(lambda: list(tmp_path.rglob("*.wav")))
    (path,) = tmp_path.rglob("*.wav")  # noqa: ASYNC240 - nothing else runs any more
    assert "13811112222" not in path.name
