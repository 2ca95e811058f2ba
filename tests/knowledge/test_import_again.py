"""What a second import does, and which entries and files are taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from knowledge.entry import Entry
from knowledge.errors import ImportError_
from knowledge.importing import Store
from knowledge.importing.blocks import ENTRY_CHARS, Block, Origin, entries
from tests.knowledge.documents import DAY, LATER, file, store, take, titles

__all__ = ["store"]  # a fixture
pytestmark = pytest.mark.unit


def test_imported_entries_are_marked(tmp_path: Path, store: Store) -> None:
    take(store, file(tmp_path, "a.txt", "甲。"))
    (entry,) = store.entries()
    assert (entry.status, entry.imported_on, entry.sources[0].title) == ("imported", DAY, "资料 a")


def test_second_import_updates_and_does_not_double(tmp_path: Path, store: Store) -> None:
    path = file(tmp_path, "a.md", "# 一\n甲\n# 二\n乙\n# 三\n丙\n")
    take(store, path)
    first = {entry.title: entry for entry in store.entries()}
    file(tmp_path, "a.md", "# 一\n甲\n# 二\n改了\n")
    counts = take(store, path, day=LATER)
    assert (counts.added, counts.updated, counts.unchanged, counts.removed) == (0, 1, 1, 1)
    second = {entry.title: entry for entry in store.entries()}
    assert set(second) == {"a 一", "a 二"}
    assert second["a 二"].id == first["a 二"].id
    assert [second[title].imported_on for title in ("a 一", "a 二")] == [DAY, LATER]


def test_document_that_can_no_longer_be_read_stays_as_it_was(tmp_path: Path, store: Store) -> None:
    path = file(tmp_path, "a.txt", "甲。")
    take(store, path)
    path.write_bytes(b"\x00\xff" * 40)
    counts = take(store, path)
    assert counts.problems
    assert [entry.text for entry in store.entries()] == ["甲。"]


def test_same_text_from_elsewhere_is_named_not_doubled(tmp_path: Path, store: Store) -> None:
    take(store, file(tmp_path, "a.txt", "甲。"))
    (tmp_path / "copy").mkdir()
    counts = take(store, file(tmp_path / "copy", "a.txt", "甲。"))
    assert counts.added == 0
    assert "already there as doc-" in counts.problems[0]


def test_an_id_of_another_document_is_not_taken_over(tmp_path: Path, store: Store) -> None:
    take(store, file(tmp_path, "a.jsonl", '{"id": "x", "text": "甲"}'))
    counts = take(store, file(tmp_path, "b.jsonl", '{"id": "x", "text": "乙"}'))
    assert "belongs to" in counts.problems[0]
    assert [entry.text for entry in store.entries()] == ["甲"]


def test_unknown_kind_names_the_cure_before_anything_is_imported(tmp_path: Path, store: Store) -> None:
    with pytest.raises(ImportError_, match=r"save it as \.xlsx"):
        take(store, file(tmp_path, "a.txt", "甲。"), file(tmp_path, "old.xls", "x"))
    assert list(store.entries()) == []


def test_folder_is_searched_without_hidden_files(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "in"
    (folder / ".git").mkdir(parents=True)
    file(folder / ".git", "x.md", "不要")
    file(folder, "a.TXT", "要。")
    take(store, folder)
    assert titles(store) == ["a"]


def test_nothing_is_lost_when_a_long_section_is_cut() -> None:
    text = "\n".join(f"第{n}句话说的是一件小事，说完就完。" * 3 for n in range(200))
    found: list[Entry] = list(entries(Origin("k", "长文"), [Block(2, "章"), Block(0, text)]))
    assert "".join(entry.text for entry in found).replace("\n", "") == text.replace("\n", "")
    assert max(len(entry.text) for entry in found) <= ENTRY_CHARS
    assert len({entry.id for entry in found}) == len(found) > 1
    assert all(entry.text.endswith("。") for entry in found)
