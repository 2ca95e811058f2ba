"""Speech already made, by content. In memory only: replies may name people and sums, which must not pile up on disk."""

from __future__ import annotations

import hashlib
from collections import OrderedDict


class SpeechCache:
    """Least recently used entries go first. For one thread (the event loop's).

    Args:
        max_bytes: of all entries together.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._entries: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    @staticmethod
    def key(*parts: str) -> str:
        """Key of what decides the sound: engine, voice, format, text."""
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def size(self) -> int:
        """Bytes held."""
        return self._bytes

    def get(self, key: str) -> bytes | None:
        """The entry, now the most recent one, or None."""
        entry = self._entries.get(key)
        if entry is not None:
            self._entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: bytes) -> None:
        """Keep an entry; one that is larger than the cache is not kept."""
        if len(entry) > self._max_bytes:
            return
        self._bytes += len(entry) - len(self._entries.pop(key, b""))
        self._entries[key] = entry
        while self._bytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._bytes -= len(oldest)
