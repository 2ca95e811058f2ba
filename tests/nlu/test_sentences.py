"""What the assistant learns from: enough of it, fairly split, and nothing that measures it."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
import yaml

from nlu.sentences import SHORT, Sentence, _fill, as_yaml, from_patterns, sentences, written

pytestmark = pytest.mark.unit
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def learnt() -> list[Sentence]:
    return sentences()


def test_every_intent_has_enough_of_several_sources(learnt: list[Sentence]) -> None:
    domain = yaml.safe_load((ROOT / "domain" / "intents.yml").read_text(encoding="utf-8"))["intents"]
    intents = {next(iter(intent)) for intent in domain} - {"nlu_fallback"}
    by_hand = Counter(s.intent for s in written())
    made = Counter(s.intent for s in learnt)
    sources = {intent: len({s.source for s in learnt if s.intent == intent}) for intent in intents}
    assert set(made) == intents
    for intent in intents:
        assert by_hand[intent] >= (25 if intent in SHORT else 50), intent
        assert made[intent] >= (60 if intent in SHORT else 300), intent
        assert sources[intent] >= 30, intent


def test_the_same_sentences_every_time_and_each_once(learnt: list[Sentence]) -> None:
    assert [s.text for s in sentences()] == [s.text for s in learnt]
    assert max(Counter(s.text for s in learnt).values()) == 1


def test_no_sentence_means_two_things() -> None:
    meanings: dict[str, set[str]] = {}
    for one in [*written(), *from_patterns()]:
        meanings.setdefault(one.text, set()).add(one.intent)
    assert {text: found for text, found in meanings.items() if len(found) > 1} == {}


def test_patterns_choose_and_fill() -> None:
    lists = {"crop": ["玉米"], "none": ['""']}
    seen = {_fill("[种|栽[点|]]{crop}{none}[吗|]", lists, random.Random(n)) for n in range(200)}
    assert seen == {f"{verb}玉米{end}" for verb in ("种", "栽", "栽点") for end in ("吗", "")}


@pytest.mark.parametrize("broken", ["卖[玉米", "卖]玉米[", "卖{nothing}", "卖{玉米"])
def test_a_broken_pattern_is_named(broken: str) -> None:
    with pytest.raises(ValueError, match=r"pattern|brackets|no list"):
        _fill(broken, {"crop": ["玉米"]}, random.Random(1))


def test_rasa_reads_what_is_written() -> None:
    block = yaml.safe_load(as_yaml([Sentence("greet", "你好：在吗#", "s"), Sentence("greet", "喂", "s")]))
    assert block["nlu"] == [{"intent": "greet", "examples": "- 你好：在吗#\n- 喂\n"}]
