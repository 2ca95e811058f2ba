"""The vector part of an index: exact, one byte a number, or in lists, chosen by size; numbers are passage rows.

Rows are numbered 0..n-1 without gaps; removing passages renumbers the rest in order, in all kinds alike.
"""

from __future__ import annotations

from typing import Any

import faiss
import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

FLAT_MAX = 8_000
"""Exact up to here; beyond, one byte a number (SQ8) is a quarter of the memory and several times faster."""
SQ8_MAX = 300_000
"""Read whole up to here; beyond, in lists of which a search reads a few."""
TRAIN_PER_LIST = 40
PROBES = 48
"""Lists read when every passage is allowed; more in proportion when a filter lets few through."""
RANGE_MARGIN = 0.1
"""SQ8 spreads its 256 steps over the range of a sample, widened by this share at both ends for what comes later."""
_BLOCK = 50_000


def kind_for(count: int) -> str:
    """The faiss factory string for ``count`` vectors."""
    if count <= FLAT_MAX:
        return "Flat"
    if count <= SQ8_MAX:
        return "SQ8"
    return f"IVF{1 << round(np.log2(2 * count**0.5))},SQ8"


def kind_of(index: Any) -> str:
    """The factory string of an index made here."""
    if isinstance(index, faiss.IndexIVF):
        return f"IVF{index.nlist},SQ8"
    return "SQ8" if isinstance(index, faiss.IndexScalarQuantizer) else "Flat"


def make(vectors: Vectors) -> Any:
    """An index of ``[n, dimension]`` unit vectors; the product of two is their cosine."""
    index: Any = faiss.index_factory(vectors.shape[1], kind_for(len(vectors)), faiss.METRIC_INNER_PRODUCT)
    if isinstance(index, faiss.IndexIVF):
        index.cp.niter, index.cp.max_points_per_centroid = 10, TRAIN_PER_LIST
        index.by_residual = False  # differences to a centre of few passages have a range of their own
    if not index.is_trained:
        index.sq.rangestat_arg = RANGE_MARGIN
        wanted = TRAIN_PER_LIST * getattr(index, "nlist", 2000)
        sample = np.random.default_rng(0).permutation(len(vectors))[:wanted]
        index.train(vectors[np.sort(sample)])
    _append(index, vectors)
    return index


def _append(index: Any, vectors: Vectors) -> None:
    for start in range(0, len(vectors), _BLOCK):
        index.add(vectors[start : start + _BLOCK])


def change(index: Any, kept: Mask, new: Vectors) -> Any:
    """The rows ``kept`` marks, then ``new``. ``index`` (read from disk for this, never one that serves) is used up."""
    count = int(kept.sum()) + len(new)
    small, large = (part.split(",")[0].rstrip("0123456789") for part in (kind_of(index), kind_for(count)))
    if small != large or not kept.any():
        return make(np.concatenate([reconstruct(index, np.flatnonzero(kept)), new]))
    if not kept.all():
        index.remove_ids(np.flatnonzero(~kept).astype(np.int64))
        if isinstance(index, faiss.IndexIVF):
            _renumber(index, np.cumsum(kept, dtype=np.int64) - 1)
    _append(index, new)
    return index


def _renumber(index: Any, number: npt.NDArray[np.int64]) -> None:
    """Lists keep ids when others are removed; a flat index moves up. This makes both alike."""
    for place in range(index.nlist):
        size = index.invlists.list_size(place)
        if size:
            ids = faiss.rev_swig_ptr(index.invlists.get_ids(place), size)
            ids[:] = number[ids]


def reconstruct(index: Any, rows: npt.NDArray[np.integer]) -> Vectors:
    """The stored vectors ``[len(rows), dimension]``."""
    if rows.size == 0:
        return np.zeros((0, index.d), np.float32)
    if isinstance(index, faiss.IndexIVF) and index.direct_map.type == 0:
        index.make_direct_map()
    vectors: Vectors = index.reconstruct_batch(rows.astype(np.int64))
    return vectors


def nearest(index: Any, queries: Vectors, k: int, allowed: Mask) -> npt.NDArray[np.int64]:
    """The nearest allowed rows ``[len(queries), k]`` of each query, -1 where there are fewer."""
    count = min(k, len(allowed))
    share = float(allowed.mean())
    selector = None
    if share < 1.0:
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)  # type: ignore[call-arg, arg-type]  # faiss wraps it at import
    if isinstance(index, faiss.IndexIVF):
        probes = min(index.nlist, int(PROBES / max(share, 0.01)))
        parameters: Any = faiss.SearchParametersIVF(sel=selector, nprobe=probes)  # type: ignore[call-arg]
    else:
        parameters = faiss.SearchParameters(sel=selector) if selector is not None else None  # type: ignore[call-arg]
    rows: npt.NDArray[np.int64] = index.search(queries, count, params=parameters)[1]
    return rows
