"""The fixed sentences as sound: made once, kept on disk, so that they need nobody."""

from __future__ import annotations

from pathlib import Path

from bot.channels.hotline.upstream import Upstream


class PromptBook:
    """Fixed sentences as PCM (16 bit, mono) for 8 and 16 kHz, kept in ``folder`` by the hash of voice and text."""

    def __init__(self, folder: Path, voice: str) -> None:
        self._folder, self._voice = folder, voice

    async def prepare(self, upstream: Upstream) -> None:
        """Have the gateway speak what is not there yet; tries again until all is there. A task beside the calls."""
        raise NotImplementedError

    def sound(self, text: str, rate: int) -> bytes | None:
        """PCM of a fixed sentence at ``rate`` Hz; None when it was never made."""
        raise NotImplementedError
