"""One knowledge entry: its schema, its Markdown file with front matter, and the loader that names every error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from knowledge.errors import EntryError

NATIONAL = "national"
TOPICS = ("policy", "farming", "antifraud", "finance")
PREFIXES = {"policy": "policy-", "farming": "farm-", "antifraud": "fraud-", "finance": "finance-"}
Day = date
"""A field may be called ``date``, its type then not."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,120}")
_REGION = re.compile(r"\d{6}")
_HEAD = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)


class Source(BaseModel):
    """Where a fact comes from: a statute with its article, a standard, or a page with its address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str = Field(min_length=2)
    article: str | None = None
    url: str | None = None
    date: Day | None = None

    @field_validator("url")
    @classmethod
    def _web(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://\S+$", value):
            raise ValueError("must start with http:// or https://")
        return value


class Risk(BaseModel):
    """What a wrong text could do harm with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    doses: bool
    amounts: bool


class FrontMatter(BaseModel):
    """The head of an entry's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str = Field(min_length=2, max_length=60)
    topic: Literal["policy", "farming", "antifraud", "finance"]
    questions: tuple[str, ...] = Field(min_length=1)
    region: str
    valid_from: date | None
    valid_to: date | None
    sources: tuple[Source, ...] = Field(min_length=1)
    checked_on: date
    risk: Risk
    hotline: str | None
    names_banned: bool = False
    spoken: str = Field(min_length=4)

    @field_validator("id")
    @classmethod
    def _plain_id(cls, value: str) -> str:
        if not _ID.fullmatch(value):
            raise ValueError("lower-case ASCII letters, digits and hyphens only")
        return value

    @field_validator("region")
    @classmethod
    def _code(cls, value: str) -> str:
        if value != NATIONAL and not _REGION.fullmatch(value):
            raise ValueError('"national" or a six-digit code in quotes')
        return value

    @field_validator("questions")
    @classmethod
    def _not_empty(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not question.strip() for question in value):
            raise ValueError("empty question")
        return value


@dataclass(frozen=True)
class Entry:
    """What the index holds; also made from imported documents, which may lack questions and a spoken form."""

    id: str
    title: str
    topic: str
    text: str
    questions: tuple[str, ...] = ()
    spoken: str = ""
    region: str = NATIONAL
    valid_from: date | None = None
    valid_to: date | None = None
    sources: tuple[Source, ...] = ()
    checked_on: date | None = None
    status: Literal["reviewed", "imported"] = "reviewed"
    """``reviewed``: one of our own entries, checked by a person. ``imported``: a document nobody here has checked."""
    imported_on: date | None = None

    def valid_on(self, day: date) -> bool:
        """True when the entry's rule is in force on ``day`` (both ends included)."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)


def region_chain(code: str | None) -> tuple[str, ...]:
    """From the nearest to the widest: county, city, province, ``national``.

    Args:
        code: six digits (GB/T 2260), ``national`` or None. Anything else counts as unknown: national only.
    """
    if code is None or not _REGION.fullmatch(code):
        return (NATIONAL,)
    chain = (code, code[:4] + "00", code[:2] + "0000", NATIONAL)
    return tuple(dict.fromkeys(chain))


def parse(raw: str, name: str) -> tuple[FrontMatter, str]:
    """Front matter and text of one entry file.

    Args:
        raw: the file's content.
        name: how errors call it.

    Raises:
        EntryError: what is wrong, in one line starting with ``name``.
    """
    found = _HEAD.match(raw.replace("\r\n", "\n").lstrip("\ufeff"))
    if found is None:
        raise EntryError(f"{name}: no front matter between two lines of ---")
    try:
        head = yaml.safe_load(found.group(1))
    except yaml.YAMLError as error:
        raise EntryError(f"{name}: front matter is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(head, dict):
        raise EntryError(f"{name}: front matter is not a list of fields")
    try:
        fields = FrontMatter.model_validate(head)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise EntryError(f"{name}: {place}: {first['msg']}") from error
    text = raw.replace("\r\n", "\n").lstrip("\ufeff")[found.end() :].strip()
    if not text:
        raise EntryError(f"{name}: no text below the front matter")
    return fields, text


def to_entry(head: FrontMatter, text: str) -> Entry:
    """The entry as the index holds it."""
    return Entry(
        id=head.id,
        title=head.title,
        topic=head.topic,
        text=text,
        questions=head.questions,
        spoken=head.spoken.strip(),
        region=head.region,
        valid_from=head.valid_from,
        valid_to=head.valid_to,
        sources=head.sources,
        checked_on=head.checked_on,
    )


def entry_files(folder: Path) -> Iterator[Path]:
    """The Markdown files below ``folder``, sorted, without hidden ones."""
    for path in sorted(folder.rglob("*.md")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path


def load(path: Path) -> tuple[FrontMatter, str]:
    """Front matter and text of the entry file ``path``.

    Raises:
        EntryError: unreadable, not UTF-8, or against the schema; starts with the path.
    """
    try:
        raw = path.read_text(encoding="utf-8")
    except OSError as error:
        raise EntryError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise EntryError(f"{path}: not UTF-8 at byte {error.start}") from error
    return parse(raw, str(path))
