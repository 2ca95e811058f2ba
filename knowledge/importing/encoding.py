"""Which encoding a file is in: its mark, what it declares, UTF-8, then the encodings Chinese files come in."""

from __future__ import annotations

import codecs
import re

from charset_normalizer import from_bytes

from knowledge.errors import ImportError_

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DECLARED = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_-]{2,20})""", re.IGNORECASE)
_CANDIDATES = ["gb18030", "big5", "utf_16_le", "utf_16_be"]
_SAMPLE = 200_000


def decode(data: bytes, declared: str | None = None) -> str:
    """Text of ``data``.

    Args:
        data: a whole file.
        declared: what the server or the file itself says; believed only when all of ``data`` fits.

    Raises:
        ImportError_: it is no text in any encoding tried.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data, encoding) or _fail()
    for name in (declared, "utf-8"):
        if name and (text := _strict(data, "gb18030" if name.lower() in ("gb2312", "gbk") else name)) is not None:
            return text
    found = from_bytes(data[:_SAMPLE], cp_isolation=_CANDIDATES).best()
    # A sample may end inside a character, and short texts give no statistics: GB 18030 is then by far the likeliest.
    for name in (found.encoding if found else None, "gb18030", "big5"):
        if name and (text := _strict(data, name)) is not None:
            return text
    return _fail()


def declared_in_html(data: bytes) -> str | None:
    """The encoding a page names in its head."""
    found = _DECLARED.search(data[:4096])
    return found.group(1).decode("ascii") if found else None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
    return None if "\0" in text else text


def _fail() -> str:
    raise ImportError_("not a text in UTF-8, GB 18030, Big5 or UTF-16")
