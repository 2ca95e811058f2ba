"""Counting and the table; hearing itself is measured with real recordings by the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from voice.evaluation.listening import Cost, Heard
from voice.evaluation.manifest import Clip, ManifestError, read
from voice.evaluation.measures import errors
from voice.evaluation.report import Judged, report, table
from voice.evaluation.variants import VARIANTS
from voice.recognisers.base import Hypothesis

pytestmark = pytest.mark.unit


def test_errors_count_characters_sounds_and_domain_words() -> None:
    found = errors("玉米3亩", "鱼米三母")
    assert (found.characters, found.wrong_characters, found.wrong_sounds) == (4, 2, 0)
    assert (found.terms, found.found_terms) == (1, 0)


def test_nothing_heard_is_wholly_wrong() -> None:
    found = errors("交电费", "")
    assert found.cer == 1.0
    assert found.per == 1.0


def test_a_report_counts_kept_meaning_by_variant_and_group() -> None:
    heard = Heard(
        Clip(id="1", text="交电费", audio="1.ogg", accent="std", voice="a"), (Hypothesis("叫电费", 0.8),), 1.0, 900
    )
    judged = [Judged(heard, v.name, heard.hypotheses, kept=v.repair) for v in VARIANTS]
    figures = report(judged, Cost(0.5, 300))
    assert set(figures["groups"]) == {"all", "std", "voice a"}
    variants = figures["groups"]["std"]["variants"]
    assert variants["raw"] == {"cer": pytest.approx(1 / 3, abs=1e-3), "per": 0.0, "terms": 0.0, "meaning": 0.0}
    assert variants["repaired"]["meaning"] == 1.0
    assert "| std | 1 | raw | 0.333 |" in table(figures)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{}", "Field required"),
        ("no json", "Invalid JSON"),
        ('{"id":"1","text":"a","audio":"none.ogg"}', "no recording"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, reason: str) -> None:
    manifest = tmp_path / "m.jsonl"
    manifest.write_text(line, encoding="utf-8")
    with pytest.raises(ManifestError, match=f"m.jsonl:1: .*{reason}"):
        read(manifest)


def test_a_manifest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.ogg").touch()
    manifest = tmp_path / "m.jsonl"
    row = {"id": "a", "text": "你好", "audio": "a.ogg", "dialect": "yue", "licence": "x"}
    manifest.write_text(json.dumps(row) + "\n\n", encoding="utf-8")
    (clip,) = read(manifest)
    assert (clip.id, clip.group, clip.region) == ("a", "yue", "national")
