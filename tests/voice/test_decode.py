"""Every format a chat or a telephone sends is read; everything else is refused with a plain message."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable

import av
import numpy as np
import pytest

from voice.decode import SAMPLE_RATE, Limits, decode
from voice.errors import Code, VoiceError

pytestmark = pytest.mark.unit

LIMITS = Limits(max_bytes=10 * 2**20, max_seconds=120, deadline_s=10)

FORMATS = {
    "ogg/opus": ("ogg", "libopus", 48000),
    "webm/opus": ("webm", "libopus", 48000),
    "mp3": ("mp3", "libmp3lame", 44100),
    "m4a": ("mp4", "aac", 44100),
    "wav": ("wav", "pcm_s16le", 16000),
    "wav/alaw": ("wav", "pcm_alaw", 8000),
    "wav/mulaw": ("wav", "pcm_mulaw", 8000),
    "flac": ("flac", "flac", 16000),
    "amr-nb": ("amr", "libopencore_amrnb", 8000),
}


def _make(make_file: Callable[..., bytes], tone: np.ndarray, name: str) -> bytes:
    container, codec, rate = FORMATS[name]
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV cannot write {codec}")
    return make_file(tone, container, codec, rate)


@pytest.mark.parametrize("name", FORMATS)
def test_reads_every_usual_format(name: str, make_file: Callable[..., bytes], tone: np.ndarray) -> None:
    samples = decode(_make(make_file, tone, name), LIMITS)
    assert samples.dtype == np.float32
    assert abs(samples.size / SAMPLE_RATE - 2) < 0.15
    spectrum = np.abs(np.fft.rfft(samples[8000:24000]))
    assert abs(int(spectrum.argmax()) - 440) <= 2  # one bin is one hertz


@pytest.mark.parametrize(("media_type", "codec"), [("audio/PCMA", "pcm_alaw"), ("audio/PCMU; rate=8000", "pcm_mulaw")])
def test_reads_headerless_telephone_audio(
    media_type: str, codec: str, make_file: Callable[..., bytes], tone: np.ndarray
) -> None:
    raw = make_file(tone, codec.removeprefix("pcm_"), codec, 8000)
    samples = decode(raw, LIMITS, media_type)
    assert abs(samples.size / SAMPLE_RATE - 2) < 0.05
    assert abs(int(np.abs(np.fft.rfft(samples[8000:24000])).argmax()) - 440) <= 2


def _video(*, sound: bool) -> bytes:
    target = io.BytesIO()
    with av.open(target, "w", format="mp4") as out:
        video = out.add_stream("mpeg4", rate=10)
        video.width = video.height = 64
        audio = out.add_stream("aac", rate=16000, layout="mono") if sound else None
        for number in range(10):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 20, np.uint8), format="rgb24")
            out.mux(video.encode(frame))
        out.mux(video.encode(None))
        if audio is not None:
            for start in range(0, 16000, 1024):
                noise = np.zeros((1, 1024), np.float32)
                frame = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
                frame.sample_rate, frame.pts = 16000, start
                out.mux(audio.encode(frame))
            out.mux(audio.encode(None))
    return target.getvalue()


def _wav(seconds: float, *, rate: int = 8000, claimed: int | None = None) -> bytes:
    size = int(seconds * rate)
    return b"RIFF" + struct.pack(
        "<I4s4sIHHIIHH4sI", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, rate, rate, 1, 8, b"data", claimed or size
    ) + bytes([128]) * size  # fmt: skip


REFUSED = {
    "nothing": (b"", Code.EMPTY),
    "silk from WeChat": (b"\x02#!SILK_V3" + bytes(200), Code.SILK),
    "silk from QQ": (b"#!SILK_V3" + bytes(200), Code.SILK),
    "text": ("这不是语音".encode() * 50, Code.UNREADABLE),
    "noise": (random.Random(7).randbytes(5000), Code.UNREADABLE),
    "a picture": (b"\x89PNG\r\n\x1a\n" + random.Random(8).randbytes(3000), Code.UNREADABLE),
    "too many bytes": (bytes(LIMITS.max_bytes + 1), Code.TOO_LARGE),
    "three hours": (_wav(3 * 3600, rate=4000)[: LIMITS.max_bytes], Code.TOO_LONG),
    "a rate nobody has": (_wav(1, rate=1_000_000), Code.UNREADABLE),
    "a playlist of local files": (b"ffconcat version 1.0\nfile '/etc/passwd'\n", Code.UNREADABLE),
    "a session description": (b"v=0\nc=IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n", Code.UNREADABLE),
    "an HLS playlist": (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", Code.UNREADABLE),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_what_is_not_a_usable_recording(name: str) -> None:
    data, code = REFUSED[name]
    with pytest.raises(VoiceError) as caught:
        decode(data, LIMITS)
    assert caught.value.code is code
    assert caught.value.message.endswith("。")
    assert caught.value.message.isprintable()


def test_video_without_sound_is_named_and_with_sound_is_read() -> None:
    with pytest.raises(VoiceError) as caught:
        decode(_video(sound=False), LIMITS)
    assert caught.value.code is Code.NO_AUDIO
    assert abs(decode(_video(sound=True), LIMITS).size / SAMPLE_RATE - 1) < 0.2


def test_a_small_file_cannot_become_hours_of_sound() -> None:
    silence = np.zeros(16000 * 200, np.int16)
    target = io.BytesIO()
    with av.open(target, "w", format="flac") as out:
        stream = out.add_stream("flac", rate=16000, layout="mono")
        for start in range(0, silence.size, 4096):
            frame = av.AudioFrame.from_ndarray(silence[None, start : start + 4096], format="s16", layout="mono")
            frame.sample_rate, frame.pts = 16000, start
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = target.getvalue()
    assert len(data) < 100_000
    with pytest.raises(VoiceError) as caught:
        decode(data, LIMITS)
    assert caught.value.code is Code.TOO_LONG


def test_two_hundred_damaged_files(make_file: Callable[..., bytes], tone: np.ndarray) -> None:
    """Truncated, overwritten, spliced, mislabelled: samples in bounds or a VoiceError, never anything else."""
    chance = random.Random(20261123)
    seeds = [
        make_file(tone, container, codec, rate)
        for container, codec, rate in FORMATS.values()
        if codec in av.codecs_available
    ]

    outcomes = {"read": 0, "refused": 0}
    for _ in range(200):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 30)):
            data[chance.randrange(min(len(data), chance.choice((64, 4096, 10**6))))] = chance.randrange(256)
        if chance.random() < 0.4:
            del data[chance.randrange(1, len(data)) :]
        if chance.random() < 0.2:
            data[:0] = chance.choice(seeds)[: chance.randint(4, 200)]
        try:
            samples = decode(bytes(data), LIMITS)
        except VoiceError:
            outcomes["refused"] += 1
        else:
            outcomes["read"] += 1
            assert samples.size <= LIMITS.max_seconds * SAMPLE_RATE
            assert np.isfinite(samples).all()
            assert np.abs(samples).max() <= 1
    assert min(outcomes.values()) > 10, outcomes
