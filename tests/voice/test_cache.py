"""The speech cache is bounded and forgets the oldest first."""

from __future__ import annotations

import pytest

from voice.cache import SpeechCache

pytestmark = pytest.mark.unit


def test_forgets_the_least_recently_used_and_stays_bounded() -> None:
    cache = SpeechCache(10)
    cache.put("a", b"1234")
    cache.put("b", b"1234")
    assert cache.get("a") == b"1234"
    cache.put("c", b"1234")
    assert (cache.get("b"), cache.get("a"), cache.get("c")) == (None, b"1234", b"1234")
    cache.put("a", b"12")
    assert cache.size == 6
    cache.put("d", b"x" * 11)
    assert cache.get("d") is None
    assert cache.size == 6


def test_keys_differ_by_voice_and_by_where_parts_end() -> None:
    assert len({SpeechCache.key(*parts) for parts in (("a", "b"), ("ab",), ("a", "c"), ("a", "b", ""))}) == 4
