"""The index as it changes: entry by entry like built at once, kinds of vectors, many searches while it is swapped."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge import building, index, ngrams
from knowledge import vectors as vector_part
from knowledge.embedding import Embedder
from knowledge.entry import Entry
from knowledge.errors import EntryError, IndexError_
from knowledge.matching import Question
from knowledge.retriever import Retriever

pytestmark = pytest.mark.unit


def _scores(retriever: Retriever, asked: str) -> dict[str, float]:
    return {hit.id: hit.score for hit in retriever.search([asked], k=20, on=date(2020, 6, 1)).hits}


def _open(folder: Path, embedder: Embedder) -> Retriever:
    return Retriever(index.open_current(folder), embedder, folder)


class _Counting:
    """The real model, counting what it embeds."""

    def __init__(self, inner: Embedder) -> None:
        self._inner = inner
        self.embedded: list[str] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def documents(self, texts: list[str], *more: object) -> object:
        self.embedded += texts
        return self._inner.documents(texts, *more)  # type: ignore[arg-type]


def test_changed_step_by_step_equals_built_at_once(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    changed = replace(entries[1], text="心叶期撒药。八月看第二代。", spoken="心叶期撒药，看标签。")
    building.build([entries[0], entries[1], entries[2], entries[3]], tmp_path / "steps", embedder)
    building.change(tmp_path / "steps", embedder, add=[entries[5]])
    building.change(tmp_path / "steps", embedder, remove=[entries[0].id])
    building.change(tmp_path / "steps", embedder, add=[changed])
    wanted = [changed, entries[2], entries[3], entries[5]]
    built, _ = building.build(wanted, tmp_path / "once", embedder)
    steps, once = _open(tmp_path / "steps", embedder), _open(tmp_path / "once", embedder)
    assert steps.index.manifest.inputs == built.inputs
    assert {entry.id: entry for entry in steps.index.entries} == {entry.id: entry for entry in wanted}
    for asked in ("苞谷钻心虫咋整", "社保缓缴吗", "卡丢了咋办", "小麦条锈病怎么防治"):
        assert _scores(steps, asked) == pytest.approx(_scores(once, asked), abs=1e-4)
    assert building.build(list(reversed(wanted)), tmp_path / "steps", embedder)[1] is False


def test_one_more_entry_embeds_only_its_own_passages(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    counting = _Counting(embedder)
    building.build(entries[:5], tmp_path, counting)  # type: ignore[arg-type]
    counting.embedded.clear()
    building.build(entries, tmp_path, counting)  # type: ignore[arg-type]
    assert counting.embedded
    assert all(
        any(text in part for part in (entries[5].title,)) or entries[5].title in text
        for text in set(counting.embedded) - set(entries[5].questions)
    )
    counting.embedded.clear()
    building.change(tmp_path, counting, remove=[entries[5].id])  # type: ignore[arg-type]
    assert counting.embedded == []


def test_weights_of_another_version_cost_no_new_vectors(
    tmp_path: Path, embedder: Embedder, entries: list[Entry]
) -> None:
    building.build(entries, tmp_path, embedder)
    folder = index.current_folder(tmp_path)
    assert folder is not None
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    stored["decision"]["worded"] = [1.0]
    (folder / "manifest.json").write_text(json.dumps(stored), encoding="utf-8")
    with pytest.raises(IndexError_, match="kb build"):
        index.open_current(tmp_path)
    counting = _Counting(embedder)
    building.build(entries, tmp_path, counting)  # type: ignore[arg-type]
    assert counting.embedded == []
    assert index.open_current(tmp_path).manifest.entries == len(entries)


def test_a_removed_entry_leaves_no_text_behind(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    building.build(entries, tmp_path, embedder)
    building.change(tmp_path, embedder, remove=["farm-borer"])
    folder = index.current_folder(tmp_path)
    assert folder is not None
    assert "玉米螟" not in (folder / "entries.jsonl").read_text(encoding="utf-8")
    assert "farm-borer" not in _scores(_open(tmp_path, embedder), "玉米螟怎么防治")


def test_unknown_id_changes_nothing(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    building.build(entries, tmp_path, embedder)
    before = index.current_folder(tmp_path)
    with pytest.raises(EntryError, match="no-such"):
        building.change(tmp_path, embedder, remove=["farm-borer", "no-such"])
    assert index.current_folder(tmp_path) == before


def test_change_without_an_index_names_the_cure(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    with pytest.raises(IndexError_, match="kb build"):
        building.change(tmp_path, embedder, add=entries)


def test_last_entry_cannot_be_removed(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    building.build(entries[:1], tmp_path, embedder)
    with pytest.raises(IndexError_, match="no entries"):
        building.change(tmp_path, embedder, remove=[entries[0].id])


def test_many_searches_while_the_index_changes(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    """Each search sees one index or the next, never a mixture: the entry removed is there or not, the rest always."""
    building.build(entries, tmp_path, embedder)
    retriever = _open(tmp_path, embedder)
    failures: list[BaseException] = []
    searched = [0] * 4
    done = threading.Event()

    def serve(worker: int) -> None:
        try:
            while not done.is_set():
                hits = retriever.search(["小麦条锈病怎么防治", "苞谷钻心虫咋整"], k=10).hits
                for hit in hits:
                    source = next(entry for entry in entries if entry.id == hit.id)
                    assert (hit.title, hit.text) == (source.title, source.text)
                assert "farm-rust" in {hit.id for hit in hits}
                searched[worker] += 1
        except BaseException as error:  # noqa: BLE001 - handed to the test
            failures.append(error)

    threads = [threading.Thread(target=serve, args=(worker,)) for worker in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(6):
        building.change(tmp_path, embedder, remove=["farm-borer"])
        assert retriever.refresh() is True
        building.change(tmp_path, embedder, add=[entries[1]])
        assert retriever.refresh() is True
    done.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert min(searched) > 0


def test_two_writers_lose_nothing(tmp_path: Path, embedder: Embedder, entries: list[Entry]) -> None:
    building.build(entries[:2], tmp_path, embedder)
    threads = [
        threading.Thread(target=building.change, args=(tmp_path, embedder), kwargs={"add": [entry]})
        for entry in entries[2:]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {entry.id for entry in index.open_current(tmp_path).entries} == {entry.id for entry in entries}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.text("甲乙丙丁aA1。 ", max_size=12), min_size=1, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.lists(st.text("甲乙丙戊b ", max_size=12), max_size=6),
    st.text("甲乙丙丁戊己a1", max_size=8),
)
def test_posting_lists_changed_equal_built_anew(old: list[str], flags: list[bool], new: list[str], asked: str) -> None:
    kept = np.array(flags[: len(old)])
    base = ngrams.build(old, ngrams.char_codes)
    changed = ngrams.extend(base.keep(kept), new, ngrams.char_codes)
    anew = ngrams.build([text for text, stays in zip(old, kept, strict=True) if stays] + new, ngrams.char_codes)
    for name in ("codes", "starts", "rows", "counts", "inverse_norms"):
        np.testing.assert_array_equal(getattr(changed, name), getattr(anew, name), err_msg=name)
    query = [ngrams.char_codes(asked)]
    np.testing.assert_allclose(Question(changed, query).scores(), Question(anew, query).scores())


def _cloud(count: int, seed: int) -> vector_part.Vectors:
    """Unit vectors around a few hundred centres, as texts lie around topics."""
    dice = np.random.default_rng(seed)
    centres = np.random.default_rng(7).normal(size=(300, 64))
    points = centres[dice.integers(0, 300, count)] + 0.6 * dice.normal(size=(count, 64))
    unit: vector_part.Vectors = (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)
    return unit


@pytest.fixture
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_part, "FLAT_MAX", 2000)
    monkeypatch.setattr(vector_part, "SQ8_MAX", 5000)


@pytest.mark.usefixtures("small_limits")
@pytest.mark.parametrize("count", [1500, 4000, 8000])
def test_each_kind_of_vectors_finds_changes_and_filters(count: int) -> None:
    vectors, new = _cloud(count, 1), _cloud(50, 2)
    dice = np.random.default_rng(3)
    kept = dice.random(count) > 0.05
    changed = vector_part.change(vector_part.make(vectors), kept, new)
    rows = np.concatenate([vectors[kept], new])
    assert vector_part.kind_of(changed) == vector_part.kind_for(len(rows))
    assert changed.ntotal == len(rows)
    np.testing.assert_allclose(vector_part.reconstruct(changed, np.arange(len(rows))), rows, atol=0.05)
    for allowed in (np.ones(len(rows), np.bool_), dice.random(len(rows)) < 0.1, dice.random(len(rows)) < 0.01):
        queries = _cloud(40, 4)
        exact = np.where(allowed, queries @ rows.T, -np.inf)
        wanted = np.argsort(-exact, axis=1)[:, :10]
        found = vector_part.nearest(changed, queries, 10, allowed)
        assert allowed[found[found >= 0]].all()
        recall = np.mean([len(set(a) & set(b)) / 10 for a, b in zip(wanted.tolist(), found.tolist(), strict=True)])
        assert recall >= 0.9


@pytest.mark.usefixtures("small_limits")
def test_growing_past_a_limit_changes_the_kind() -> None:
    vectors = _cloud(1990, 1)
    grown = vector_part.change(vector_part.make(vectors), np.ones(1990, np.bool_), _cloud(20, 2))
    assert vector_part.kind_of(grown) == "SQ8"
    shrunk = vector_part.change(grown, np.arange(2010) < 100, np.zeros((0, 64), np.float32))
    assert (vector_part.kind_of(shrunk), shrunk.ntotal) == ("Flat", 100)
