"""Sentences that measure understanding, read from ``sentences/`` and made harder by ``sentence_noise``."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.sentence_noise import in_dialect, misheard
from nlu.sentences import Sentence

HERE = Path(__file__).parent / "sentences"
SEED = 5
_MARKS = re.compile(r"[\s，。！？、；：…,.!?;:~]+")
_LABEL = re.compile(r"\[(?P<words>[^\]]+)\]\((?P<kind>\w+)(?:=(?P<value>[^)]*))?\)")


@dataclass(frozen=True)
class Case:
    """``text`` means ``intent``."""

    intent: str
    text: str


@dataclass(frozen=True)
class Label:
    """``words`` at ``start`` name a ``kind``; ``value`` is None when it is the words themselves."""

    kind: str
    words: str
    value: str | None
    start: int


@dataclass(frozen=True)
class Labelled:
    """A sentence and all entities in it."""

    text: str
    labels: tuple[Label, ...]


def cases(part: str, unlike: Iterable[Sentence]) -> dict[str, list[Case]]:
    """The sentences of ``development`` or ``test`` by material, without those that stand among ``unlike``."""
    known = {_MARKS.sub("", s.text) for s in unlike}
    with (HERE / f"{part}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    rows = [row for row in rows if _MARKS.sub("", row["text"]) not in known]
    standard = [Case(row["intent"], row["text"]) for row in rows if row["speech"] == "standard"]
    dialect = [Case(row["intent"], row["text"]) for row in rows if row["speech"] == "dialect"]
    swapped = [Case(c.intent, in_dialect(c.text, SEED)) for c in standard if in_dialect(c.text, SEED) != c.text]
    return {
        "as written": standard,
        "dialect words": swapped,
        "spoken dialect": dialect,
        "misheard": [Case(c.intent, misheard(c.text, SEED)) for c in [*standard, *dialect]],
    }


def labelled(part: str) -> list[Labelled]:
    """Sentences with entities: ``想贷[五万](amount=5000000)``."""
    lines = (HERE / f"entities_{part}.txt").read_text(encoding="utf-8").splitlines()
    return [_labelled(line) for line in lines if line and not line.startswith("#")]


def _labelled(line: str) -> Labelled:
    text, at = "", 0
    labels: list[Label] = []
    for match in _LABEL.finditer(line):
        text += line[at : match.start()]
        labels.append(Label(match["kind"], match["words"], match["value"], len(text)))
        text += match["words"]
        at = match.end()
    return Labelled(text + line[at:], tuple(labels))
