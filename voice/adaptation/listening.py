"""Hears many clips with the product's own recogniser, in many processes, with any weights."""

from __future__ import annotations

import multiprocessing
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from voice.adaptation.weights import merged
from voice.engines import Engine
from voice.errors import Code, VoiceError
from voice.hearing import Hearing, HearingConfig, HearJob
from voice.recognisers.base import Hints, Hypothesis

_COPIED = ("config.json", "tokenizer.json", "vocabulary.json")


@dataclass(frozen=True)
class Job:
    """What one process hears with the model in ``directory``."""

    directory: Path
    clips: tuple[tuple[str, npt.NDArray[np.int16]], ...]


def with_adapter(base: Path, adapter: Mapping[str, npt.NDArray[np.float16]], strength: float, target: Path) -> Path:
    """Writes the model of ``base`` with the adapter merged in at ``strength`` into the directory ``target``."""
    target.mkdir(parents=True, exist_ok=True)
    for name in _COPIED:
        shutil.copy(base / name, target / name)
    (target / "model.bin").write_bytes(merged((base / "model.bin").read_bytes(), adapter, strength))
    return target


def hear_all(
    directory: Path, clips: Mapping[str, npt.NDArray[np.int16]], processes: int
) -> dict[str, tuple[Hypothesis, ...]]:
    """What is heard in each clip before any repair, best first; empty where nothing is heard."""
    names = sorted(clips)
    jobs = [
        Job(directory, tuple((name, clips[name]) for name in names[number::processes])) for number in range(processes)
    ]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        parts: Sequence[dict[str, tuple[Hypothesis, ...]]] = pool.map(_hear, jobs, chunksize=1)
    return {name: heard for part in parts for name, heard in part.items()}


def _hear(job: Job) -> dict[str, tuple[Hypothesis, ...]]:
    hearing = Hearing(HearingConfig(Engine("whisper", job.directory), threads=1))
    heard: dict[str, tuple[Hypothesis, ...]] = {}
    for name, samples in job.clips:
        try:
            heard[name] = hearing(HearJob((samples / np.float32(32768)).astype(np.float32), Hints())).hypotheses
        except VoiceError as error:
            if error.code is not Code.HEARD_NOTHING:
                raise
            heard[name] = ()
    return heard
