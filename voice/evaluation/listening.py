"""Hears every recording of a manifest once, with the product's own worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
from tqdm import tqdm  # type: ignore[import-untyped]

from voice.config import VoiceConfig
from voice.errors import Code, VoiceError
from voice.evaluation.kept import HeardOnce, KeptHearings, recording
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


async def listen(
    config: VoiceConfig, clips: Sequence[Clip], folder: Path, keep: Path, *, fresh: bool = False
) -> tuple[list[Heard], Cost]:
    """Hears ``clips`` one after the other.

    Args:
        folder: against which their recordings are named.
        keep: folder where what was heard is kept and looked for, with what it cost.
        fresh: hear everything anew.

    Raises:
        VoiceError: the recogniser cannot be used. A recording in which nothing is heard is no error.
    """
    service = VoiceService(replace(config, repair=False))
    found: list[HeardOnce] = []
    try:
        with KeptHearings(keep, config, fresh=fresh) as kept:
            for clip in tqdm(clips, desc="hearing", unit=" clips", disable=None):
                audio = (folder / clip.audio).read_bytes()
                key = recording(audio, clip.region)
                one = kept.get(key)
                if one is None:
                    one = await _hear(service, audio, clip.region, key)
                    kept.put(one)
                found.append(one)
    finally:
        await service.close()
    heard = [
        Heard(clip, tuple(Hypothesis(text, confidence) for text, confidence in o.hypotheses), o.seconds, o.elapsed_ms)
        for clip, o in zip(clips, found, strict=True)
    ]
    seconds = sum(one.seconds for one in found)
    cpu = sum(one.cpu_s for one in found)
    return heard, Cost(round(cpu / seconds, 3) if seconds else 0.0, round(max((o.peak_mb for o in found), default=0)))


async def _hear(service: VoiceService, audio: bytes, region: str, key: str) -> HeardOnce:
    await service.start(speak=False)  # does nothing when it runs
    worker = psutil.Process(service.pids["hear"] or 0)
    before = _cpu(worker)
    hypotheses: tuple[tuple[str, float], ...] = ()
    seconds, elapsed = 0.0, 0
    try:
        transcript = await service.hear(audio, Hints(region=region))
        hypotheses = (
            (transcript.text, transcript.confidence),
            *((other.text, other.confidence) for other in transcript.alternatives),
        )
        seconds, elapsed = transcript.seconds, transcript.elapsed_ms
    except VoiceError as error:
        if error.code is not Code.HEARD_NOTHING:
            raise
    cpu = round(_cpu(worker) - before, 3)
    return HeardOnce(
        recording=key,
        hypotheses=hypotheses,
        seconds=seconds,
        elapsed_ms=elapsed,
        cpu_s=cpu,
        peak_mb=round(peak_memory(worker) / 2**20, 1),
    )


def peak_memory(process: psutil.Process) -> int:
    """Largest resident memory of a process so far, in bytes; what it has now where the system does not tell."""
    status = Path(f"/proc/{process.pid}/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return int(process.memory_info().rss)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
