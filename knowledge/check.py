"""``kb check``: the rules every shipped entry keeps. Each finding names the file and what is wrong."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from knowledge import ngrams
from knowledge.banned import banned_names
from knowledge.entry import PREFIXES, FrontMatter, entry_files, load
from knowledge.errors import EntryError
from knowledge.matching import Question

SPOKEN_CHARS = 120
NEAR_DUPLICATE = 0.80
"""Character tf-idf cosine of two texts from which they are taken for one entry written twice."""
NEAR_TITLE = 0.90
_HOTLINE_NUMBER = re.compile(r"\d{3,}")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Finding:
    """One broken rule."""

    rule: str
    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rule}: {self.message}"


@dataclass(frozen=True)
class _File:
    path: Path
    head: FrontMatter
    text: str


def check(folders: Iterable[Path], on: date | None = None) -> tuple[int, list[Finding]]:
    """Checks all entry files below ``folders``.

    Args:
        folders: content folders.
        on: the day by which entries count as expired; today when None.

    Returns:
        How many files were read, and the findings.
    """
    findings: list[Finding] = []
    files: list[_File] = []
    total = 0
    for folder in folders:
        for path in entry_files(folder):
            total += 1
            try:
                files.append(_File(path, *load(path)))
            except EntryError as error:
                findings.append(Finding("schema", str(path), str(error).removeprefix(f"{path}: ")))
    for file in files:
        findings += _check_one(file, on or date.today())
    findings += _same_ids(files) + _same_questions(files) + _near_duplicates(files)
    return total, findings


def _check_one(file: _File, day: date) -> list[Finding]:
    head, place = file.head, str(file.path)
    found = []
    if file.path.stem != head.id:
        found.append(Finding("id", place, f"the file is not named after its id {head.id}"))
    if not head.id.startswith(PREFIXES[head.topic]):
        found.append(Finding("id", place, f"ids of {head.topic} start with {PREFIXES[head.topic]}"))
    if head.valid_to is not None and head.valid_to < day:
        found.append(Finding("expired", place, f"valid to {head.valid_to}"))
    if head.valid_from and head.valid_to and head.valid_to < head.valid_from:
        found.append(Finding("expired", place, "valid_to lies before valid_from"))
    if head.checked_on > day:
        found.append(Finding("checked_on", place, f"{head.checked_on} lies in the future"))
    spoken = head.spoken.strip()
    if len(spoken) > SPOKEN_CHARS:
        found.append(Finding("spoken", place, f"{len(spoken)} characters, at most {SPOKEN_CHARS}"))
    if head.hotline:
        # "当地民政局" is named when the text says 县民政局.
        wanted = _HOTLINE_NUMBER.findall(head.hotline) or [head.hotline.removeprefix("当地")]
        if missing := [number for number in wanted if number not in file.text]:
            found.append(Finding("hotline", place, f"{missing[0]} is not in the text"))
    elif head.topic in ("antifraud", "finance"):
        found.append(Finding("hotline", place, f"an entry of {head.topic} names the hotline or office that decides"))
    shown = "\n".join((head.title, spoken, file.text))
    if not head.names_banned and (names := banned_names(shown)):
        found.append(Finding("banned", place, f"names {', '.join(names)} without names_banned: true"))
    return found


def _plain(text: str) -> str:
    return _NOT_WORD.sub("", text).lower()


def _same_ids(files: Sequence[_File]) -> list[Finding]:
    places = defaultdict(list)
    for file in files:
        places[file.head.id].append(str(file.path))
    return [Finding("id", paths[1], f"id already used by {paths[0]}") for paths in places.values() if len(paths) > 1]


def _same_questions(files: Sequence[_File]) -> list[Finding]:
    first: dict[str, _File] = {}
    found = []
    for file in files:
        for question in dict.fromkeys((_plain(file.head.title), *map(_plain, file.head.questions))):
            other = first.setdefault(question, file)
            if other is not file and _overlap(other.head, file.head):
                found.append(Finding("question", str(file.path), f"「{question}」 is also asked in {other.head.id}"))
    return found


def _overlap(one: FrontMatter, other: FrontMatter) -> bool:
    """Entries for different regions may answer the same question."""
    return one.region == other.region


def _near_duplicates(files: Sequence[_File]) -> list[Finding]:
    """Pairs whose whole text, or whose title, is nearly the same."""
    found = []
    for label, limit, texts in (
        ("text", NEAR_DUPLICATE, [file.text for file in files]),
        ("title", NEAR_TITLE, [file.head.title for file in files]),
    ):
        grams = ngrams.build(texts, ngrams.char_codes)
        for place, text in enumerate(texts):
            scores = Question(grams, [ngrams.char_codes(text)]).scores()[0, :place]
            for other in np.flatnonzero(scores >= limit).tolist():
                if _overlap(files[other].head, files[place].head):
                    says = f"{label} {scores[other]:.0%} the same as {files[other].head.id}"
                    found.append(Finding("near-duplicate", str(files[place].path), says))
    return found
