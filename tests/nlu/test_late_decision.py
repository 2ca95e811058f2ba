"""Voice messages: all readings count, and disagreement is asked about."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from nlu.dialect.homophones import GROUPS, readings
from nlu.dialect.pinyin import syllables

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("我要交化肥", "我要交话费"),
        ("买两袋话费", "买两袋化肥"),
        ("手机化肥没得了", "手机话费没得了"),
        ("我的身份证掉了要不办", "我的身份证掉了要补办"),
        ("算了补办了", "算了不办了"),
        ("交一包怎么交", "交医保怎么交"),
        ("今年小麦咋卖", "今年小麦咋卖"),
    ],
)
def test_what_is_said_around_it_settles_the_word(heard: str, meant: str) -> None:
    assert [reading.text for reading in readings(heard)] == [meant]


def test_what_nothing_settles_is_left_open() -> None:
    first, second = readings("化肥多少钱")
    assert (first.text, second.text) == ("化肥多少钱", "话费多少钱")
    assert first.title.startswith("化肥")
    assert second.title.startswith("话费")


def test_members_of_a_group_sound_alike_but_for_the_tone() -> None:
    for group in GROUPS:
        assert len({tuple(syllables(member.word)) for member in group}) == 1


class Agent:
    """Answers with parses written down here, as Rasa's agent would."""

    def __init__(self, meanings: dict[str, tuple[str, float]]) -> None:
        self.meanings = meanings

    async def parse_message(self, text: str) -> dict[str, Any]:
        name, confidence = self.meanings[text]
        other = "thanks" if name != "thanks" else "greet"
        ranking = [{"name": name, "confidence": confidence}, {"name": other, "confidence": (1 - confidence) / 2}]
        return {"text": text, "intent": ranking[0], "intent_ranking": ranking, "entities": []}


def decided(meanings: dict[str, tuple[str, float]], *wordings: tuple[str, float]) -> dict[str, Any]:
    understanding = pytest.importorskip("nlu.components.understanding", reason="runs on Rasa's Python")
    return asyncio.run(understanding.understand(Agent(meanings), wordings, heard=True))


def test_readings_that_agree_decide() -> None:
    parse = decided(
        {"我要贷款": ("apply_loan", 0.9), "我要带宽": ("apply_loan", 0.8)}, ("我要带宽", 0.5), ("我要贷款", 0.5)
    )
    assert parse["intent"]["name"] == "apply_loan"
    assert parse["choices"] == []
    assert [reading["text"] for reading in parse["readings"]] == ["我要带宽", "我要贷款"]


def test_readings_that_disagree_are_choices() -> None:
    meanings = {"查进度": ("check_progress", 0.95), "茶金多": ("query_price", 0.9)}
    parse = decided(meanings, ("查进度", 0.5), ("茶金多", 0.45))
    assert parse["intent"]["name"] == "nlu_fallback"
    assert {choice["intent"] for choice in parse["choices"]} == {"check_progress", "query_price"}


def test_a_much_likelier_reading_needs_no_question() -> None:
    meanings = {"查进度": ("check_progress", 0.95), "茶金多": ("query_price", 0.9)}
    parse = decided(meanings, ("查进度", 0.9), ("茶金多", 0.2))
    assert parse["intent"]["name"] == "check_progress"
    assert parse["choices"] == []


def test_homophones_that_change_the_meaning_are_choices() -> None:
    meanings = {"化肥多少钱": ("query_price", 0.9), "话费多少钱": ("pay_bill", 0.8)}
    parse = decided(meanings, ("化肥多少钱", 0.8))
    assert [choice["text"] for choice in parse["choices"]] == ["化肥多少钱", "话费多少钱"]
    assert all(choice["title"] for choice in parse["choices"])


def test_homophones_that_change_nothing_are_no_question() -> None:
    meanings = {"化肥多少钱": ("query_price", 0.9), "话费多少钱": ("query_price", 0.8)}
    assert decided(meanings, ("化肥多少钱", 0.8))["choices"] == []


def test_answers_to_a_form_are_left_to_the_form() -> None:
    parse = decided({"五万": ("inform", 0.9), "我要交费": ("pay_bill", 0.9)}, ("五万", 0.5), ("我要交费", 0.5))
    assert parse["choices"] == []


STORY = "我今年七十二了，老伴前年走了，儿子在广东打工，去年苞谷遭了虫，你看我能不能贷两万块钱买种子"


def test_a_long_story_means_what_its_end_says() -> None:
    meanings = {
        STORY: ("nlu_fallback", 0.7),
        "去年苞谷遭了虫，你看我能不能贷两万块钱买种子": ("nlu_fallback", 0.7),
        "你看我能不能贷两万块钱买种子": ("apply_loan", 0.97),
    }
    parse = decided(meanings, (STORY, 0.9))
    assert parse["intent"]["name"] == "apply_loan"
    assert parse["text"] == STORY


def test_a_story_without_a_point_stays_unclear() -> None:
    ends = ["去年苞谷遭了虫，你看我能不能贷两万块钱买种子", "你看我能不能贷两万块钱买种子"]
    ends.append(f"儿子在广东打工，{ends[0]}")
    meanings = dict.fromkeys(ends, ("thanks", 0.9)) | {STORY: ("nlu_fallback", 0.7)}
    assert decided(meanings, (STORY, 0.9))["intent"]["name"] == "nlu_fallback"
