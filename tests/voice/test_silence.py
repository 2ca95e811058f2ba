"""Where nobody speaks nothing is heard; where somebody does, it is not dropped for fear of that."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.voice_silence import within
from benchmarks.voice_sounds import KINDS, clips
from voice.activity import SpeechDetector, beyond_doubt, find_speech
from voice.config import VoiceConfig
from voice.decode import SAMPLE_RATE, Samples
from voice.errors import Code, VoiceError
from voice.hearing import Hearing, HearingConfig, HearJob
from voice.recognisers.base import Hints

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def hearing(models_dir: Path) -> Hearing:
    return Hearing(HearingConfig(VoiceConfig(models_dir=models_dir).hearing[-1], 2))


def test_no_words_are_invented_over_noise_and_music(hearing: Hearing) -> None:
    for kind, sound in clips(2 * len(KINDS), seed=5):
        with pytest.raises(VoiceError) as caught:
            hearing(HearJob(sound, Hints(terms=("种植贷款",))))
        assert caught.value.code is Code.HEARD_NOTHING, kind
        assert caught.value.message == "我没听到您说话，请您再说一遍。"


def test_a_voice_without_words_is_taken_for_speech_but_doubted() -> None:
    """Someone hums: the case that recognisers without an ear for silence must be spared."""
    taken = 0
    for kind, sound in clips(8 * len(KINDS), seed=7):
        if kind != "hummed":
            continue
        try:
            spans = find_speech(SpeechDetector(), sound)
        except VoiceError:
            continue
        taken += 1
        assert not beyond_doubt(spans)
    assert taken


@pytest.mark.parametrize("noise", ["clean", "pink", "engine"])
def test_speech_is_not_lost(hearing: Hearing, speech: Samples, noise: str) -> None:
    sound = within(speech, noise, 15, np.random.default_rng(1))
    assert beyond_doubt(find_speech(SpeechDetector(), sound))
    assert "贷款" in hearing(HearJob(sound, Hints())).hypotheses[0].text
    assert sound.size > speech.size + SAMPLE_RATE / 2
