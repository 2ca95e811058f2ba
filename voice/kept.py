"""First words that many hear, on disk: whoever waits for an answer hears them at once while the rest is made.

Only what is known beforehand and names nobody comes here; all else stays in memory (``cache.py``).
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Collection
from pathlib import Path

from voice.synthesis.speakable import opening, sentences, speakable

_SLOT = re.compile(r"\{[^{}]*\}")
_ENDS = ("。", "！", "？", "；", "\n")
_OURS = re.compile(r"([0-9a-f]{64})(\.[0-9]+)?")
_UNFINISHED_S = 3600.0
_FILLED = "\u4dbf"
"""Stands for what is not known beforehand; a character that no text has."""


class KeptSpeech:
    """Sounds by the key of what decides them (``SpeechCache.key``), a file each.

    Args:
        folder: made when it is missing; None: nothing is kept.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._names = frozenset(path.name for path in folder.glob("*")) if folder is not None else frozenset[str]()

    def get(self, key: str) -> bytes | None:
        """What is kept under ``key``."""
        if self._folder is None or key not in self._names:
            return None
        try:
            return (self._folder / key).read_bytes()
        except OSError:
            return None

    def put(self, key: str, sound: bytes) -> None:
        """Keep it; a disk that is full only means that it is made again."""
        if self._folder is None:
            return
        unfinished = self._folder / f"{key}.{os.getpid()}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            unfinished.write_bytes(sound)
            unfinished.replace(self._folder / key)
        except OSError:
            return
        self._names |= {key}

    def keep_only(self, keys: Collection[str]) -> None:
        """Delete what is kept under other keys (nobody says it any more, or another voice said it) and what was left
        unfinished long ago. Other files are left alone."""
        for path in sorted(self._folder.glob("*")) if self._folder is not None else ():
            ours = _OURS.fullmatch(path.name)
            if ours is None or (ours[2] is None and path.name in keys):
                continue
            try:
                if ours[2] is None or time.time() - path.stat().st_mtime > _UNFINISHED_S:
                    path.unlink()
            except OSError:
                continue  # next time
        self._names = frozenset(name for name in self._names if name in keys)


def first_words(text: str) -> str | None:
    """What is made first of ``text``, as :meth:`VoiceService.speak_pcm` cuts it; None if it is not known beforehand.

    Args:
        text: a template; ``{names}`` stand for what is filled in, and something follows unless a sentence ends.
    """
    open_end = "" if text.endswith(_ENDS) else _FILLED
    found = sentences(speakable(_SLOT.sub(_FILLED, text) + open_end))
    words = opening(found[0])[0] if found else ""
    return None if not words or _FILLED in words else words
