"""Time and memory of the knowledge base as it grows: 1,000 to 100,000 entries end to end, 1,000,000 vectors
with filters alone.

``python -m benchmarks.knowledge_scale`` writes ``results/knowledge_scale.md``. Each step runs in a process of its own
on one core and one thread. Entries are the bulk documents beside the checkout (the shipped content where they are
absent), and beyond those, mixtures of their sentences. Some hundred texts are embedded by the model; the vectors of the
others are those, moved at random, which costs a search the same. Sounds are looked up once a sentence, so pairs across
sentences are missing from the pinyin lists: without that, building them takes most of an hour.

Searches are end to end: dialect words, second reading, embedding, all signals, filters, decision. Every question is
asked once: the own development questions, every other one misheard, half of them with a region. Times are processor
time of the searching thread; the wall also counts waiting for a busy machine.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import psutil
from tqdm import tqdm  # type: ignore[import-untyped]

from benchmarks.knowledge_questions import HERE, misheard, read
from benchmarks.machine import heading
from benchmarks.vectors_scale import COLUMNS as VECTOR_COLUMNS
from benchmarks.vectors_scale import moved, search_vectors, write_vectors
from knowledge import building, index, index_files, ngrams
from knowledge import vectors as vector_part
from knowledge.embedding import OnnxEmbedder, Progress, Vectors
from knowledge.entry import Entry, Source
from knowledge.importing import read_paths
from knowledge.matching import Question
from knowledge.models import resolve
from knowledge.retriever import Retriever
from settings import ROOT, load_settings

SIZES = (1_000, 10_000, 100_000)
VECTORS = (300_000, 1_000_000)
EMBEDDED = 400
BASE = 12_000
"""Documents taken as they are, at most."""
ASKED = 240
BULK = ROOT.parent / "shared" / "data" / "bulk_docs.jsonl.gz"
RESULTS = HERE / "results" / "knowledge_scale.md"
REGIONS = ("national", "510000", "510100", "510123", "410000", "230000")
COLUMNS = {
    "entries": "entries",
    "passages": "passages",
    "vectors": "vectors",
    "p50": "p50 ms",
    "p95": "p95 ms",
    "max": "max ms",
    "wall_p95": "p95 wall ms",
    "parts": "of p50: embedding, n-grams, vectors ms",
    "rss": "RSS MB",
    "disk": "disk MB",
    "build": "build s",
    "add": "add one s",
    "open": "open s",
}
_SENTENCE = re.compile(r"[^。！？；\n]+[。！？；\n]?")


def texts(count: int) -> list[tuple[str, str]]:
    """``count`` titles and texts: documents, then mixtures of as many sentences as a document has."""
    if BULK.is_file():
        with gzip.open(BULK, "rt", encoding="utf-8") as lines:
            base = [(row["title"], row["text"]) for row in map(json.loads, lines)]
    else:
        base = [(entry.title, entry.text) for entry in read_paths(load_settings().knowledge_dirs).entries]
    dice = random.Random(0)
    dice.shuffle(base)
    found = base = base[: min(count, BASE)]
    if count > len(base):
        sentences = [_SENTENCE.findall(text) for _, text in base]
        every = [sentence for some in sentences for sentence in some]
        places = range(len(base), count)
        mixed = ("".join(dice.choices(every, k=len(sentences[place % len(base)]))) for place in places)
        found = base + [
            (f"{base[place % len(base)][0]} {place}", text) for place, text in zip(places, mixed, strict=True)
        ]
    return found


def entries(count: int) -> list[Entry]:
    """``count`` imported entries, half of them spread over regions."""
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


@cache
def _sentence_codes(sentence: str) -> ngrams.Codes:
    return ngrams.pinyin_codes(sentence)


def _by_sentence(text: str) -> ngrams.Codes:
    return np.concatenate([np.zeros(0, np.int64), *map(_sentence_codes, _SENTENCE.findall(text))])


class Moved(OnnxEmbedder):
    """The model for questions; moved copies of a few real vectors for passages."""

    real: Vectors
    given = 0

    def documents(self, texts: Sequence[str], progress: Progress = lambda _: None, fast: bool = False) -> Vectors:  # noqa: ARG002
        self.given += 1
        progress(len(texts))
        return moved(self.real, len(texts), self.given)


def _bar(total: int, _: object) -> Callable[[int], object]:
    return tqdm(total=total, desc=f"building {total}", file=sys.stderr).update  # type: ignore[no-any-return]


def _model(kind: type[OnnxEmbedder] = OnnxEmbedder) -> OnnxEmbedder:
    return kind(resolve(load_settings().models_dir, None))


def seeds(folder: Path, _: int) -> dict[str, object]:
    """Embeds some texts and the questions, for all sizes."""
    some = [f"{title}\n{text}" for title, text in texts(EMBEDDED)]
    bar = tqdm(total=len(some), desc="embedding", file=sys.stderr)
    model = _model()
    np.save(folder / "real.npy", model.documents(some, bar.update, fast=True))
    np.save(folder / "asked.npy", model.queries(questions()[:100]))
    return {}


def build(folder: Path, count: int) -> dict[str, object]:
    """Builds the index of ``count`` entries, and adds one to it."""
    embedder = _model(Moved)
    assert isinstance(embedder, Moved)
    embedder.real = np.load(folder / "real.npy")
    index_files.KINDS["pinyin"] = _by_sentence
    made = entries(count)
    start = time.perf_counter()
    building.build(made, folder / "index", embedder, progress=_bar)
    took = time.perf_counter() - start
    start = time.perf_counter()
    extra = Entry("doc-extra", "新加的一条", "policy", "这一条是后来加进来的。", status="imported")
    building.change(folder / "index", embedder, add=[extra])
    return {"build": round(took), "add": round(time.perf_counter() - start, 1)}


def questions() -> list[str]:
    """Own development questions, every other one misheard."""
    ids = [entry.id for entry in read_paths(load_settings().knowledge_dirs).entries]
    own = [question.text for question in read(ids) if question.part == "dev"]
    random.Random(0).shuffle(own)
    return [misheard(text) if place % 2 else text for place, text in enumerate(own[:ASKED])]


def _ms(times: Sequence[float], share: float) -> float:
    return round(float(np.percentile(times, share)) * 1000, 1)


def serve(folder: Path, _: int) -> dict[str, object]:
    """Opens the index as a server does and searches it."""
    embedder = _model()
    start = time.perf_counter()
    opened = index.open_current(folder / "index")
    opened.warm()
    open_s = time.perf_counter() - start
    retriever = Retriever(opened, embedder)
    asked = questions()
    for text in ("打雷怎么办", "娃儿上学有啥子补助", "玉米叶子黄了"):
        retriever.search([text])
    times, walls = [], []
    for place, text in enumerate(tqdm(asked, desc="searching", file=sys.stderr)):
        start, wall = time.thread_time(), time.perf_counter()
        retriever.search([text], region="510123" if place // 2 % 2 else None)
        times.append(time.thread_time() - start)
        walls.append(time.perf_counter() - wall)
    size = sum(file.stat().st_size for file in opened.folder.rglob("*") if file.is_file())
    return {
        "entries": f"{opened.manifest.entries:,}",
        "passages": f"{opened.manifest.passages:,}",
        "vectors": opened.manifest.vectors,
        "open": round(open_s, 2),
        "disk": size // 2**20,
        "rss": psutil.Process().memory_info().rss // 2**20,
        "p50": _ms(times, 50),
        "p95": _ms(times, 95),
        "max": _ms(times, 100),
        "wall_p95": _ms(walls, 95),
        "parts": _parts(opened, embedder, asked[:60]),
    }


def _parts(opened: index.Index, embedder: OnnxEmbedder, asked: Sequence[str]) -> str:
    """Median processor time of the parts of a search, for one reading."""
    every = np.ones(opened.manifest.passages, np.bool_)
    found: list[tuple[float, float, float]] = []
    for text in asked:
        start = time.thread_time()
        vector = embedder.queries([text + "呀"])
        embedded = time.thread_time()
        for kind, codes_of in (("chars", ngrams.char_codes), ("pinyin", ngrams.pinyin_codes)):
            Question(getattr(opened, kind), [codes_of(text)]).best(40, every)
        matched = time.thread_time()
        vector_part.nearest(opened.vectors, vector, 40, every)
        found.append((embedded - start, matched - embedded, time.thread_time() - matched))
    return ", ".join(str(_ms(times, 50)) for times in zip(*found, strict=True))


STEPS: dict[str, Callable[[Path, int], dict[str, object]]] = {
    "seeds": seeds,
    "build": build,
    "serve": serve,
    "write_vectors": write_vectors,
    "search_vectors": search_vectors,
}


def _apart(step: str, folder: Path, count: int = 0) -> dict[str, object]:
    """One step in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.knowledge_scale", f"--{step}", str(folder), str(count)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def _table(columns: dict[str, str], rows: Sequence[dict[str, object]]) -> list[str]:
    lines = [f"| {' | '.join(columns.values())} |", f"|{'--:|' * len(columns)}"]
    return lines + [f"| {' | '.join(str(row[key]) for key in columns)} |" for row in rows]


def main(arguments: list[str]) -> int:
    """Without arguments everything, and the table is written; ``--STEP FOLDER COUNT`` is one step."""
    if arguments:
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print(json.dumps(STEPS[arguments[0][2:]](Path(arguments[1]), int(arguments[2]))))
        return 0
    whole, alone = [], []
    with tempfile.TemporaryDirectory(prefix="kb-scale-") as temporary:
        folder = Path(temporary)
        _apart("seeds", folder)
        for count in SIZES:
            whole.append(_apart("build", folder, count) | _apart("serve", folder))
            shutil.rmtree(folder / "index")
        for count in VECTORS:
            alone.append(_apart("write_vectors", folder, count) | _apart("search_vectors", folder, count))
    said = (__doc__ or "").split("\n\n")
    lines = ["# The knowledge base as it grows", "", heading(), "", *said[1:], "## Search, end to end", ""]
    lines += [*_table(COLUMNS, whole), "", "## Vectors and filters alone", "", *_table(VECTOR_COLUMNS, alone)]
    text = "\n".join(lines) + "\n"
    RESULTS.write_text(text, encoding="utf-8")
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
