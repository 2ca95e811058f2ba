"""Readers of documents with headings: Markdown, HTML, Word, PDF and plain text. What cannot be read is named."""

from __future__ import annotations

import itertools
import logging
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from knowledge.entry import Entry
from knowledge.errors import ImportError_
from knowledge.importing.blocks import Block, Origin, entries, table_text
from knowledge.importing.encoding import declared_in_html, decode

Found = Iterator[Entry | str]
PDF_SECONDS = 300.0
PDF_PAGES = 5000
UNPACKED_BYTES = 300 * 2**20
"""An office file is a ZIP archive; one that unpacks to more is refused unopened."""
_FRONT = re.compile(r"\A---\n(.*?)\n---(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
# fmt: off
_SKIPPED = frozenset((
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "button", "select", "svg",
    "iframe",
))
_PARAGRAPHS = frozenset((
    "p", "li", "dt", "dd", "div", "section", "article", "main", "blockquote", "pre", "br", "tr", "figcaption",
    "caption", "address",
))
# fmt: on
_HEADING_STYLE = re.compile(r"(?:heading|标题)\s*([1-6])", re.IGNORECASE)
_BROKEN_LINE = re.compile(r"(?<=[\u3400-\u9fff，、：])\n(?=[\u3400-\u9fff])")


def _some(found: Iterator[Entry], where: Path) -> Found:
    any_ = False
    for entry in found:
        any_ = True
        yield entry
    if not any_:
        yield f"{where}: no text in it"


def read_plain(path: Path, origin: Origin, declared: str | None) -> Found:
    """A text file is one document without headings."""
    yield from _some(entries(origin, [Block(0, decode(path.read_bytes(), declared))]), path)


def read_markdown(path: Path, origin: Origin, declared: str | None) -> Found:
    """Cut at its headings; the text between them stays as it is written, tables and lists included."""
    text = decode(path.read_bytes(), declared).replace("\r\n", "\n")
    title = None
    if front := _FRONT.match(text):
        named = _FRONT_TITLE.search(front.group(1))
        title, text = (named.group(1) if named else None), text[front.end() :]
    yield from _some(entries(origin, _markdown_blocks(text), title), path)


def _markdown_blocks(text: str) -> Iterator[Block]:
    from markdown_it import MarkdownIt

    lines = text.split("\n")
    start = 0
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token, inner in itertools.pairwise(tokens):
        if token.type == "heading_open" and token.level == 0 and token.map:
            yield Block(0, "\n".join(lines[start : token.map[0]]))
            yield Block(int(token.tag[1]), inner.content)
            start = token.map[1]
    yield Block(0, "\n".join(lines[start:]))


def read_html(path: Path, origin: Origin, declared: str | None) -> Found:
    """The text of the main part of a page; navigation, scripts and forms are left out."""
    from lxml import etree, html

    data = path.read_bytes()
    text = decode(data, declared or declared_in_html(data))
    parser = html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, recover=True)
    try:
        root = html.document_fromstring(re.sub(r"\A\s*<\?xml[^>]*\?>", "", text), parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ImportError_(f"not a page ({error!s:.80})") from error
    title = root.findtext(".//title") or None
    main = [*root.iter("main"), *root.iter("article")]
    body = max(main, key=lambda part: len(part.text_content()), default=root.find("body"))
    yield from _some(entries(origin, _html_blocks(body if body is not None else root), title), path)


def _html_blocks(body: Any) -> Iterator[Block]:
    """Walks without recursion: pages can be nested deeper than Python's stack."""
    parts: list[str] = []
    waiting: list[tuple[Any, bool]] = [(body, False)]
    while waiting:
        node, left = waiting.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        if left:
            if tag in _PARAGRAPHS:
                parts.append("\n")
            parts.append(node.tail or "" if node is not body else "")
            continue
        if tag in _SKIPPED or not tag:
            parts.append(node.tail or "")
            continue
        if re.fullmatch("h[1-6]", tag) or tag == "table":
            yield Block(0, "".join(parts))
            parts = [node.tail or ""]
            if tag == "table":
                rows = ([cell.text_content() for cell in row.iter("td", "th")] for row in node.iter("tr"))
                yield Block(0, table_text(rows))
            else:
                yield Block(int(tag[1]), node.text_content())
            continue
        if tag in _PARAGRAPHS:
            parts.append("\n")
        parts.append(node.text or "")
        waiting.append((node, True))
        waiting += [(child, False) for child in reversed(node)]
    yield Block(0, "".join(parts))


def check_archive(path: Path) -> None:
    """Refuses what is no ZIP archive or would unpack to too much.

    Raises:
        ImportError_: with the reason.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise ImportError_("not an Office file of the present kind (.docx, .xlsx), or damaged") from error
    if size > UNPACKED_BYTES:
        raise ImportError_(f"unpacks to {size // 2**20} MB, at most {UNPACKED_BYTES // 2**20} are read")


def read_docx(path: Path, origin: Origin, _: str | None) -> Found:
    """Paragraphs and tables in order, headings by their style."""
    import docx
    from docx.table import Table

    check_archive(path)
    try:
        document = docx.Document(str(path))
    except Exception as error:
        raise ImportError_(f"not a Word file ({type(error).__name__})") from error

    def blocks() -> Iterator[Block]:
        for part in document.iter_inner_content():
            if isinstance(part, Table):
                yield Block(0, table_text([cell.text for cell in row.cells] for row in part.rows))
                continue
            style = (part.style.name or "") if part.style is not None else ""
            level = _HEADING_STYLE.match(style)
            yield Block(int(level.group(1)) if level else 0, part.text)

    yield from _some(entries(origin, blocks(), document.core_properties.title or None), path)


def read_pdf(path: Path, origin: Origin, _: str | None) -> Found:
    """A section a page; a page without text (a picture) or that cannot be read is named."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it complains of every small fault of a file
    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise ImportError_("locked with a password")
        count = len(reader.pages)
    except ImportError_:
        raise
    except Exception as error:
        raise ImportError_(f"not a PDF file, or damaged ({type(error).__name__})") from error
    title = (reader.metadata.title if reader.metadata else None) or None
    until = time.monotonic() + PDF_SECONDS
    for number in range(count):
        if number >= PDF_PAGES or time.monotonic() > until:
            yield f"{path}: pages {number + 1} to {count}: left out, reading took too long"
            return
        try:
            text = reader.pages[number].extract_text()
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
            yield f"{path}: page {number + 1}: cannot be read ({type(error).__name__})"
            continue
        if not text.strip():
            yield f"{path}: page {number + 1}: no text (a picture of a page cannot be read)"
            continue
        page = [Block(1, f"第{number + 1}页"), Block(0, _BROKEN_LINE.sub("", text))]
        yield from entries(origin, page, title if title and len(str(title)) > 1 else None)
