"""Is a message written in a language the assistant does not speak? It says so instead of guessing."""

from __future__ import annotations

import re

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LETTERS = re.compile(r"[^\W\d_]")
_MIN_LETTERS = 3
"""Fewer letters may be a keyed answer or a product name ("OK", "LED")."""

REPLY = "对不起，我只懂中文，您用中文打字或者说话就行，方言也可以。(Sorry, I only understand Chinese.)"
SPOKEN_REPLY = "对不起，我只懂中文，您用中文打字或者说话就行，方言也可以。"


def is_foreign(text: str) -> bool:
    """Whether ``text`` is words of another language: letters, and no Chinese character among them."""
    return not _CHINESE.search(text) and len(_LETTERS.findall(text)) >= _MIN_LETTERS
