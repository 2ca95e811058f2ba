"""What a question is about, and what entries say of it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import knowledge_questions
from knowledge import concepts, ngrams
from knowledge.matching import Question
from knowledge.scoring import Signals

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("洋芋好久栽", "土豆什么时候种植"),
        ("苞谷好久掰", "玉米几时收割"),
        ("他哄人的吧", "这是诈骗吗"),
        ("屋头耗子多", "老鼠"),
    ],
)
def test_one_thing_in_two_wordings_shares_a_concept(one: str, other: str) -> None:
    assert concepts.concepts(one) & concepts.concepts(other)


@pytest.mark.parametrize(("one", "other"), [("苞谷好久掰", "玉米锈病打什么药"), ("卡丢了", "卡被冻结了")])
def test_different_things_share_none(one: str, other: str) -> None:
    assert not concepts.concepts(one) & concepts.concepts(other)


def test_shares_of_what_is_asked() -> None:
    sowing, rust = "玉米怎么种\n玉米好久栽\n浇水\n别的", "玉米锈病怎么治\n打药\n"
    asked = concepts.asked(["苞谷几月种下地种", "苞谷浇水"])
    found = concepts.shares(asked, [sowing, rust, "怎么种"], [2, 1, 0])
    assert found.shape == (concepts.CONCERNS, 3)
    in_wordings, in_all, of_title, best = found[:, 0]
    assert 0 < in_wordings < in_all <= 1
    assert of_title == 1
    assert best > 0
    assert not found[:, 1:].any()
    assert not concepts.shares(0, [sowing], [2]).any()


def test_a_whole_entry_holds_what_its_passages_hold_together() -> None:
    built = ngrams.build(["小麦", "锈病", "玉米"], ngrams.char_codes)
    rows, starts = np.array([0, 1, 2]), np.array([0, 2])
    apart, together, _ = Question(built, [ngrams.char_codes("小麦锈病")]).signals(rows, starts)
    assert together[0, 0].tolist() == pytest.approx([1.0, 0.0])
    assert apart[0, 1].max() < 1.0
    assert together[0, 1, 0] < 1.0, "no passage holds the pair in the middle"


def test_the_second_best_wording_of_each_entry() -> None:
    best = np.array([[0.9, 0.2, 0.7, 0.5, 0.8, 0.4]], dtype=np.float32)
    wording = np.array([False, True, True, True, False, False])
    none = np.zeros((4, 3), dtype=np.float32)
    starts = np.array([0, 4, 5])
    found = Signals(best, best, none, none[:2], none, np.zeros(3, np.bool_), none[0], wording, starts)
    assert found.second_wordings(best).tolist() == [[pytest.approx(0.5), 0.0, 0.0]]
    assert found.wordings(best)[0].tolist() == [pytest.approx(0.7), 0.0, 0.0]
    assert found.bodies(best)[0].tolist() == pytest.approx([0.9, 0.8, 0.4])


def test_a_development_question_for_a_test_entry_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(knowledge_questions, "_part", lambda _: "test")
    with pytest.raises(ValueError, match="belongs to the test part"):
        knowledge_questions.read([])
