from __future__ import annotations

import pytest

from voice.repair.expected import put_in

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("heard", "words", "said"),
    [
        ("我是早加存的", ["枣家村"], "我是枣家村的"),
        ("种的拐早", ["拐枣"], "种的拐枣"),
        ("我要大朋黄瓜代", ["大棚黄瓜贷"], "我要大棚黄瓜贷"),
        ("交花费", ["话费", "化肥"], "交话费"),
        ("交化肥", ["电费"], "交化肥"),
        ("是安村", ["赵家村"], "是安村"),
        ("嗯", ["话费"], "嗯"),
        ("", ["话费"], ""),
    ],
)
def test_what_sounds_like_an_expected_word_is_written_like_it(heard: str, words: list[str], said: str) -> None:
    assert put_in(words, heard)[0] == said
