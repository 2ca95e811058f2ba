"""Hears every recording of a manifest once, with the product's own worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from tqdm import tqdm  # type: ignore[import-untyped]

from voice.config import VoiceConfig
from voice.errors import Code, VoiceError
from voice.evaluation.manifest import Clip
from voice.recognisers.base import Hypothesis
from voice.service import Hints, VoiceService


@dataclass(frozen=True)
class Heard:
    """What was heard in one recording before any repair; ``hypotheses`` is empty when nothing was."""

    clip: Clip
    hypotheses: tuple[Hypothesis, ...]
    seconds: float
    elapsed_ms: int


@dataclass(frozen=True)
class Cost:
    """What hearing cost: CPU seconds a second of audio, largest memory of the worker in MB."""

    cpu_per_second: float
    peak_mb: int


async def listen(config: VoiceConfig, clips: Sequence[Clip], folder: Path) -> tuple[list[Heard], Cost]:
    """Hears ``clips`` one after the other.

    Raises:
        VoiceError: the recogniser cannot be used. A recording in which nothing is heard is no error.
    """
    service = VoiceService(replace(config, repair=False))
    heard: list[Heard] = []
    cpu = peak = 0.0
    try:
        await service.start(speak=False)
        for clip in tqdm(clips, desc="hearing", unit=" clips", disable=None):
            worker = psutil.Process(service.pids["hear"] or 0)
            before = _cpu(worker)
            hypotheses: tuple[Hypothesis, ...] = ()
            seconds, elapsed = 0.0, 0
            try:
                transcript = await service.hear((folder / clip.audio).read_bytes(), Hints(region=clip.region))
                hypotheses = (Hypothesis(transcript.text, transcript.confidence), *transcript.alternatives)
                seconds, elapsed = transcript.seconds, transcript.elapsed_ms
            except VoiceError as error:
                if error.code is not Code.HEARD_NOTHING:
                    raise
            cpu += _cpu(worker) - before
            peak = max(peak, worker.memory_info().rss / 2**20)
            heard.append(Heard(clip, hypotheses, seconds, elapsed))
    finally:
        await service.close()
    audio = sum(one.seconds for one in heard)
    return heard, Cost(round(cpu / audio, 3) if audio else 0.0, round(peak))


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
