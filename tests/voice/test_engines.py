"""Which recogniser hears whom, and what a wrong table says."""

from __future__ import annotations

from pathlib import Path

import pytest

from settings import Settings
from voice.config import VoiceConfig
from voice.engines import Engine, choose, read_table
from voice.errors import Code, VoiceError
from voice.service import VoiceService

pytestmark = pytest.mark.unit

TABLE = """
[[recogniser]]
engine = "sherpa"
directory = "yue"
kind = "wenet_ctc"
regions = ["4406", "4407"]

[[recogniser]]
engine = "vosk"
directory = "phone"
channels = ["hotline"]
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    for name in ("yue", "phone"):
        (tmp_path / name).mkdir()
    path = tmp_path / "recognisers.toml"
    path.write_text(TABLE)
    return path


def test_the_first_that_fits_hears(table: Path) -> None:
    config = VoiceConfig.from_settings(Settings(recogniser_table=table, state_dir=table.parent))
    heard_by = {
        ("440605", "web"): "sherpa",
        ("440605", "hotline"): "sherpa",
        ("440100", "hotline"): "vosk",
        ("national", "web"): "whisper",
        ("national", ""): "whisper",
    }
    for (region, channel), name in heard_by.items():
        assert choose(config.hearing, region, channel).name == name
    assert config.hearing[0] == Engine("sherpa", table.parent / "yue", "wenet_ctc", ("4406", "4407"))


@pytest.fixture
def longer_table(table: Path) -> Path:
    table.write_text(TABLE + '[[recogniser]]\nengine = "vosk"\ndirectory = "phone"\nregions = ["51"]\n')
    return table


async def test_each_model_has_one_worker_of_its_own(longer_table: Path) -> None:
    service = VoiceService(VoiceConfig(models_dir=longer_table.parent, engines=read_table(longer_table)))
    assert list(service.pids) == ["decode", "hear", "hear2", "hear3", "speak"]
    await service.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"sherpa"', '"siri"', "recogniser 1 engine: Input should be 'whisper', 'vosk' or 'sherpa'"),
        ('"yue"', '"absent"', "recogniser 1 directory: "),
        ('kind = "wenet_ctc"', 'kind = "best"', "recogniser 1 kind: 'best' is not one of sense_voice"),
        ('engine = "vosk"', 'engine = "vosk"\nkind = "dolphin"', "recogniser 2 kind: only sherpa has kinds"),
        ('"4406"', '"Foshan"', "recogniser 1 regions 1: String should match"),
        ('regions = ["4406", "4407"]', "", "recogniser 1 hears everybody"),
        ("channels", "chanels", "recogniser 2 chanels: Extra inputs"),
        ("[[recogniser]]", "[[recogniser", "is not TOML"),
    ],
)
def test_a_wrong_table_is_said_in_one_line(table: Path, old: str, new: str, said: str) -> None:
    table.write_text(TABLE.replace(old, new, 1))
    with pytest.raises(VoiceError) as caught:
        read_table(table)
    assert caught.value.code is Code.MODEL_MISSING
    assert caught.value.detail.startswith(f"{table}: ")
    assert said in caught.value.detail
    assert "\n" not in caught.value.detail


def test_an_absent_table_and_an_engine_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(VoiceError, match="No such file"):
        read_table(tmp_path / "absent.toml")
    with pytest.raises(VoiceError, match="XIANGYIN_RECOGNISER_DIR"):
        VoiceService(VoiceConfig(models_dir=tmp_path, recogniser="sherpa"))
