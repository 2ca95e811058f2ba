"""From headings and paragraphs to entries of readable length; every reader of documents ends here."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from knowledge.entry import Entry, Source
from knowledge.passages import pieces

ENTRY_CHARS = 800
"""A longer section becomes several entries, cut at paragraphs, then sentences: an answer must be readable."""
TITLE_CHARS = 80
_SPACES = re.compile(r"[ \t\u00a0\u3000]+")
_BLANK = re.compile(r"\n\s*\n+")


@dataclass(frozen=True)
class Block:
    """A heading (``level`` 1..6) or a stretch of text (``level`` 0)."""

    level: int
    text: str


@dataclass(frozen=True)
class Origin:
    """Where a document came from."""

    key: str
    """Absolute path or final URL: a second import from there updates."""
    name: str
    """How people call it: the file's name without its ending, or the page's title."""
    url: str | None = None

    def source(self, title: str | None = None) -> Source:
        """What is shown under an answer."""
        name = " ".join((title or self.name).split())
        return Source(title=name if len(name) > 1 else f"资料 {name}", url=self.url)

    def entry_id(self, part: str) -> str:
        """The same place in the same document gives the same id."""
        return "doc-" + hashlib.sha256(f"{self.key}|{part}".encode()).hexdigest()[:16]


def plain(text: str) -> str:
    """Runs of spaces and blank lines made single; lines trimmed."""
    lines = (_SPACES.sub(" ", line).strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return _BLANK.sub("\n", "\n".join(lines)).strip()


def table_text(rows: Iterable[Sequence[str]]) -> str:
    """A table as text: one row a line, cells divided by a bar; empty rows left out."""
    lines = []
    for row in rows:
        cells = [" ".join(cell.split()) for cell in row]
        if any(cells):
            lines.append(" | ".join(cells))
    return "\n".join(lines)


def entries(origin: Origin, blocks: Iterable[Block], title: str | None = None) -> Iterator[Entry]:
    """The entries of one document: a section each, with the headings above it in the title.

    Args:
        origin: where the document came from.
        blocks: its headings and texts in order.
        title: what the document calls itself; its name when None.
    """
    name = " ".join((title or origin.name).split())
    used: Counter[str] = Counter()
    for path, text in _sections(blocks):
        heading = _title(name, path)
        where = "/".join(path)
        used[where] += 1
        parts = _parts(text)
        for number, part in enumerate(parts, 1):
            yield Entry(
                origin.entry_id(f"{where}|{used[where]}|{number}"),
                f"{heading}（{number}）" if len(parts) > 1 else heading,
                "",
                part,
                sources=(origin.source(name),),
                status="imported",
            )


def _sections(blocks: Iterable[Block]) -> Iterator[tuple[tuple[str, ...], str]]:
    path: list[tuple[int, str]] = []
    texts: list[str] = []
    for block in blocks:
        text = plain(block.text)
        if not text:
            continue
        if block.level == 0:
            texts.append(text)
            continue
        if texts:
            yield tuple(heading for _, heading in path), "\n".join(texts)
            texts = []
        path = [(level, heading) for level, heading in path if level < block.level]
        path.append((block.level, " ".join(text.split())))
    if texts:
        yield tuple(heading for _, heading in path), "\n".join(texts)


def _title(name: str, path: tuple[str, ...]) -> str:
    """Document and headings, each once; the nearest heading is never cut away."""
    parts = list(dict.fromkeys((name, *path)))
    while len(parts) > 1 and len(" ".join(parts)) > TITLE_CHARS:
        del parts[1 if len(parts) > 2 else 0]
    return " ".join(parts)[:TITLE_CHARS]


def _parts(text: str) -> list[str]:
    """Cut at line ends where a line fits, else at sentences."""
    if len(text) <= ENTRY_CHARS:
        return [text]
    parts: list[str] = []
    piece = ""
    for line in (part for row in text.split("\n") for part in pieces(row, ENTRY_CHARS)):
        if piece and len(piece) + 1 + len(line) > ENTRY_CHARS:
            parts.append(piece)
            piece = ""
        piece = f"{piece}\n{line}" if piece else line
    return [*parts, piece] if piece else parts
