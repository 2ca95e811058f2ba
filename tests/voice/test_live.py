"""Telephone sound heard while it comes: engines that stream and engines that wait give what a recording gives."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from tests.voice import tiny_models
from voice.config import VoiceConfig
from voice.decode import Samples
from voice.errors import Code, VoiceError
from voice.hearing import StreamJob
from voice.recognisers.base import Hints
from voice.resample import resampled
from voice.service import VoiceService

pytestmark = pytest.mark.unit


def telephone(speech: Samples, rate: int = 8000) -> bytes:
    return (np.clip(resampled(speech, 16_000, rate), -1, 1) * 32767).astype("<i2").tobytes()


async def spoken(pcm: bytes, step: int = 321) -> AsyncIterator[bytes]:
    """In pieces that end in the middle of a sample."""
    for start in range(0, len(pcm), step):
        yield pcm[start : start + step]
        await asyncio.sleep(0)


@pytest.fixture(params=[True, False], ids=["streams", "waits"])
async def service(request: pytest.FixtureRequest, tmp_path: Path, models_dir: Path) -> AsyncIterator[VoiceService]:
    directory = tiny_models.transducer(tmp_path, streaming=request.param)
    running = VoiceService(
        VoiceConfig(models_dir=models_dir, recogniser="sherpa", recogniser_dir=directory, repair=False, hear_threads=1)
    )
    assert bool(running._streaming) is request.param
    await running.start(speak=False)
    yield running
    await running.close()


async def test_what_is_said_is_heard(service: VoiceService, speech: Samples) -> None:
    """One service for all of it: a worker takes seconds to start."""
    for rate in (8000, 16_000):
        heard = await service.hear_pcm(spoken(telephone(speech, rate)), rate)
        assert heard.text == "好"
        assert heard.seconds == pytest.approx(speech.size / 16_000, abs=0.01)
    calls = await asyncio.gather(*(service.hear_pcm(spoken(telephone(speech)), 8000) for _ in range(3)))
    assert [one.text for one in calls] == ["好"] * 3
    await _silence_nothing_and_too_much(service)
    await _who_is_not_waited_for_any_more_is_forgotten(service, speech)
    await _a_stream_without_its_beginning_is_refused(service, speech)


async def _silence_nothing_and_too_much(service: VoiceService) -> None:
    for pcm, code in ((bytes(16_000), Code.HEARD_NOTHING), (b"", Code.EMPTY), (bytes(16_000 * 121), Code.TOO_LONG)):
        with pytest.raises(VoiceError) as caught:
            await service.hear_pcm(spoken(pcm, 8000), 8000)
        assert caught.value.code is code


@pytest.mark.parametrize("service", [True], indirect=True)
async def test_a_worker_that_dies_in_the_middle_is_no_loss(service: VoiceService, speech: Samples) -> None:
    pcm = telephone(speech)

    async def interrupted() -> AsyncIterator[bytes]:
        async for piece in spoken(pcm[: len(pcm) // 2], 3200):
            yield piece
            await asyncio.sleep(0.02)
        pid = service.pids["hear"]
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        async for piece in spoken(pcm[len(pcm) // 2 :], 3200):
            yield piece

    try:
        heard = await service.hear_pcm(interrupted(), 8000)
    except VoiceError:  # the death was noticed only by the last request
        heard = await service.hear_pcm(spoken(pcm), 8000)
    assert heard.text == "好"


async def _who_is_not_waited_for_any_more_is_forgotten(service: VoiceService, speech: Samples) -> None:
    forever = asyncio.Event()
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        async for piece in spoken(telephone(speech), 3200):
            yield piece
        begun.set()
        await forever.wait()

    hearing = asyncio.create_task(service.hear_pcm(endless(), 8000))
    await begun.wait()
    hearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hearing
    assert (await service.hear_pcm(spoken(telephone(speech)), 8000)).text == "好"


async def _a_stream_without_its_beginning_is_refused(service: VoiceService, speech: Samples) -> None:
    (worker,) = service._hearing.values()
    with pytest.raises(VoiceError) as caught:
        await worker.run(StreamJob("unknown", 5, speech, Hints(), 16_000, ended=True))
    assert caught.value.code is Code.WORKER_LOST
