"""The repair with the model made from this checkout's texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.errors import Code, VoiceError
from voice.recognisers.base import Hypothesis
from voice.repair.corpus import sentences
from voice.repair.language_model import LanguageModel
from voice.repair.repairer import Repairer

pytestmark = pytest.mark.unit
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def repairer(tmp_path_factory: pytest.TempPathFactory) -> Repairer:
    path = tmp_path_factory.mktemp("repair") / "model.npz"
    path.write_bytes(LanguageModel.train(sentences(ROOT)).save())
    return Repairer.open(path)


def heard(*texts: str, confidence: float = 0.6) -> list[Hypothesis]:
    return [Hypothesis(text, round(confidence - 0.02 * rank, 2)) for rank, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("买华肥和种子", "买化肥和种子"),
        ("家里种了五母玉米", "家里种了五亩玉米"),
        ("大棚番切打什么药", "大棚番茄打什么药"),
        ("土豆玩意并怎么办", "土豆晚疫病怎么办"),
        ("银行咖丢了怎么挂失", "银行卡丢了怎么挂失"),
    ],
)
def test_words_of_the_right_sound_get_the_right_sense(repairer: Repairer, wrong: str, right: str) -> None:
    assert repairer.repair(heard(wrong))[0].text == right


@pytest.mark.parametrize(
    "said",
    ["我想贷三万块钱", "玉米螟怎么防治", "帮我交电费", "人工智能和量子计算机有什么区别", "甚至出现交易几乎停滞的情况"],
)
def test_what_was_heard_rightly_stays(repairer: Repairer, said: str) -> None:
    assert repairer.repair(heard(said, confidence=0.9))[0].text == said


@pytest.mark.parametrize("said", ["贷四万", "是十万不是四万", "户号一零二三四五六七八九", "要两千三"])
def test_a_numeral_never_becomes_another(repairer: Repairer, said: str) -> None:
    for one in repairer.repair(heard(said, confidence=0.3)):
        assert [c for c in one.text if c in "零一二三四五六七八九十百千万两"] == [
            c for c in said if c in "零一二三四五六七八九十百千万两"
        ]


def test_hypotheses_that_come_to_the_same_are_one(repairer: Repairer) -> None:
    repaired = repairer.repair(heard("土豆玩意并怎么办", "土豆碗一并怎么办", "土豆外衣病怎么办", "土豆玩意并怎么般"))
    assert repaired[0].text == "土豆晚疫病怎么办"
    assert len({one.text for one in repaired}) == len(repaired)
    assert [one.confidence for one in repaired] == sorted((one.confidence for one in repaired), reverse=True)


def test_another_subject_is_left_as_it_was_heard(repairer: Repairer) -> None:
    said = heard("广州市佛地产中间协会分析", confidence=0.6)
    assert [one.text for one in repairer.repair(said)] == [said[0].text]


@pytest.mark.parametrize("confidence", [0.45, 0.75])
def test_what_is_said_of_other_subjects_is_hardly_ever_bent_into_ours(repairer: Repairer, confidence: float) -> None:
    texts = Path(__file__).with_name("other_subjects.txt").read_text(encoding="utf-8").split()
    bent = [text for text in texts if repairer.repair(heard(text, confidence=confidence))[0].text != text]
    assert len(bent) <= 0.15 * len(texts), bent


def test_what_the_dialogue_expects_is_preferred(repairer: Repairer) -> None:
    said = heard("我是早加存的", confidence=0.5)
    assert repairer.repair(said, terms=("枣家村",))[0].text == "我是枣家村的"
    assert repairer.repair(said)[0].text != "我是枣家村的"


@pytest.mark.parametrize("text", ["OK", "13800000000", "……", "hello 你好"])
def test_what_is_not_chinese_is_left_alone(repairer: Repairer, text: str) -> None:
    assert repairer.repair(heard(text))[0].text == text


def test_nothing_heard_is_nothing(repairer: Repairer) -> None:
    assert repairer.repair([]) == []


@pytest.mark.parametrize("content", [None, b"", b"no zip"])
def test_a_missing_or_torn_model_says_how_to_make_it(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "model.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(VoiceError) as raised:
        Repairer.open(path)
    assert raised.value.code is Code.MODEL_MISSING
    assert "python -m voice.repair" in (raised.value.detail or "")
