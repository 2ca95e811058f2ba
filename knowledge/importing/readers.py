"""One reader a kind of file. A reader yields entries, and a string for each thing it had to leave out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.entry import NATIONAL, Day, Entry, Source, parse, to_entry
from knowledge.errors import EntryError

Reader = Callable[[Path], Iterator[Entry | str]]
_HEADING = re.compile(r"^#{1,6}\s+(.+)$", re.MULTILINE)


class JsonRow(BaseModel):
    """A line of a JSONL file; only ``text`` must be there."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str | None = None
    title: str = ""
    topic: str = ""
    text: str = Field(min_length=1)
    questions: tuple[str, ...] = ()
    spoken: str = ""
    region: str = NATIONAL
    valid_from: Day | None = None
    valid_to: Day | None = None
    source: str | None = None
    url: str | None = None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _stable_id(path: Path, part: str) -> str:
    """The same file and part give the same id, so that a second import updates."""
    return "doc-" + hashlib.sha256(f"{path.name}|{part}".encode()).hexdigest()[:16]


def read_markdown(path: Path) -> Iterator[Entry | str]:
    """One of our entries when the file starts with front matter, else a document cut at its headings."""
    text = _text(path)
    if text is None:
        yield f"{path}: cannot be read as UTF-8"
    elif text.startswith("---\n"):
        try:
            yield to_entry(*parse(text, str(path)))
        except EntryError as error:
            yield str(error)
    else:
        yield from _sections(path, text)


def _sections(path: Path, text: str) -> Iterator[Entry | str]:
    source = (Source(title=path.stem if len(path.stem) > 1 else path.name),)
    marks = [*_HEADING.finditer(text)]
    starts = [0, *(mark.start() for mark in marks)]
    stops = [*(mark.start() for mark in marks), len(text)]
    titles = [path.stem, *(mark.group(1).strip() for mark in marks)]
    seen: dict[str, int] = {}
    found = False
    for title, start, stop in zip(titles, starts, stops, strict=True):
        body = _HEADING.sub("", text[start:stop], count=1).strip() if start or marks else text.strip()
        if start == 0 and marks and marks[0].start() == 0 and stop == 0:
            continue
        if body:
            found = True
            seen[title] = seen.get(title, 0) + 1
            yield Entry(_stable_id(path, f"{title}|{seen[title]}"), title, "", body, sources=source)
    if not found:
        yield f"{path}: no text in it"


def read_plain(path: Path) -> Iterator[Entry | str]:
    """A text file is one document; its name is the title."""
    text = _text(path)
    if text is None:
        yield f"{path}: cannot be read as UTF-8"
    elif not text.strip():
        yield f"{path}: no text in it"
    else:
        title = Source(title=path.stem if len(path.stem) > 1 else path.name)
        yield Entry(_stable_id(path, ""), path.stem, "", text.strip(), sources=(title,))


def read_jsonl(path: Path) -> Iterator[Entry | str]:
    """One entry a line."""
    text = _text(path)
    if text is None:
        yield f"{path}: cannot be read as UTF-8"
        return
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = JsonRow.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            yield f"{path}:{number}: {'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
            continue
        source = (Source(title=row.source or path.name, url=row.url),) if not row.url or "://" in row.url else ()
        yield Entry(
            id=row.id or _stable_id(path, row.text),
            title=row.title,
            topic=row.topic,
            text=row.text,
            questions=row.questions,
            spoken=row.spoken,
            region=row.region,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            sources=source,
        )


READERS: dict[str, Reader] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_plain,
    ".jsonl": read_jsonl,
}
"""Reader by file name ending."""
