"""The labelled questions of ``questions/`` and ``knowledge_queries.tsv``: read, split, and made to sound misheard.

``questions/`` was written from titles and texts of the entries, not from their wordings. A fixed seed splits it by
entry (out-of-scope questions by their own text): a third is ``dev`` and may be fitted on, the rest is ``test`` and is
only reported. ``questions/development.tsv`` (more questions for entries of the development part alone, and more that
nothing answers) and the older ``knowledge_queries.tsv`` were used for tuning and are all ``dev``.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pypinyin import lazy_pinyin

HERE = Path(__file__).parent
CONFUSION = HERE.parents[1] / "shared/data/confusion/same_pinyin.txt"
"""Homophone table beside the checkout; without it an own table is made of the characters of the content."""
PUBLIC = HERE.parents[1] / "shared/data/retrieval_dev.jsonl"
"""Public retrieval subsets beside the checkout."""
SPLIT_SEED = "xiangyin-questions-1"
NOISE_SEED = 20
NOISE_SHARE = 0.2


@dataclass(frozen=True)
class Question:
    """One labelled question. ``ids`` are the entries that answer it, none when nothing does."""

    kind: str
    """plain, dialect or outside."""
    group: str
    """Dialect area, or sort of out-of-scope question."""
    ids: tuple[str, ...]
    text: str
    part: str
    """dev or test."""


def _part(key: str) -> str:
    digest = hashlib.sha256(f"{SPLIT_SEED}|{key}".encode()).digest()
    return "dev" if int.from_bytes(digest[:4], "big") % 3 == 0 else "test"


FITTED = ("farm_exam", "anti_fraud")
"""Public subsets of which a third may be fitted on; the others are only reported."""


def public_part(query: str) -> str:
    """``dev`` for the third of the public queries (by id) that weights of bare documents may be fitted on."""
    return "dev" if int(hashlib.sha256(query.encode()).hexdigest(), 16) % 3 == 0 else "test"


def chosen_on(query: str) -> bool:
    """Whether the way documents are compared (``knowledge.spread``) was chosen on this public query (by id); the other
    half was read once, when the choice stood."""
    return int(hashlib.sha256(f"half|{query}".encode()).hexdigest(), 16) % 2 == 0


def _rows(path: Path, columns: int) -> Iterable[list[str]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("#"):
            row = line.split("\t")
            if len(row) != columns:
                raise ValueError(f"{path}:{number}: {columns} columns expected")
            yield row


def read(known: Iterable[str]) -> list[Question]:
    """All questions that an entry in the index answers, and those that nothing answers.

    Args:
        known: ids of the entries in the index; a question none of whose entries is there is left out and named.

    Raises:
        ValueError: a line is malformed.
    """
    ids = set(known)
    found = [Question("plain", "", tuple(r[0].split(",")), r[1], "") for r in _rows(HERE / "questions/plain.tsv", 2)]
    found += [
        Question("dialect", r[1], tuple(r[0].split(",")), r[2], "") for r in _rows(HERE / "questions/dialect.tsv", 3)
    ]
    found = [Question(q.kind, q.group, q.ids, q.text, _part(q.ids[0])) for q in found]
    found += [Question("outside", r[0], (), r[1], _part(r[1])) for r in _rows(HERE / "questions/outside.tsv", 2)]
    for kind, group, names, text in _rows(HERE / "questions/development.tsv", 4):
        answers = tuple(filter(None, names.split(",")))
        if answers and _part(answers[0]) != "dev":
            raise ValueError(f"development.tsv: {answers[0]} belongs to the test part: {text}")
        found.append(Question(kind, group, answers, text, "dev"))
    for kind, names, text in _rows(HERE / "knowledge_queries.tsv", 3):
        label = {"clean": "plain", "out": "outside"}.get(kind, kind)
        found.append(Question(label, "", tuple(filter(None, names.split(","))), text, "dev"))
    for question in found:
        if question.ids and not ids.intersection(question.ids):
            print(f"left out, no entry {question.ids[0]}: {question.text}", file=sys.stderr)
    return [question for question in found if not question.ids or ids.intersection(question.ids)]


@lru_cache(maxsize=1)
def homophones() -> tuple[str, dict[str, str]]:
    """Where the table comes from, and for each character those that sound the same (tone apart).

    The own table is made of the characters of the questions, when the public one is absent.
    """
    if CONFUSION.is_file():
        table = {}
        for line in CONFUSION.read_text(encoding="utf-8").splitlines():
            parts = line.split("\t")
            if not line.startswith("#") and len(parts) > 1:
                table[parts[0]] = "".join(dict.fromkeys("".join(parts[1:]).replace(parts[0], "")))
        return CONFUSION.name, table
    pool: dict[str, set[str]] = {}
    texts = "".join(path.read_text(encoding="utf-8") for path in sorted((HERE / "questions").glob("*.tsv")))
    for char in {char for char in texts if "一" <= char <= "鿿"}:
        pool.setdefault(lazy_pinyin(char)[0], set()).add(char)
    return "own table", {char: "".join(sorted(same - {char})) for same in pool.values() for char in same}


def misheard(text: str, seed: int = NOISE_SEED, share: float = NOISE_SHARE) -> str:
    """``text`` with ``share`` of its Chinese characters (rounded, at least one) replaced by homophones."""
    table = homophones()[1]
    dice = random.Random(f"{seed}|{text}")
    places = [place for place, char in enumerate(text) if table.get(char)]
    letters = list(text)
    for place in sorted(dice.sample(places, min(len(places), max(1, round(share * len(text)))))):
        letters[place] = dice.choice(table[letters[place]])
    return "".join(letters)
