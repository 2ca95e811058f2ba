"""The vector part alone at sizes no knowledge base of ours has yet: time, memory and recall, with and without filters.

Steps of ``benchmarks.knowledge_scale``; ``folder`` holds some real vectors and those of questions.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
from tqdm import tqdm  # type: ignore[import-untyped]

from knowledge import vectors as vector_part
from knowledge.embedding import Vectors

COLUMNS = {
    "count": "vectors",
    "kind": "kind",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "recall": "recall of the 40 nearest",
    "tenth": "p95 ms, a tenth allowed",
    "tenth_recall": "recall",
    "hundredth": "p95 ms, a hundredth allowed",
    "hundredth_recall": "recall",
    "rss": "RSS MB",
    "disk": "disk MB",
    "build": "build s",
}
NEAREST = 40
FILE = "vectors.faiss"
_SHARES = {"": 1, "tenth": 10, "hundredth": 100}


def moved(real: Vectors, count: int, seed: int) -> Vectors:
    """``count`` unit vectors at a cosine of about .95 to some of ``real``."""
    dice = np.random.default_rng(seed)
    vectors = np.empty((count, real.shape[1]), np.float32)
    for start in range(0, count, 50_000):
        rows = min(50_000, count - start)
        noise = dice.standard_normal((rows, real.shape[1]), np.float32) * np.float32(0.33 / real.shape[1] ** 0.5)
        copies = real[dice.integers(0, len(real), rows)] + noise
        vectors[start : start + rows] = copies / np.linalg.norm(copies, axis=1, keepdims=True)
    return vectors


def _allowed(count: int, one_in: int) -> vector_part.Mask:
    mask: vector_part.Mask = np.random.default_rng(2).integers(0, one_in, count) == 0
    return mask


def write_vectors(folder: Path, count: int) -> dict[str, object]:
    """Makes the index of ``count`` vectors, and what an exact search of them finds for each filter."""
    import faiss

    faiss.omp_set_num_threads(1)
    asked = np.load(folder / "asked.npy")
    bar = tqdm(total=3, desc=f"{count} vectors", file=sys.stderr)
    vectors = moved(np.load(folder / "real.npy"), count, 1)
    bar.update()
    scores = asked @ vectors.T
    for name, one_in in _SHARES.items():
        only = np.where(_allowed(count, one_in), scores, -2.0)
        np.save(folder / f"exact{name}.npy", np.argpartition(-only, NEAREST, axis=1)[:, :NEAREST])
    bar.update()
    start = time.perf_counter()
    made = vector_part.make(vectors)
    took = time.perf_counter() - start
    faiss.write_index(made, str(folder / FILE))
    bar.update()
    return {"build": round(took)}


def _measured(index: object, asked: Vectors, exact: Sequence[Sequence[int]], allowed: vector_part.Mask) -> list[float]:
    times, hits = [], []
    for query, wanted in zip(asked, exact, strict=True):
        start = time.thread_time()
        found = vector_part.nearest(index, query[None], NEAREST, allowed)[0]
        times.append((time.thread_time() - start) * 1000)
        hits.append(len(set(found.tolist()) & set(wanted)) / NEAREST)
    return [round(float(value), 3 if value <= 1 else 1) for value in (*np.percentile(times, [50, 95]), np.mean(hits))]


def search_vectors(folder: Path, count: int) -> dict[str, object]:
    """Opens the index in a process that holds nothing else, and searches it."""
    import faiss

    faiss.omp_set_num_threads(1)
    before = psutil.Process().memory_info().rss
    index = faiss.read_index(str(folder / FILE))
    rss = psutil.Process().memory_info().rss - before
    asked = np.load(folder / "asked.npy")
    row: dict[str, object] = {"count": f"{count:,}", "kind": vector_part.kind_of(index), "rss": rss // 2**20}
    row["disk"] = (folder / FILE).stat().st_size // 2**20
    for name, one_in in _SHARES.items():
        exact = np.load(folder / f"exact{name}.npy").tolist()
        p50, p95, recall = _measured(index, asked, exact, _allowed(count, one_in))
        row |= {name: p95, f"{name}_recall": recall} if name else {"p50": p50, "p95": p95, "recall": recall}
    return row
