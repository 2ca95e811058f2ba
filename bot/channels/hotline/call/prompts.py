"""The fixed sentences as sound: made once, kept on disk, so that they need nobody."""

from __future__ import annotations

import asyncio
import functools
import hashlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.channels.hotline.call.texts import FIXED
from bot.channels.hotline.call.upstream import Upstream, UpstreamError

log = logging.getLogger(__name__)
RATES = (8000, 16000)
_PAUSE_S = 0.15
_FIRST_RETRY_S, _LONGEST_RETRY_S = 1.0, 30.0


class PromptBook:
    """Fixed sentences as PCM (16 bit, mono) for 8 and 16 kHz.

    Args:
        folder: where they are kept, made when it is missing.
        voice: names the voice; another voice's sentences are others.
        texts: the sentences, in the order in which they are made.
    """

    def __init__(self, folder: Path, voice: str, texts: Sequence[str] = FIXED) -> None:
        self._folder, self._voice, self._texts = folder, voice, texts
        self._sounds: dict[tuple[str, int], bytes] = {}

    def load(self) -> list[tuple[str, int]]:
        """Read what was made before, so that no call waits for a disk. Gives what is missing."""
        missing = []
        for text, rate in ((text, rate) for text in self._texts for rate in RATES):
            try:
                self._sounds[text, rate] = self._path(text, rate).read_bytes()
            except FileNotFoundError:
                missing.append((text, rate))
        return missing

    async def prepare(self, upstream: Upstream) -> None:
        """Have the gateway speak what is missing; tries again until all is there. A task beside the calls."""
        pause = _FIRST_RETRY_S
        while missing := await asyncio.to_thread(self.load):
            try:
                for text, rate in missing:
                    await self._make(upstream, text, rate)
                    pause = _FIRST_RETRY_S
            except UpstreamError as error:
                log.warning("prompts still to be made: %d (%s)", len(missing), error.code)
                await asyncio.sleep(pause)
                pause = min(2 * pause, _LONGEST_RETRY_S)

    def sound(self, text: str, rate: int) -> bytes | None:
        """PCM of a fixed sentence at ``rate`` Hz; None when it was never made."""
        return self._sounds.get((text, rate))

    async def _make(self, upstream: Upstream, text: str, rate: int) -> None:
        pause = bytes(2 * int(_PAUSE_S * rate))
        pcm = pause.join([piece async for piece in upstream.speech(text, rate)])
        if pcm:
            await asyncio.to_thread(self._keep, text, rate, pcm)
            self._sounds[text, rate] = pcm

    def _keep(self, text: str, rate: int, pcm: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._path(text, rate)
        unfinished = path.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(pcm)
        unfinished.replace(path)

    def _path(self, text: str, rate: int) -> Path:
        name = hashlib.sha256(f"{self._voice}\n{text}".encode()).hexdigest()[:24]
        return self._folder / f"{name}-{rate}.pcm"


@functools.cache
def hold_tone(rate: int) -> bytes:
    """Two seconds that say: still at it. Two soft notes that fade, then quiet; PCM at ``rate`` Hz."""
    return _notes(rate, (523.25, 659.25), 2.0)


@functools.cache
def chime(rate: int) -> bytes:
    """Half a second instead of a sentence that was never made: somebody is there."""
    return _notes(rate, (659.25,), 0.5)


def _notes(rate: int, pitches: Sequence[float], length_s: float) -> bytes:
    """Sines a third of a second apart, -20 dB and less, that swell for 10 ms and fade to a tenth in 0.35 s."""
    sound: npt.NDArray[np.float64] = np.zeros(int(length_s * rate))
    for index, pitch in enumerate(pitches):
        begins = int(index * 0.33 * rate)
        times = np.arange(sound.size - begins) / rate
        shape = np.minimum(times / 0.01, 1.0) * 10 ** (-times / 0.35)
        sound[begins:] += 0.06 * shape * np.sin(2 * np.pi * pitch * times)
    return (np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes()
