"""How accents say a syllable: the profiles' rules, the towns' tones, and sounds that Kokoro knows."""

from __future__ import annotations

import random

import pytest
from misaki.zh import ZHG2P

from nlu.dialect.profiles import profiles
from voice.adaptation.accents import PLAIN, Speaker, ToneError, accented, nearest, places, speaker
from voice.adaptation.phones import TONES

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    "syllable",
    [
        "zhong1",
        "ju2",
        "yun4",
        "er2",
        "zhi1",
        "si4",
        "ri4",
        "bo1",
        "duo1",
        "yi1",
        "yong3",
        "weng1",
        "lv3",
        "nve4",
        "yuan2",
        "you3",
    ],
)
def test_standard_speech_is_what_kokoro_was_trained_on(syllable: str) -> None:
    assert PLAIN.says(syllable, random.Random(1)) == ZHG2P.py2ipa(syllable).replace("\u032f", "")


def _says(area: str, syllable: str, tones: tuple[int, int, int, int] = (1, 2, 3, 4)) -> set[str]:
    who = Speaker(area, "", profiles()[area].sounds, tones)
    rng = random.Random(5)
    return {who.says(syllable, rng) for _ in range(200)}


def test_a_speaker_mostly_but_not_always_follows_the_areas_rules() -> None:
    assert _says("西南官话", "nan2") == {"la↗n", "na↗n"}
    assert _says("中原官话", "shui3") == {"fei↓", "ʂwei↓", "swei↓"}
    assert _says("吴语", "ma1") == {"ma→"}


def test_tones_become_the_towns() -> None:
    (chengdu,) = [tones for place, tones in places("西南官话") if place == "成都"]
    assert chengdu == (1, 3, 4, 3)
    assert _says("西南官话", "ma2", chengdu) == {"ma↓"}
    assert _says("西南官话", "ma5", chengdu) == {"ma"}


def test_every_area_with_rules_has_speakers_and_no_syllable_is_lost() -> None:
    rng = random.Random(2)
    marks = "".join(TONES.values())
    for area in accented():
        who = speaker(area, rng)
        for syllable in ("rui4", "hua1", "xue2", "er4", "zhun3", "feng1", "lv4", "jie1"):
            said = who.says(syllable, rng)
            assert said.strip(marks), (area, syllable)
    assert set(accented()) == set(profiles()) - {"普通话"}


@pytest.mark.parametrize(
    ("contour", "tone"),
    [
        ("55", 1),
        ("33", 1),
        ("35", 2),
        ("24", 2),
        ("13", 2),
        ("214", 3),
        ("312", 3),
        ("21", 3),
        ("11", 3),
        ("53", 4),
        ("442", 4),
    ],
)
def test_contours_sound_like_a_mandarin_tone(contour: str, tone: int) -> None:
    assert nearest(contour) == tone


@pytest.mark.parametrize("wrong", ["", "5", "56", "5123", "ab"])
def test_what_is_no_contour_is_refused(wrong: str) -> None:
    with pytest.raises(ToneError):
        nearest(wrong)
