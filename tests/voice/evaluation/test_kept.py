"""What was heard is kept for the next measurement, and only for the same recogniser and code."""

from __future__ import annotations

from pathlib import Path

import pytest

from voice.config import VoiceConfig
from voice.evaluation.kept import HeardOnce, KeptHearings, fingerprint, recording

pytestmark = pytest.mark.unit

ONE = HeardOnce(
    recording="a:national", hypotheses=(("交电费", 0.8),), seconds=1.5, elapsed_ms=900, cpu_s=1.2, peak_mb=300
)


@pytest.fixture
def config(tmp_path: Path) -> VoiceConfig:
    (tmp_path / "whisper-base").mkdir()
    (tmp_path / "whisper-base" / "model.bin").write_bytes(b"1")
    return VoiceConfig(models_dir=tmp_path)


def test_what_was_heard_is_found_again(tmp_path: Path, config: VoiceConfig) -> None:
    with KeptHearings(tmp_path / "heard", config) as kept:
        assert kept.get("a:national") is None
        kept.put(ONE)
    assert KeptHearings(tmp_path / "heard", config).get("a:national") == ONE
    assert KeptHearings(tmp_path / "heard", config, fresh=True).get("a:national") is None


def test_a_line_torn_by_an_interruption_is_heard_again(tmp_path: Path, config: VoiceConfig) -> None:
    with KeptHearings(tmp_path / "heard", config) as kept:
        kept.put(ONE)
    with kept.path.open("a") as out:
        out.write('{"recording": "b:nat')
    again = KeptHearings(tmp_path / "heard", config)
    assert again.get("a:national") == ONE
    assert again.get("b:nat") is None


def test_another_model_or_limit_starts_anew(tmp_path: Path, config: VoiceConfig) -> None:
    before = fingerprint(config)
    assert fingerprint(config) == before
    assert fingerprint(VoiceConfig(models_dir=tmp_path, max_audio_seconds=10)) != before
    (tmp_path / "whisper-base" / "model.bin").write_bytes(b"another")
    assert fingerprint(config) != before


def test_a_recording_is_its_sound_and_its_region() -> None:
    assert recording(b"a", "national") != recording(b"b", "national")
    assert recording(b"a", "national") != recording(b"a", "510100")
