"""What is trained on and held back: twins differ in the accent alone; test voices and areas are never trained on."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from nlu.dialect.pinyin import syllables
from nlu.dialect.profiles import STANDARD
from voice.adaptation import plan
from voice.adaptation.composed import composed
from voice.adaptation.sentences import Corpus, Sentence, corpus
from voice.adaptation.steps import arm_clips
from voice.synthesis.kokoro import Phonemes

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def texts() -> list[Sentence]:
    return [Sentence(text, str(number)) for number, text in enumerate(composed(random.Random(1), 120))]


@pytest.fixture(scope="module")
def clips(texts: list[Sentence], tmp_path_factory: pytest.TempPathFactory) -> list[plan.Clip]:
    phonemes = Phonemes(tmp_path_factory.mktemp("jieba"))
    held = plan.held_back(Corpus((), tuple(texts[:30]), tuple(texts[30:60])), phonemes, 1)
    return [*held, *plan.training(texts[60:], phonemes, 2)]


def test_twins_differ_in_the_accent_alone(clips: list[plan.Clip]) -> None:
    everything = {clip.id: 0 for clip in clips}
    standard = {clip.twin: clip for clip in arm_clips(clips, everything, "standard")}
    accented = arm_clips(clips, everything, "accented")
    assert len(accented) == len(standard) == 60
    changed = 0
    for clip in accented:
        twin = standard[clip.twin]
        same = {"text", "voice", "other", "mix", "pace", "pitch", "twin", "part"}
        assert clip.model_dump(include=same) == twin.model_dump(include=same)
        changed += clip.symbols != twin.symbols
    assert {clip.area for clip in standard.values()} == {STANDARD}
    assert 20 < changed < 60


def test_a_sentence_said_in_one_way_only_is_in_neither_arm(clips: list[plan.Clip]) -> None:
    said = {clip.id: 0 for clip in clips if clip.area != STANDARD}
    assert arm_clips(clips, said, "accented") == arm_clips(clips, said, "standard") == []


def test_voices_areas_and_sentences_are_held_back(clips: list[plan.Clip]) -> None:
    trained = [clip for clip in clips if clip.part == "train"]
    for part, voices in (("dev", plan.DEV_VOICES), ("test", plan.TEST_VOICES)):
        held = [clip for clip in clips if clip.part == part]
        assert {clip.voice for clip in held} == set(voices)
        assert {plan.group(clip) for clip in held} == {"standard", "trained accents", "unseen accents"}
        assert not {clip.text for clip in held} & {clip.text for clip in trained}
    assert {voice for clip in trained for voice in (clip.voice, clip.other)} <= set(plan.TRAINED_VOICES)
    assert not {clip.area for clip in trained} & {*plan.DEV_AREAS, *plan.TEST_AREAS}


def test_nothing_near_a_sentence_kept_out_is_trained_on(tmp_path: Path) -> None:
    (tmp_path / "knowledge" / "content").mkdir(parents=True)
    (tmp_path / "nlu" / "data").mkdir(parents=True)
    asked = "户号是一二三四五六，交电费"
    (tmp_path / "nlu" / "data" / "pay.yml").write_text(
        f"nlu:\n    examples: |\n      - {asked}\n      - 咋个挂失银行卡\n"
    )
    known = corpus(tmp_path, [], seed=1, dev=5, test=5, composed_count=60)
    clear = corpus(tmp_path, [asked], seed=1, dev=5, test=5, composed_count=60)

    def texts(found: Corpus) -> set[str]:
        return {item.text for part in (found.train, found.dev, found.test) for item in part}

    assert asked in texts(known)
    assert asked not in texts(clear)
    assert "咋个挂失银行卡" in texts(clear)
    trained = {tuple(syllables(item.text)) for item in clear.train}
    assert not trained & {tuple(syllables(item.text)) for item in (*clear.dev, *clear.test)}


def test_a_plan_is_read_back_as_written(clips: list[plan.Clip], tmp_path: Path) -> None:
    assert plan.write(tmp_path / "plan.jsonl", clips) == len(clips)
    assert plan.read(tmp_path / "plan.jsonl") == clips
