"""What the decoding worker does: any file to samples, in a process that can open nothing and holds nothing."""

from __future__ import annotations

from dataclasses import dataclass

from voice.decode import Limits, Samples, decode
from voice.errors import VoiceError
from voice.sandbox import confine


@dataclass(frozen=True)
class DecodeJob:
    """A recording as it came; ``media_type`` only for headerless telephone audio."""

    data: bytes
    media_type: str | None


@dataclass(frozen=True)
class DecodingConfig:
    """Limits of one recording, and ``memory`` in bytes beyond what the ready process has."""

    limits: Limits
    memory: int
    confined: bool = True
    """Off only to show, from outside, that the decoder does not even try to open anything."""


class Decoding:
    """The decoder in a process of its own, confined before it sees its first file."""

    def __init__(self, config: DecodingConfig) -> None:
        self._limits = config.limits
        self._warm_up()
        if config.confined:
            confine(config.memory)

    def __call__(self, job: DecodeJob) -> Samples:
        """Decode one recording. Raises VoiceError, see :func:`voice.decode.decode`."""
        return decode(job.data, self._limits, job.media_type)

    def _warm_up(self) -> None:
        """Have everything loaded that is loaded late: afterwards no file can be opened any more."""
        for data in (_WAV, b"OggS" + bytes(100)):
            try:
                decode(data, self._limits)
            except VoiceError:
                continue


_WAV = (
    b"RIFF\x64\x03\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00"
    b"data\x40\x03\x00\x00" + bytes([128]) * 832
)
"""A tenth of a second of silence at 8 kHz: the resampler is loaded too."""
