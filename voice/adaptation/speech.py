"""Says the planned clips with Kokoro, in many processes, into files of 16 kHz samples that can be continued.

Shard ``n`` is ``said-n.pcm`` (int16, one clip after the other) with ``said-n.jsonl`` (id, first sample, samples).
"""

from __future__ import annotations

import json
import multiprocessing
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnxruntime
from scipy.signal import resample_poly

from voice.adaptation.plan import Clip

Sound = npt.NDArray[np.float32]
RATE = 16_000
_KOKORO_RATE = 24_000
_LONGEST = 509
_QUIET = 0.01


@dataclass(frozen=True)
class Job:
    """What one process says until ``until`` (seconds since the epoch)."""

    clips: tuple[Clip, ...]
    models: Path
    target: Path
    shard: int
    until: float


class Voices:
    """Kokoro, one thread, any of its Mandarin voices or a mixture of two."""

    def __init__(self, directory: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(
            str(directory / "kokoro.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {item.name: item.type for item in self._session.get_inputs()}
        self._ids: dict[str, int] = json.loads((directory / "vocab.json").read_text("utf-8"))["vocab"]
        self._styles = {
            path.stem: np.fromfile(path, np.float32).reshape(-1, 1, 256) for path in directory.glob("z[fm]_*.bin")
        }

    def say(self, clip: Clip) -> Sound:
        """The clip at 16 kHz, silence at its ends cut to a tenth of a second.

        Raises:
            ValueError: the clip has no sound, or too many symbols.
        """
        ids = [self._ids[symbol] for symbol in clip.symbols if symbol in self._ids]
        if not 0 < len(ids) <= _LONGEST:
            raise ValueError(f"{clip.id}: {len(ids)} symbols")
        mixed = clip.mix * self._styles[clip.voice] + (1 - clip.mix) * self._styles[clip.other]
        feed: dict[str, npt.NDArray[Any]] = {}
        for name, kind in self._inputs.items():
            if name == "speed":
                feed[name] = np.array([clip.pace], np.float32 if "float" in kind else np.int32)
            elif name == "style":
                feed[name] = mixed[len(ids)].astype(np.float32)
            else:
                feed[name] = np.array([[0, *ids, 0]], np.int64)
        samples = np.asarray(self._session.run(None, feed)[0], np.float32).reshape(-1)
        if not samples.size or not np.isfinite(samples).all():
            raise ValueError(f"{clip.id}: no usable samples")
        down = round(100 * clip.pitch * _KOKORO_RATE / RATE)
        return _trimmed(np.asarray(resample_poly(samples, 100, down), np.float32))


def say_all(clips: Sequence[Clip], models: Path, target: Path, processes: int, seconds: float) -> int:
    """Says ``clips``, those already said excepted, for at most ``seconds``.

    Returns:
        How many clips lie in ``target`` now.
    """
    target.mkdir(parents=True, exist_ok=True)
    done = {name for name, _ in _entries(target)}
    left = [clip for clip in clips if clip.id not in done]
    until = time.time() + seconds
    taken = len(list(target.glob("said-*.jsonl")))
    jobs = [
        Job(tuple(left[number::processes]), models, target, taken + number, until)
        for number in range(processes)
        if left[number::processes]
    ]
    if jobs:
        with multiprocessing.get_context("spawn").Pool(len(jobs)) as pool:
            pool.map(_work, jobs, chunksize=1)
    return sum(1 for _ in _entries(target))


def load(target: Path) -> dict[str, npt.NDArray[np.int16]]:
    """All clips said so far, by id."""
    shards: dict[Path, npt.NDArray[np.int16]] = {}
    said = {}
    for name, (shard, start, size) in _entries(target):
        if shard not in shards:
            shards[shard] = np.fromfile(shard, np.int16)
        if start + size <= shards[shard].size:
            said[name] = shards[shard][start : start + size]
    return said


def _entries(target: Path) -> Iterator[tuple[str, tuple[Path, int, int]]]:
    for index in sorted(target.glob("said-*.jsonl")):
        for line in index.read_text("utf-8").splitlines():
            try:
                name, start, size = json.loads(line)
            except ValueError:  # the line being written when the process was ended
                continue
            yield name, (index.with_suffix(".pcm"), start, size)


def _work(job: Job) -> None:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    voices = Voices(job.models)
    start = 0
    stem = job.target / f"said-{job.shard:03}"
    with stem.with_suffix(".pcm").open("wb") as sound, stem.with_suffix(".jsonl").open("w") as index:
        for clip in job.clips:
            if time.time() > job.until:
                return
            try:
                samples = voices.say(clip)
            except ValueError:
                continue
            sound.write((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())
            sound.flush()
            index.write(json.dumps([clip.id, start, samples.size]) + "\n")
            index.flush()
            start += samples.size


def _trimmed(samples: Sound) -> Sound:
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    if not loud.size:
        return samples
    margin = RATE // 10
    return samples[max(0, loud[0] - margin) : loud[-1] + margin]
