"""Voice messages through the running stack: heard, answered, and the answer can be heard."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path

import pytest
import requests

from tests.running import Stack
from tests.shared_material import shared

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def question(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spoken question, by the assistant's own voice."""
    path = tmp_path_factory.mktemp("speech") / "question.ogg"
    done = stack.command("voice", "speak", "小麦条锈病怎么防治？", "-o", str(path))
    assert done.returncode == 0, done.stderr
    return path


def test_a_spoken_question_is_heard_and_answered_aloud(stack: Stack, question: Path) -> None:
    done = stack.command("listen", str(question), "--json")
    assert done.returncode == 0, done.stderr
    turn = json.loads(done.stdout)
    assert turn["heard"]["text"]
    assert turn["heard"]["seconds"] > 1
    assert turn["understood"]["intent"] == "ask_knowledge"
    sound = requests.get(stack.url + turn["replies"][0]["audio"], timeout=600)
    assert sound.status_code == 200, sound.text[:200]
    assert sound.headers["Content-Type"] == "audio/ogg"
    assert sound.content[:4] == b"OggS"
    heard = stack.listen(sound.content).json()["heard"]
    assert heard["seconds"] > 2, "the reply is speech that can itself be recognised"


def test_a_recording_from_the_village(stack: Stack) -> None:
    done = stack.command("listen", str(shared("speech/dev/std_08.ogg")), "--json")
    assert done.returncode == 0, done.stderr
    turn = json.loads(done.stdout)
    assert "玉米" in turn["heard"]["text"]
    assert turn["replies"][0]["text"]


def wav(seconds: float, samples: bytes = b"\0\0", rate: int = 16_000) -> bytes:
    data = samples * int(seconds * rate)
    form = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return form + struct.pack("<4sI", b"data", len(data)) + data


def declared_wav(seconds: int) -> bytes:
    """A header that promises ``seconds`` of sound before a little of it."""
    head = bytearray(wav(0.5))
    head[40:44] = struct.pack("<I", min(seconds * 32_000, 2**32 - 1))
    return bytes(head)


@pytest.mark.parametrize(
    ("name", "audio", "statuses"),
    [
        ("nothing", b"", {400, 422}),
        ("binary garbage", random.Random(1).randbytes(50_000), {422}),
        ("text", "这不是录音".encode() * 100, {422}),
        ("silence", wav(3), {422}),
        ("three hours", wav(3 * 3600, b"\0", 8_000), {413, 422}),
        ("a header of hours", declared_wav(16_000), {422}),
        ("a playlist naming a file", b"ffconcat version 1.0\nfile /etc/passwd\n", {422}),
        ("WeChat's SILK", b"\x02#!SILK_V3" + bytes(200), {422}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_bad_audio_gets_a_polite_reason(stack: Stack, name: str, audio: bytes, statuses: set[int]) -> None:
    answer = stack.listen(audio)
    assert answer.status_code in statuses, (name, answer.text)
    error = answer.json()["error"]
    assert error["code"]
    assert any("\u4e00" <= character <= "\u9fff" for character in error["message"])
    assert stack.ask("你好").status_code == 200, "the stack goes on"


def test_a_video_is_not_taken_for_speech(stack: Stack, tmp_path: Path) -> None:
    import av
    import numpy as np

    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(20):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    answer = stack.listen(path.read_bytes())
    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_missing_file_is_one_error_line(stack: Stack) -> None:
    done = stack.command("listen", "/nowhere/speech.ogg")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
