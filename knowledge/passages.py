"""What of an entry is searched: its body in pieces of a few hundred characters, and each wording people use for it.

Wordings (title and questions) are passages of the same entry, not entries of their own: a short question is nearer to
any short wording than to a long text, so bare questions beside documents would win over the documents. Each kind is
pooled and weighted apart (see ``knowledge.scoring``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from knowledge.entry import Entry

BODY_CHARS = 450
"""A body is cut at a sentence end when longer: about the model's window less the title."""
_SENTENCE = re.compile(r"[^。！？；\n]*[。！？；\n]?")
_MARKUP = re.compile(r"^\s*(?:#{1,6}\s+|[-*]\s+)", re.MULTILINE)


@dataclass(frozen=True)
class Passage:
    """One searched text; ``kind`` says how it is weighted."""

    kind: Literal["body", "wording"]
    text: str
    """What the n-gram search sees."""
    embedded: str
    """What the model sees. Of a body with a spoken form title and spoken form: as good as the whole text on our queries
    (right entry first .967 clean, .933 dialect both ways) and six times faster to embed."""


def pieces(text: str, limit: int = BODY_CHARS) -> list[str]:
    """``text`` in pieces of at most ``limit`` characters, cut at sentence ends where there are any. Nothing is lost."""
    found: list[str] = []
    piece = ""
    for sentence in _SENTENCE.findall(text):
        while len(sentence) > limit:
            room = limit - len(piece)
            found.append(piece + sentence[:room])
            piece, sentence = "", sentence[room:]
        if len(piece) + len(sentence) > limit:
            found.append(piece)
            piece = ""
        piece += sentence
    if piece.strip():
        found.append(piece)
    return [part.strip() for part in found if part.strip()]


def passages(entry: Entry) -> list[Passage]:
    """The passages of one entry, bodies first; there is always at least one body."""
    text = _MARKUP.sub("", entry.text)
    if entry.spoken:
        short = f"{entry.title}\n{entry.spoken}"
        bodies = [Passage("body", f"{short}\n{text}", short)]
    else:
        whole = [f"{entry.title}\n{piece}".strip() for piece in pieces(text)] or [entry.title]
        bodies = [Passage("body", body, body) for body in whole]
    wordings = [entry.title, *entry.questions] if entry.questions else []
    return bodies + [Passage("wording", wording, wording) for wording in wordings]
