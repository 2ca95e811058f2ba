"""An operator's own voice: the real engine on a voice made here, and what is said of one that is broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.voice import tiny_models
from voice.config import VoiceConfig
from voice.errors import Code, VoiceError
from voice.speaking import Speaking, SpeakJob
from voice.synthesis.sherpa import SherpaSynthesiser

pytestmark = pytest.mark.unit


def test_an_operators_voice_speaks_in_every_format(tmp_path: Path) -> None:
    directory = tiny_models.voice(tmp_path / "voice")
    config = VoiceConfig(models_dir=tmp_path, synthesiser="sherpa", voice_dir=directory, voice_name="0")
    speaking = Speaking(config)
    chat = speaking(SpeakJob(("您好。", "再见。")))
    assert chat.engine == "sherpa"
    assert chat.sounds[0].startswith(b"OggS")
    phone = np.frombuffer(speaking(SpeakJob(("您好。",), (8000,))).sounds[0], "<i2")
    assert 0.3 < phone.size / 8000 < 1.5
    assert np.abs(phone).max() > 3000


def test_a_speaker_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="has 1 speakers") as caught:
        SherpaSynthesiser(tiny_models.voice(tmp_path), "7", 1).open()
    assert caught.value.code is Code.MODEL_MISSING


@pytest.mark.parametrize("damage", ["absent", "empty", "no tokens", "broken"])
def test_a_broken_voice_is_refused_in_one_line(tmp_path: Path, damage: str) -> None:
    directory = tmp_path / "voice"
    if damage == "empty":
        directory.mkdir()
    elif damage != "absent":
        tiny_models.voice(directory)
        if damage == "broken":
            (directory / "model.onnx").write_bytes(b"not a model")
        else:
            (directory / "tokens.txt").unlink()
    with pytest.raises(VoiceError) as caught:
        Speaking(VoiceConfig(models_dir=tmp_path, synthesiser="sherpa", voice_dir=directory))
    assert caught.value.code is Code.MODEL_MISSING
    assert str(directory) in caught.value.detail
    assert "\n" not in caught.value.detail
