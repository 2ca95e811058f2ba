"""Sentence vectors: of questions (int8, one thread, a few milliseconds) and of passages (fp32, when an index is built).

The prepared model runs on onnxruntime and tokenizers alone. Any other sentence-transformers directory runs through that
library, which costs more memory and time but needs no export. All vectors are float32 of unit length.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from knowledge.e5 import DOCUMENT_GRAPH, MAX_TOKENS, QUERY_GRAPH
from knowledge.errors import ModelError
from knowledge.models import CURE, NAME, STAMP, verify

Vectors = npt.NDArray[np.float32]
Progress = Callable[[int], object]
DOCUMENT_THREADS = 2
REMEMBERED = 512
"""Questions whose vectors are kept: a megabyte or two."""
_SMALL_FILE = 1_000_000


@dataclass(frozen=True)
class Calibration:
    """Cosines that mean "nothing in common" (``low`` -> 0) and "the same" (``high`` -> 1) for one model."""

    low: float
    high: float

    def __call__(self, cosine: Vectors) -> Vectors:
        """Cosines mapped to 0..1, clipped."""
        scaled: Vectors = np.clip((cosine - self.low) / (self.high - self.low), 0.0, 1.0)
        return scaled


E5_CALIBRATION = Calibration(0.75, 0.95)


class Embedder(Protocol):
    """What index and search need of a model."""

    identity: str
    """Changes whenever the vectors may change."""
    dimension: int
    calibration: Calibration | None
    """None: to be estimated from the vectors of the index."""

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors ``[len(texts), dimension]`` of questions."""

    def readings(self, texts: Sequence[str]) -> Vectors:
        """Vectors ``[len(texts), dimension]`` of the readings of one question; the same each time it is asked."""

    def documents(self, texts: Sequence[str], progress: Progress = ..., fast: bool = False) -> Vectors:
        """Vectors ``[len(texts), dimension]`` of passages; ``progress`` is told how many more are done. ``fast`` may
        cost a little precision: it is for documents that come by the ten thousand."""


def _nothing(_: int) -> None:
    return None


class OnnxEmbedder:
    """The prepared model. The fp32 graph is opened only when documents are embedded."""

    calibration: Calibration | None = E5_CALIBRATION

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        verify(folder)
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        graphs = sorted(digest for name, (_, digest) in stamp["files"].items() if name.endswith(".onnx"))
        self.identity = f"{NAME}:" + hashlib.sha256("".join(graphs).encode()).hexdigest()[:16]
        self._folder = folder
        try:
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._query = self._session(QUERY_GRAPH, threads=1)
        except Exception as error:
            raise ModelError(f"{folder}: cannot be opened ({type(error).__name__}); delete it and {CURE}") from error
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._pad = self._tokenizer.token_to_id("<pad>")
        self._document: Any = None
        self.dimension = int(self._query.get_outputs()[0].shape[1])
        self._remembered = lru_cache(maxsize=REMEMBERED)(self._together)

    def _session(self, graph: str, threads: int) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # keeps the process small; costs nothing measurable at these lengths
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return onnxruntime.InferenceSession(str(self._folder / graph), options, providers=["CPUExecutionProvider"])

    def _run(self, session: Any, texts: Sequence[str]) -> Vectors:
        encoded = [item.ids for item in self._tokenizer.encode_batch(list(texts))]
        width = max(map(len, encoded))
        ids = np.full((len(encoded), width), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(encoded):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        vectors: Vectors = session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return vectors

    def queries(self, texts: Sequence[str]) -> Vectors:
        """Each question alone: int8 activations drift with the longest of a batch."""
        return np.concatenate([self._run(self._query, ["query: " + text]) for text in texts])

    def readings(self, texts: Sequence[str]) -> Vectors:
        """In one run, which reads the weights once, and remembered: people ask the same things."""
        return self._remembered(tuple(texts))

    def _together(self, texts: tuple[str, ...]) -> Vectors:
        vectors = self._run(self._query, ["query: " + text for text in texts])
        vectors.flags.writeable = False
        return vectors

    def documents(self, texts: Sequence[str], progress: Progress = _nothing, fast: bool = False) -> Vectors:
        """One passage at a time in two threads: batches of like length (4 to 32) cost more per passage, not less.

        ``fast`` takes the int8 graph of the questions: 2.3 times less processor time; cosines with questions then
        deviate by .0025 (standard deviation), that is .006 in a fused score.
        """
        if self._document is None and not fast:
            self._document = self._session(DOCUMENT_GRAPH, threads=1)
        session = self._query if fast else self._document
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        with ThreadPoolExecutor(DOCUMENT_THREADS) as pool:
            found = pool.map(lambda text: self._run(session, ["passage: " + text]), texts)
            for place, vector in enumerate(found):
                vectors[place] = vector[0]
                progress(1)
        return vectors

    def release_documents(self) -> None:
        """Frees the fp32 graph after a build."""
        self._document = None


class LibraryEmbedder:
    """Any sentence-transformers directory, through the library; never touches the network."""

    calibration: Calibration | None = None

    def __init__(self, folder: Path) -> None:
        from sentence_transformers import SentenceTransformer

        self.identity = f"{folder.name}:{_folder_digest(folder)}"
        try:
            self._model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        except Exception as error:
            raise ModelError(f"{folder}: cannot be loaded by sentence-transformers ({error!s:.120})") from error
        probe = self.queries(["一"])
        self.dimension = int(probe.shape[1])

    def queries(self, texts: Sequence[str]) -> Vectors:
        vectors: Vectors = self._model.encode_query(
            list(texts), normalize_embeddings=True, show_progress_bar=False, convert_to_numpy=True
        )
        return vectors.astype(np.float32)

    def readings(self, texts: Sequence[str]) -> Vectors:
        return self.queries(texts)

    def documents(
        self,
        texts: Sequence[str],
        progress: Progress = _nothing,
        fast: bool = False,  # noqa: ARG002 - one precision
    ) -> Vectors:
        parts = []
        for start in range(0, len(texts), 256):
            batch = list(texts[start : start + 256])
            parts.append(self._model.encode_document(batch, normalize_embeddings=True, show_progress_bar=False))
            progress(len(batch))
        return np.concatenate(parts).astype(np.float32)


def _folder_digest(folder: Path) -> str:
    """Names and sizes of all files, and the content of the small ones (configuration, tokenizer)."""
    digest = hashlib.sha256()
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        size = file.stat().st_size
        digest.update(f"{file.relative_to(folder)}:{size}\n".encode())
        with file.open("rb") as content:
            digest.update(content.read(_SMALL_FILE))
    return digest.hexdigest()[:16]


def open_embedder(folder: Path) -> Embedder:
    """The embedder of a prepared or an operator's directory.

    Raises:
        ModelError: the directory is missing, damaged or not a sentence-transformers model.
    """
    if (folder / STAMP).is_file() and (folder / QUERY_GRAPH).is_file():
        return OnnxEmbedder(folder)
    if not (folder / "modules.json").is_file():
        raise ModelError(f"{folder}: no embedding model here; {CURE}")
    return LibraryEmbedder(folder)
