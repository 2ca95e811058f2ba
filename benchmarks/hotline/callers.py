"""What callers say, and the sounds that are no speech."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

RECORDINGS = Path(__file__).resolve().parents[3] / "shared" / "speech" / "dev"
SEED = 20261127
Samples = npt.NDArray[np.float32]
"""Shape (n,), within -1 and 1."""


@dataclass(frozen=True)
class Utterance:
    """A recorded sentence. ``pcm`` begins with its first sound and ends with its last: 16 bit, mono."""

    name: str
    text: str
    accent: str
    pcm: bytes


def utterances(rate: int, folder: Path = RECORDINGS, accent: str = "std") -> list[Utterance]:
    """The recordings of an accent, resampled.

    Raises:
        FileNotFoundError: they are not there.
    """
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]
    return [
        Utterance(row["id"], row["text"], row["accent"], pcm_of(trimmed(decoded(folder / row["audio"], rate), rate)))
        for row in rows
        if row["accent"] == accent
    ]


def decoded(path: Path, rate: int) -> Samples:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    pieces: list[npt.NDArray[np.int16]] = []
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return (np.concatenate(pieces) / 32768).astype(np.float32)


def trimmed(samples: Samples, rate: int) -> Samples:
    """Without the silence before and after: what is 35 dB below the loudest 20 ms."""
    step = rate // 50
    levels = np.array([np.sqrt(np.mean(samples[n : n + step] ** 2)) for n in range(0, len(samples) - step, step)])
    loud = np.flatnonzero(levels > levels.max() * 10 ** (-35 / 20))
    return samples[loud[0] * step : (loud[-1] + 1) * step]


def pcm_of(samples: Samples, peak: float = 0.5) -> bytes:
    """16 bit, the loudest sample at ``peak``: a telephone line is never driven to its limit."""
    loudest = float(np.abs(samples).max()) or 1.0
    return (samples / loudest * peak * 32767).astype(np.int16).tobytes()


def cough(rate: int, number: int = 0) -> bytes:
    """Two bursts of noise, 90 ms and 120 ms, with an abrupt begin and a falling end, as coughs have."""
    generator = np.random.default_rng(SEED + number)
    parts = []
    for seconds, pause in ((0.09, 0.06), (0.12, 0.0)):
        n = int(seconds * rate)
        noise = generator.normal(0, 1, n)
        smooth = np.convolve(noise, np.ones(4) / 4, "same")  # most of it below 1 kHz
        envelope = np.minimum(np.arange(n) / (0.005 * rate), 1) * np.exp(-np.arange(n) / (0.045 * rate))
        parts += [smooth * envelope, np.zeros(int(pause * rate))]
    return pcm_of(np.concatenate(parts).astype(np.float32), 0.6)


def hum(rate: int, number: int = 0) -> bytes:
    """The sound "嗯", 220 ms: a voiced nasal, the pitch falling from 190 to 150 Hz, little above 600 Hz."""
    n = int(0.22 * rate)
    pitch = np.linspace(190 + 10 * (number % 4), 150, n)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(gain * np.sin(k * phase) for k, gain in ((1, 1.0), (2, 0.5), (3, 0.2), (4, 0.05)))
    envelope = np.minimum(np.minimum(np.arange(n), n - np.arange(n)) / (0.04 * rate), 1)
    return pcm_of((voice * envelope).astype(np.float32), 0.3)


def click(rate: int, number: int = 0) -> bytes:
    """Something falls on the table: 40 ms of noise."""
    generator = np.random.default_rng(SEED + 100 + number)
    n = int(0.04 * rate)
    return pcm_of((generator.normal(0, 1, n) * np.exp(-np.arange(n) / (0.01 * rate))).astype(np.float32), 0.7)


def traffic(rate: int, seconds: float, number: int = 0) -> bytes:
    """A street: brown noise that swells and falls; no pauses, no speech."""
    generator = np.random.default_rng(SEED + 200 + number)
    n = int(seconds * rate)
    noise = np.cumsum(generator.normal(0, 1, n))
    noise -= np.convolve(noise, np.ones(rate // 20) / (rate // 20), "same")
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * np.arange(n) / (3.7 * rate))
    return pcm_of((noise * swell).astype(np.float32), 0.25)


def hum_of(utterance: Utterance, rate: int) -> bytes:
    """A grunt cut from a recording: its loudest 200 ms through a low pass, faded in and out."""
    samples = (np.frombuffer(utterance.pcm, np.int16) / 32768).astype(np.float32)
    width = rate // 5
    energy = np.convolve(samples**2, np.ones(width), "valid")
    start = int(energy.argmax())
    piece = np.convolve(samples[start : start + width], np.ones(rate // 1000) / (rate // 1000), "same")
    fade = np.minimum(np.minimum(np.arange(len(piece)), len(piece) - np.arange(len(piece))) / (0.03 * rate), 1)
    return pcm_of((piece * fade).astype(np.float32), 0.3)
