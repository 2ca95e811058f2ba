"""Entries, rules, import and passages."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.banned import banned_names
from knowledge.check import check
from knowledge.entry import parse, region_chain
from knowledge.errors import EntryError, ImportError_
from knowledge.importing import read_paths
from knowledge.passages import BODY_CHARS, pieces
from settings import ROOT

pytestmark = pytest.mark.unit

GOOD = """---
id: farm-rust
title: 小麦条锈病怎么防治
topic: farming
questions:
  - 麦子起黄锈咋办
region: national
valid_from: null
valid_to: null
sources:
  - title: 农药管理条例
    article: 第三十四条
    url: null
    date: 2022-03-29
checked_on: 2026-01-05
risk: {doses: true, amounts: false}
hotline: "12316"
spoken: 早发现早打药，看标签。
---
叶片上有一行行黄色粉末。打药看标签，拿不准打12316。
"""


def _write(folder: Path, text: str, name: str = "farm-rust.md") -> list[str]:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return [str(found) for found in check([folder], date(2026, 11, 23))[1]]


def test_good_entry_has_no_findings(tmp_path: Path) -> None:
    assert _write(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("topic: farming", "topic: cooking", "schema: topic"),
        ("region: national", "region: 51", "schema: region"),
        ("id: farm-rust", "id: farm-other", "id: the file is not named"),
        ("valid_to: null", "valid_to: 2025-01-01", "expired"),
        ("spoken: 早发现早打药，看标签。", "spoken: " + "长" * 121, "spoken: 121"),
        ("拿不准打12316", "拿不准就问", "hotline: 12316"),
        ("打药看标签，拿不准", "用氧 乐果，拿不准", "banned: names 氧乐果"),
        ("checked_on: 2026-01-05", "checked_on: 2027-01-05", "checked_on"),
        ("title: 小麦条锈病怎么防治", "titel: 小麦", "schema"),
        ("---\nid", "id", "schema: no front matter"),
    ],
)
def test_each_rule_is_found(tmp_path: Path, old: str, new: str, wanted: str) -> None:
    findings = _write(tmp_path, GOOD.replace(old, new, 1))
    assert any(wanted in finding for finding in findings), findings


def test_names_banned_allows_a_warning(tmp_path: Path) -> None:
    text = GOOD.replace("打药看标签", "百草枯不许用").replace("hotline:", "names_banned: true\nhotline:")
    assert _write(tmp_path, text) == []


def test_duplicates_are_found(tmp_path: Path) -> None:
    _write(tmp_path, GOOD)
    findings = _write(tmp_path, GOOD.replace("id: farm-rust", "id: farm-two"), "farm-two.md")
    assert {finding.split(": ")[1] for finding in findings} == {"question", "near-duplicate"}


def test_banned_names_are_not_seen_inside_others() -> None:
    assert banned_names("甲基碘甲磺隆钠盐、毒死蜱、2，4-滴丁酯") == ["毒死蜱", "2,4-滴丁酯"]


def test_region_chain() -> None:
    assert region_chain("510123") == ("510123", "510100", "510000", "national")
    assert region_chain("510000") == ("510000", "national")
    assert region_chain(None) == region_chain("national") == region_chain("abc") == ("national",)


def test_parse_names_the_file() -> None:
    with pytest.raises(EntryError, match=r"^x\.md: "):
        parse("no head", "x.md")


@given(st.text(alphabet="天地。！\n黄a", max_size=2000))
def test_pieces_lose_nothing_and_keep_the_limit(text: str) -> None:
    found = pieces(text)
    assert all(len(piece) <= BODY_CHARS for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


def test_content_folder_gives_reviewed_entries_and_names_the_rest(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "b.md").write_text(GOOD, encoding="utf-8")
    (tmp_path / "c.md").write_text("# no entry", encoding="utf-8")
    found = read_paths([tmp_path])
    assert [(entry.id, entry.status) for entry in found.entries] == [("farm-rust", "reviewed")]
    assert [problem.rsplit("/", 1)[1][:4] for problem in found.problems] == ["b.md", "c.md"]


def test_import_of_a_missing_path_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ImportError_, match="no such"):
        read_paths([tmp_path / "nothing.md"])


def test_shipped_content_keeps_the_schema_and_names_no_banned_agent() -> None:
    total, findings = check([ROOT / "knowledge" / "content"])
    if total == 0:
        pytest.skip("no content in this checkout")
    assert [str(found) for found in findings if found.rule in ("schema", "id", "banned", "expired")] == []
