"""Misheard messages read as they were probably said; written ones stay as they are."""

from __future__ import annotations

import time

import numpy as np
import pytest

from knowledge.fraud import MAX_CHARS, WINDOW
from knowledge.fraud_hearing import Hearing
from knowledge.fraud_text import caller_words, plain_text
from knowledge.fraud_training import training_texts

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def hearing() -> Hearing:
    return Hearing.of([plain_text(caller_words(text)) for text in training_texts()[0]])


@pytest.mark.parametrize(
    ("misheard", "said"),
    [
        ("有人打电话说我的卡射案要懂节，叫我把前专到他们给的帐护里", "叫我把钱转到他们给的账户"),
        ("尤个人打电华说我孙字把人达商了，较我准被三万筷钱", "叫我准备三万块钱"),
        ("他脚我把定其的钱去出来转给他", "叫我把定期的钱取出来"),
    ],
)
def test_misheard_words_are_read_as_they_sound(hearing: Hearing, misheard: str, said: str) -> None:
    assert said in hearing(misheard)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "您好",
        "麦子黄了请割麦机来割",
        "abc 123",
        "明天上午九点在村部领取补贴公示表，请相互转告",
        "茄子黄萎病怎么防治",
    ],
)
def test_written_texts_stay(hearing: Hearing, written: str) -> None:
    assert hearing(written) == written


def test_hardly_any_training_text_changes(hearing: Hearing) -> None:
    plain = [plain_text(text) for text in training_texts()[0][:200]]
    assert sum(hearing(text) != text for text in plain) == 0


def test_a_stored_model_reads_the_same(hearing: Hearing) -> None:
    again = Hearing(np.array(hearing.pairs), np.array(hearing.counts))
    told = "他脚我把定其的钱去出来转给他"
    assert again(told) == hearing(told) != told


def test_no_text_takes_long(hearing: Hearing) -> None:
    start = time.process_time()
    hearing("魑魅魍魉" * (WINDOW // 4))
    assert time.process_time() - start < 8 * WINDOW / MAX_CHARS * 4


@pytest.mark.parametrize("label", ["来电方", "来甸方", "赖电芳"])
def test_the_sides_of_a_call_may_be_misheard(label: str) -> None:
    told = f"{label}：您的包裹到了。\n捷听方：是不是叫我转到安全账户？\n{label}：不是，放门口了。"
    assert caller_words(told) == "您的包裹到了。\n不是，放门口了。"
