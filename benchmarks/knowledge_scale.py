"""Time and memory of the knowledge base as it grows: 1,000 to 100,000 entries end to end, 1,000,000 vectors alone.

Each size runs in a process of its own on one core. Texts are the bulk documents beside the checkout (the shipped
content where they are absent), and beyond those, variations of them: sentences in another order with one of
another text, numbers changed. A thousand texts are embedded by the model; the vectors of the others are those, moved at
random, which costs a search the same. Searches are end to end: dialect words, embedding, all three signals, filters,
decision. The questions are the shipped labelled ones; half are searched with a region.
All ``_ms`` are processor time of the searching thread, ``wall_p95_ms`` also counts waiting for a busy machine.
Usage: ``python -m benchmarks.knowledge_scale [SIZE...]`` (a size above 300,000: the vector part alone).
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import psutil

from benchmarks.machine import heading
from knowledge import building, index, ngrams
from knowledge import vectors as vector_part
from knowledge.embedding import OnnxEmbedder, Progress, Vectors
from knowledge.entry import Entry, Source
from knowledge.importing import read_paths
from knowledge.models import resolve
from knowledge.retriever import Retriever
from settings import ROOT, load_settings

SIZES = (1_000, 10_000, 100_000, 1_000_000)
END_TO_END = 300_000
EMBEDDED = 1_000
BULK = ROOT.parent / "shared" / "data" / "bulk_docs.jsonl.gz"
QUERIES = Path(__file__).with_name("knowledge_queries.tsv")
REGIONS = ("national", "510000", "510100", "510123", "410000", "230000")
COLUMNS = [
    "entries",
    "passages",
    "vectors",
    "build_s",
    "open_s",
    "disk_MB",
    "rss_MB",
    "p50_ms",
    "p95_ms",
    "max_ms",
    "wall_p95_ms",
    "embed_ms",
    "sparse_ms",
    "dense_ms",
    "add_s",
    "remove_s",
]
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；\n]?")


def texts(count: int) -> Iterator[tuple[str, str]]:
    """``count`` different titles and texts."""
    if BULK.is_file():
        with gzip.open(BULK, "rt", encoding="utf-8") as lines:
            base = [(row["title"], row["text"]) for row in map(json.loads, lines)]
    else:
        base = [(entry.title, entry.text) for entry in read_paths(load_settings().knowledge_dirs).entries]
    dice = random.Random(0)
    dice.shuffle(base)
    yield from base[:count]
    for place in range(len(base), count):
        title, text = base[place % len(base)]
        sentences = [
            *_SENTENCE.findall(text),
            dice.choice(_SENTENCE.findall(base[dice.randrange(len(base))][1]) or [""]),
        ]
        dice.shuffle(sentences)
        changed = re.sub(r"\d", lambda _: str(dice.randrange(10)), "".join(sentences))
        yield f"{title} {place}", changed


def entries(count: int) -> list[Entry]:
    """``count`` imported entries spread over regions."""
    source = (Source(title="规模测试"),)
    return [
        Entry(
            f"doc-{place:07}",
            title,
            ("policy", "farming", "finance")[place % 3],
            text,
            region=REGIONS[place % 6] if place % 2 else "national",
            sources=source,
            status="imported",
            imported_on=date(2026, 1, 1),
        )
        for place, (title, text) in enumerate(texts(count))
    ]


class Half(OnnxEmbedder):
    """The model for questions and the first passages; moved copies of those for all others."""

    def documents(self, texts: Sequence[str], progress: Progress = lambda _: None, fast: bool = False) -> Vectors:
        real = super().documents(texts[:EMBEDDED], progress, fast=fast)
        return moved(real, len(texts))


def moved(real: Vectors, count: int) -> Vectors:
    """``count`` unit vectors: ``real`` first, then copies at a cosine of about .95."""
    dice = np.random.default_rng(0)
    vectors = np.empty((count, real.shape[1]), np.float32)
    vectors[: len(real)] = real
    for start in range(len(real), count, 50_000):
        rows = min(50_000, count - start)
        noise = dice.normal(scale=0.33 / real.shape[1] ** 0.5, size=(rows, real.shape[1])).astype(np.float32)
        copies = real[dice.integers(0, len(real), rows)] + noise
        vectors[start : start + rows] = copies / np.linalg.norm(copies, axis=1, keepdims=True)
    return vectors


def questions() -> list[str]:
    """The labelled questions."""
    lines = QUERIES.read_text(encoding="utf-8").splitlines()
    return [line.split("\t")[2] for line in lines if line and not line.startswith("#")]


def _ms(times: list[float], share: float) -> float:
    return round(float(np.percentile(times, share)) * 1000, 1)


def build(count: int, folder: Path) -> dict[str, object]:
    """Builds the index of ``count`` entries in ``folder``."""
    settings = load_settings()
    embedder = Half(resolve(settings.models_dir, None))
    made = entries(count)
    real = embedder.documents(["一"])
    start = time.perf_counter()
    building.build(made, folder, embedder)
    took = time.perf_counter() - start
    start = time.perf_counter()
    extra = Entry("doc-extra", "新加的一条", "policy", "这一条是后来加进来的。", status="imported")
    building.change(folder, embedder, add=[extra])
    added = time.perf_counter() - start
    start = time.perf_counter()
    building.change(folder, embedder, remove=[extra.id])
    removed = time.perf_counter() - start
    assert real.shape[0] == 1
    return {"build_s": round(took, 1), "add_s": round(added, 2), "remove_s": round(removed, 2)}


def serve(folder: Path) -> dict[str, object]:
    """Opens the index as a server does and searches it."""
    settings = load_settings()
    embedder = OnnxEmbedder(resolve(settings.models_dir, None))
    start = time.perf_counter()
    opened = index.open_current(folder)
    open_s = time.perf_counter() - start
    retriever = Retriever(opened, embedder)
    asked = questions()
    for text in asked[:20]:
        retriever.search([text])
    times, walls, embedding, sparse, dense = [], [], [], [], []
    for place, text in enumerate(asked * 2):
        start, wall = time.thread_time(), time.perf_counter()
        retriever.search([text], region="510123" if place % 2 else None)
        times.append(time.thread_time() - start)
        walls.append(time.perf_counter() - wall)
    every = np.ones(opened.manifest.passages, np.bool_)
    for text in asked[:60]:
        start = time.thread_time()
        vector = embedder.queries([text])
        middle = time.thread_time()
        opened.chars.scores(ngrams.char_codes(text))
        opened.pinyin.scores(ngrams.pinyin_codes(text))
        end = time.thread_time()
        vector_part.nearest(opened.vectors, vector, 40, every)
        dense.append(time.thread_time() - end)
        embedding.append(middle - start)
        sparse.append(end - middle)
    size = sum(file.stat().st_size for file in opened.folder.rglob("*") if file.is_file())
    return {
        "entries": opened.manifest.entries,
        "passages": opened.manifest.passages,
        "vectors": opened.manifest.vectors,
        "open_s": round(open_s, 2),
        "disk_MB": size // 2**20,
        "rss_MB": psutil.Process().memory_info().rss // 2**20,
        "p50_ms": _ms(times, 50),
        "p95_ms": _ms(times, 95),
        "max_ms": _ms(times, 100),
        "wall_p95_ms": _ms(walls, 95),
        "embed_ms": _ms(embedding, 50),
        "sparse_ms": _ms(sparse, 50),
        "dense_ms": _ms(dense, 50),
    }


def vectors_alone(count: int) -> dict[str, object]:
    """The vector part with ``count`` vectors; recall is against exact search of the same."""
    import faiss

    settings = load_settings()
    embedder = OnnxEmbedder(resolve(settings.models_dir, None))
    faiss.omp_set_num_threads(1)
    real = embedder.documents([f"{title}\n{text}" for title, text in texts(EMBEDDED)], fast=True)
    vectors = moved(real, count)
    queries = embedder.queries(questions()[:100])
    exact = np.argsort(-(queries @ vectors.T), axis=1)[:, :40]
    before = psutil.Process().memory_info().rss
    start = time.perf_counter()
    made = vector_part.make(vectors)
    took = time.perf_counter() - start
    rss = psutil.Process().memory_info().rss - before
    every, times, hits = np.ones(count, np.bool_), [], []
    tenth = np.arange(count) % 10 == 0
    filtered = []
    for query, wanted in zip(queries, exact.tolist(), strict=True):
        start = time.thread_time()
        found = vector_part.nearest(made, query[None], 40, every)[0]
        times.append(time.thread_time() - start)
        hits.append(len(set(found.tolist()) & set(wanted)) / 40)
        start = time.thread_time()
        vector_part.nearest(made, query[None], 40, tenth)
        filtered.append(time.thread_time() - start)
    return {
        "entries": "-",
        "passages": count,
        "vectors": vector_part.kind_of(made),
        "build_s": round(took, 1),
        "rss_MB": rss // 2**20,
        "p50_ms": _ms(times, 50),
        "p95_ms": _ms(times, 95),
        "max_ms": _ms(times, 100),
        "recall@40": round(float(np.mean(hits)), 3),
        "p95_ms_tenth_allowed": _ms(filtered, 95),
    }


def _apart(*arguments: str) -> dict[str, object]:
    """One measurement in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.knowledge_scale", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def main(arguments: list[str]) -> int:
    if arguments and arguments[0].startswith("--"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        step, rest = arguments[0], arguments[1:]
        if step == "--build":
            row = build(int(rest[0]), Path(rest[1]))
        else:
            row = serve(Path(rest[0])) if step == "--serve" else vectors_alone(int(rest[0]))
        print(json.dumps(row))
        return 0
    print(heading())
    for size in map(int, arguments or SIZES):
        if size > END_TO_END:
            row = _apart("--vectors", str(size))
            print(*(f"{key}={value}" for key, value in row.items()), flush=True)
            continue
        with tempfile.TemporaryDirectory(prefix="kb-scale-") as folder:
            row = _apart("--build", str(size), folder) | _apart("--serve", folder)
        print(*(f"{key}={row[key]}" for key in COLUMNS), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
