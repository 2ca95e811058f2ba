"""First words that many hear are made beforehand and kept; what names somebody is not."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from bot.channels.hotline.desk.known import texts
from tests.voice import tiny_models
from voice.config import VoiceConfig
from voice.kept import KeptSpeech, first_words
from voice.service import VoiceService

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("您问的是：{title}。{short}", "您问的是："),
        ("我记下了：", "我记下了："),
        ("电费", None),
        ("您想贷多少钱？比如说：五万。", "您想贷多少钱？"),
        ("{what}，{amount}，编号{id}。", None),
        ("好的{name}，记下了。", None),
        ("https://example.cn", None),
    ],
)
def test_first_words_are_those_before_what_is_filled_in(text: str, words: str | None) -> None:
    assert first_words(text) == words


def test_what_the_dialogue_says_has_first_words() -> None:
    found = {words for text in texts() if (words := first_words(text))}
    assert {"您问的是：", "我记下了：", "这很像骗人的。"} <= found
    assert not any("{" in words or "}" in words for words in found)


def test_a_sound_is_kept_for_the_next_process_and_a_disk_that_fails_is_borne(tmp_path: Path) -> None:
    KeptSpeech(tmp_path / "spoken").put("key", b"sound")
    assert KeptSpeech(tmp_path / "spoken").get("key") == b"sound"
    assert KeptSpeech(tmp_path / "spoken").get("other") is None
    (tmp_path / "file").touch()
    in_the_way = KeptSpeech(tmp_path / "file" / "spoken")
    in_the_way.put("key", b"sound")
    assert in_the_way.get("key") is None
    KeptSpeech(None).put("key", b"sound")


def test_what_is_said_no_more_is_kept_no_longer(tmp_path: Path) -> None:
    old, new, unfinished = "0" * 64, "1" * 64, "2" * 64 + ".77"
    kept = KeptSpeech(tmp_path)
    for key in (old, new):
        kept.put(key, b"sound")
    for name in ("readme.txt", unfinished, "3" * 64 + ".78"):
        (tmp_path / name).touch()
    os.utime(tmp_path / unfinished, (1e9, 1e9))
    kept.keep_only({new})
    assert {path.name for path in tmp_path.iterdir()} == {new, "readme.txt", "3" * 64 + ".78"}
    assert (kept.get(old), kept.get(new)) == (None, b"sound")
    KeptSpeech(None).keep_only(())


async def test_prepared_words_need_no_voice_and_the_rest_is_made(tmp_path: Path) -> None:
    voice_dir = tiny_models.voice(tmp_path / "voice")
    config = VoiceConfig(
        models_dir=tmp_path,
        synthesiser="sherpa",
        voice_dir=voice_dir,
        voice_name="0",
        speak_threads=1,
        kept_dir=tmp_path / "spoken",
    )
    gone = tmp_path / "spoken" / ("0" * 64)
    gone.parent.mkdir()
    gone.touch()
    preparing = VoiceService(config)
    await asyncio.wait_for(preparing.prepare(["您贵姓好，{name}您好。", "{name}，您好。"]), 60)
    await preparing.close()
    assert len(list((tmp_path / "spoken").iterdir())) == 2, "one for each rate"
    for rate in (8000, 16000):
        service = VoiceService(config)
        pieces = service.speak_pcm("您贵姓好，王您好。", rate)
        first = await anext(pieces)
        assert len(first) > rate / 10
        assert service.pids["speak"] is None, "from the disk"
        assert await anext(pieces)
        assert service.pids["speak"] is not None
        assert len(list((tmp_path / "spoken").iterdir())) == 2, "a name stays in memory"
        await service.close()


async def test_two_lines_that_say_the_same_get_the_same(tmp_path: Path) -> None:
    voice_dir = tiny_models.voice(tmp_path / "voice")
    config = VoiceConfig(models_dir=tmp_path, synthesiser="sherpa", voice_dir=voice_dir, voice_name="0")
    service = VoiceService(config)

    async def said(rate: int) -> list[bytes]:
        return [piece async for piece in service.speak_pcm("您好。您好您好。", rate)]

    narrow, wide, again = await asyncio.gather(said(8000), said(16000), said(8000))
    assert [len(piece) for piece in wide] == pytest.approx([2 * len(piece) for piece in narrow], rel=0.05)
    assert all(a is b for a, b in zip(narrow, again, strict=True)), "made once"
    await service.close()
