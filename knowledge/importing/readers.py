"""Which reader reads which kind of file, and the bounds all files keep.

A reader yields entries, and a string for each row, page or section it had to leave out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from knowledge.entry import Entry
from knowledge.errors import ImportError_, KnowledgeError
from knowledge.importing import documents, rows
from knowledge.importing.blocks import Origin

Reader = Callable[[Path, Origin, str | None], Iterator[Entry | str]]
FILE_BYTES = 50 * 2**20
"""Of one file; JSON lines are read as a stream and may be ``STREAM_BYTES``."""
STREAM_BYTES = 1 * 2**30

READERS: dict[str, Reader] = {
    ".md": documents.read_markdown,
    ".markdown": documents.read_markdown,
    ".txt": documents.read_plain,
    ".html": documents.read_html,
    ".htm": documents.read_html,
    ".docx": documents.read_docx,
    ".pdf": documents.read_pdf,
    ".xlsx": rows.read_xlsx,
    ".csv": rows.read_csv,
    ".tsv": rows.read_csv,
    ".jsonl": rows.read_jsonl,
    ".jsonl.gz": rows.read_jsonl,
}
OLD_KINDS = {".doc": ".docx", ".xls": ".xlsx", ".wps": ".docx", ".et": ".xlsx"}


def kind(path: Path) -> str | None:
    """The ending by which ``path`` is read, or None."""
    name = path.name.lower()
    return next((ending for ending in sorted(READERS, key=len, reverse=True) if name.endswith(ending)), None)


def check_kind(path: Path) -> str:
    """The ending of a file that can be read.

    Raises:
        ImportError_: nobody reads this kind; the message says what to do.
    """
    if found := kind(path):
        return found
    if newer := OLD_KINDS.get(path.suffix.lower()):
        raise ImportError_(f"{path}: save it as {newer} and import that")
    raise ImportError_(f"{path}: cannot read this kind of file; can read {', '.join(sorted(READERS))}")


def read(path: Path, origin: Origin, declared: str | None = None) -> Iterator[Entry | str]:
    """All entries of one file.

    Raises:
        ImportError_: the file as a whole cannot be read; nothing was yielded before.
    """
    ending = check_kind(path)
    try:
        size = path.stat().st_size
        limit = STREAM_BYTES if ending.startswith(".jsonl") else FILE_BYTES
        if size > limit:
            raise ImportError_(f"{path}: {size // 2**20} MB; at most {limit // 2**20} MB are read")
        yield from READERS[ending](path, origin, declared)
    except ImportError_ as error:
        text = str(error)
        raise ImportError_(text if text.startswith(str(path)) else f"{path}: {text}") from error
    except OSError as error:
        raise ImportError_(f"{path}: cannot be read: {error.strerror or error}") from error
    except KnowledgeError:
        raise
    except Exception as error:  # whatever a parser throws at a hostile or broken file must not end the import
        raise ImportError_(f"{path}: cannot be read ({type(error).__name__})") from error
