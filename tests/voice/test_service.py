"""The service with its real models: what it says it hears again; silence, noise and nonsense are told apart."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein
from typer.testing import CliRunner

from voice.activity import SpeechDetector, find_speech
from voice.cli import app
from voice.config import VoiceConfig
from voice.decode import SAMPLE_RATE, Limits, decode
from voice.errors import Code, VoiceError
from voice.service import Hints, VoiceService

pytestmark = pytest.mark.unit

SENTENCE = "我想申请五万块钱的种植贷款"


@pytest.fixture
async def service(models_dir: Path) -> AsyncIterator[VoiceService]:
    running = VoiceService(VoiceConfig(models_dir=models_dir))
    yield running
    await running.close()


async def test_hears_what_it_says_and_survives_a_kill(service: VoiceService) -> None:
    spoken = await service.speak("我想申请50,000元的种植贷款。")
    assert spoken.startswith(b"OggS")
    assert await service.speak("我想申请50,000元的种植贷款。") is spoken  # from the cache
    heard = await service.hear(spoken)
    assert Levenshtein.distance(heard.text, "我想申请五万元的种植贷款") <= 2
    assert 0.5 < heard.confidence <= 1
    assert all(item.text != heard.text for item in heard.alternatives)
    assert 2 < heard.seconds < 6
    pid = service.pids["hear"]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    again = await asyncio.gather(service.hear(spoken), return_exceptions=True)
    if isinstance(again[0], VoiceError):  # the death was noticed only by this call
        assert again[0].code is Code.WORKER_LOST
    assert (await service.hear(spoken)).text == heard.text
    await _nothing_is_invented(service)


async def _nothing_is_invented(service: VoiceService) -> None:
    from voice.encode import to_ogg_opus

    chance = np.random.default_rng(3)
    sounds = {
        "silence": np.zeros(4 * SAMPLE_RATE),
        "hiss": 0.1 * chance.standard_normal(4 * SAMPLE_RATE),
        "hum": 0.3 * np.sin(2 * np.pi * 100 * np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE),
        "click": np.eye(1, 4 * SAMPLE_RATE, 30000)[0],
    }
    for name, sound in sounds.items():
        with pytest.raises(VoiceError) as caught:
            await service.hear(to_ogg_opus(sound.astype(np.float32), SAMPLE_RATE), Hints(terms=("贷款",)))
        assert caught.value.code is Code.HEARD_NOTHING, name


async def test_parts_come_one_sentence_each_and_nothing_to_say_is_an_error(service: VoiceService) -> None:
    parts = [part async for part in service.speak_parts("您好。请说。")]
    assert [part[:4] for part in parts] == [b"OggS", b"OggS"]
    with pytest.raises(VoiceError) as caught:
        await service.speak("👌 https://example.cn")
    assert caught.value.code is Code.NOTHING_TO_SAY


async def test_the_telephone_gets_bare_pcm_sentence_by_sentence(service: VoiceService) -> None:
    sizes = []
    for rate in (8000, 16000):
        pieces = [np.frombuffer(piece, "<i2") async for piece in service.speak_pcm("您好。请说。", rate)]
        assert len(pieces) == 2
        assert all(1000 < np.abs(piece).max() <= 32767 for piece in pieces)
        sizes.append(sum(piece.size for piece in pieces) / rate)
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
    heard = await service.hear(b"".join([p async for p in _as_alaw(service)]), Hints(media_type="audio/PCMA"))
    assert Levenshtein.distance(heard.text, SENTENCE) <= 3


async def _as_alaw(service: VoiceService) -> AsyncIterator[bytes]:
    import av

    encoder = av.CodecContext.create("pcm_alaw", "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.format = 8000, "mono", "s16"
    async for piece in service.speak_pcm(SENTENCE, 8000):
        frame = av.AudioFrame.from_ndarray(np.frombuffer(piece, "<i2")[None, :], format="s16", layout="mono")
        frame.sample_rate = 8000
        for packet in encoder.encode(frame):
            yield bytes(packet)


async def test_a_voice_that_is_not_there_is_named_with_those_that_are(models_dir: Path) -> None:
    service = VoiceService(VoiceConfig(models_dir=models_dir, voice_dir=models_dir / "kokoro", voice_name="zf_nobody"))
    with pytest.raises(VoiceError) as caught:
        await service.speak("您好。")
    assert "zm_yunyang" in caught.value.detail
    await service.close()


async def test_missing_models_are_said_with_the_cure(tmp_path: Path) -> None:
    service = VoiceService(VoiceConfig(models_dir=tmp_path))
    try:
        with pytest.raises(VoiceError) as caught:
            await service.start(speak=False)
    finally:
        await service.close()
    assert caught.value.code is Code.MODEL_MISSING
    assert "voice.models prepare" in caught.value.detail


def test_finds_speech_between_silences(dev_speech: Path) -> None:
    clip = decode((dev_speech / "std_00.ogg").read_bytes(), Limits(10**6, 60, 10))
    quiet = np.zeros(SAMPLE_RATE, np.float32)
    spans = find_speech(SpeechDetector(), np.concatenate([quiet, clip, quiet]))
    assert abs(spans[0].start / SAMPLE_RATE - 1) < 0.4
    assert abs(spans[-1].end / SAMPLE_RATE - 1 - clip.size / SAMPLE_RATE) < 0.5


def test_the_stream_may_come_in_any_pieces() -> None:
    sound = np.random.default_rng(5).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
    whole = SpeechDetector().feed(sound)
    piecewise = SpeechDetector()
    parts = [p for start in range(0, sound.size, 333) for p in piecewise.feed(sound[start : start + 333])]
    assert parts == pytest.approx(whole)


def test_command_line_names_what_it_cannot_read(models_dir: Path, tmp_path: Path) -> None:
    absent, text = tmp_path / "absent.ogg", tmp_path / "text.ogg"
    text.write_text("这不是语音")
    result = CliRunner().invoke(app, ["transcribe", "--json", str(absent), str(text)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == [str(absent), str(text)]


def test_command_line_speaks_for_a_telephone_system(models_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "leave-word.wav"
    assert CliRunner().invoke(app, ["speak", SENTENCE, "-o", str(out)]).exit_code == 0
    with wave.open(str(out)) as sound:
        assert (sound.getnchannels(), sound.getsampwidth(), sound.getframerate()) == (1, 2, 8000)
        assert sound.getnframes() > 8000
    answer = CliRunner().invoke(app, ["transcribe", str(out), "--json"])
    assert Levenshtein.distance(json.loads(answer.stdout)["text"], SENTENCE) <= 2


def test_command_line_speaks_and_transcribes(models_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ogg"
    assert CliRunner().invoke(app, ["speak", SENTENCE, "-o", str(out)]).exit_code == 0
    result = CliRunner().invoke(app, ["transcribe", str(out), "--json"])
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout)
    assert list(answer) == [
        "file", "text", "raw", "confidence", "alternatives", "engine", "seconds", "elapsed_ms",
    ]  # fmt: skip
    assert Levenshtein.distance(answer["text"], SENTENCE) <= 2
