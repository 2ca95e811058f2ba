"""Any chat or telephone audio, from memory, to 16 kHz mono samples, bounded in every direction.

FFmpeg will read playlists, open sockets and believe absurd headers if it is let: only the named containers and codecs
may be used, no protocol but the bytes in memory, and bytes, rate, channels, seconds and time are capped. This still
runs in a worker process, which may die without harm.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from voice.errors import Code, VoiceError
from voice.samples import SAMPLE_RATE as SAMPLE_RATE
from voice.samples import Samples as Samples

_CONTAINERS = "ogg,matroska,webm,wav,mp3,mov,mp4,m4a,3gp,amr,flac,aac"
_CODECS = (
    "opus,libopus,vorbis,mp3,mp3float,mp2,mp2float,aac,aac_fixed,alac,flac,amrnb,amrwb,libopencore_amrnb,libopencore_amrwb,"
    "pcm_s16le,pcm_s16be,pcm_u8,pcm_s24le,pcm_s32le,pcm_f32le,pcm_f64le,pcm_alaw,pcm_mulaw,adpcm_ms,adpcm_ima_wav,gsm_ms"
)
_RAW = {"audio/pcma": "alaw", "audio/pcmu": "mulaw"}
"""Headerless telephone audio, 8 kHz mono, named by the media types of RFC 3551."""

_MAX_RATE, _MAX_CHANNELS, _MAX_BAD_PACKETS = 192_000, 8, 200
_SILK = b"#!SILK"


@dataclass(frozen=True)
class Limits:
    """What one recording may cost.

    Attributes:
        max_bytes: of the file.
        max_seconds: of sound, declared or decoded.
        deadline_s: of wall time to decode it.
    """

    max_bytes: int
    max_seconds: float
    deadline_s: float


def decode(data: bytes, limits: Limits, media_type: str | None = None) -> Samples:
    """Decode a recording.

    Args:
        data: the whole file.
        limits: see :class:`Limits`.
        media_type: only needed for headerless telephone audio (``audio/PCMA``, ``audio/PCMU``); else found in the data.

    Raises:
        VoiceError: ``empty``, ``too_large``, ``too_long``, ``silk``, ``no_audio``, ``unreadable`` or ``timeout``.
    """
    if not data:
        raise VoiceError(Code.EMPTY)
    if len(data) > limits.max_bytes:
        raise VoiceError(Code.TOO_LARGE, detail=f"{len(data)} bytes, limit {limits.max_bytes}")
    if _SILK in data[:10]:  # WeChat puts one byte before it, QQ does not
        raise VoiceError(Code.SILK, detail="SILK v3 recording")
    raw = _RAW.get((media_type or "").split(";")[0].strip().lower())
    try:
        blocks = list(_blocks(data, limits, raw))
    except VoiceError:
        raise
    except (av.FFmpegError, ValueError, OSError, MemoryError) as error:
        raise VoiceError(Code.UNREADABLE, detail=type(error).__name__) from None
    if not blocks:
        raise VoiceError(Code.UNREADABLE, detail="no sound could be decoded")
    # Floating-point files may hold anything; recognisers must see finite samples in range.
    return np.clip(np.nan_to_num(np.concatenate(blocks), posinf=0.0, neginf=0.0), -1.0, 1.0).astype(
        np.float32, copy=False
    )


def _options(raw: str | None) -> dict[str, str]:
    options = {
        "format_whitelist": _CONTAINERS,
        "protocol_whitelist": "pipe",
        "codec_whitelist": _CODECS,
        "probesize": "1000000",
        "analyzeduration": "2000000",
    }
    if raw is not None:
        options |= {"format_whitelist": raw, "sample_rate": "8000", "ch_layout": "mono"}
    return options


def _blocks(data: bytes, limits: Limits, raw: str | None) -> Iterator[Samples]:
    """Decoded pieces of the first audio stream, shape (n,) each."""
    ends = time.monotonic() + limits.deadline_s
    with av.open(io.BytesIO(data), "r", format=raw, options=_options(raw), metadata_errors="ignore") as container:
        if not container.streams.audio:
            raise VoiceError(Code.NO_AUDIO, detail=f"{container.format.name} without an audio stream")
        stream = container.streams.audio[0]
        _check_header(stream, container.duration, limits)
        resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        total = bad = 0
        for packet in container.demux(stream):
            if time.monotonic() > ends:
                raise VoiceError(Code.TIMEOUT, detail="decoding took too long")
            try:
                frames = packet.decode()
            except av.FFmpegError:
                bad += 1
                if bad > _MAX_BAD_PACKETS:
                    raise VoiceError(Code.UNREADABLE, detail="too many damaged packets") from None
                continue
            for frame in frames:
                for block in _resampled(resampler, frame):
                    total += block.size
                    if total > limits.max_seconds * SAMPLE_RATE:
                        raise VoiceError(Code.TOO_LONG, detail=f"more than {limits.max_seconds:g} s")
                    yield block
        if total:
            yield from _resampled(resampler, None)


def _check_header(stream: av.AudioStream, duration_us: int | None, limits: Limits) -> None:
    codec = stream.codec_context
    if codec is None:  # named in the header, but none that we decode
        raise VoiceError(Code.UNREADABLE, detail="a codec that is not read")
    if not (4000 <= (codec.sample_rate or 0) <= _MAX_RATE and 1 <= (codec.channels or 0) <= _MAX_CHANNELS):
        raise VoiceError(Code.UNREADABLE, detail=f"{codec.sample_rate} Hz, {codec.channels} channels")
    # A little over is let through here: headers round, and the decoded samples are counted anyway.
    if duration_us and duration_us / 1e6 > limits.max_seconds * 1.1:
        raise VoiceError(Code.TOO_LONG, detail=f"{duration_us / 1e6:.0f} s declared, limit {limits.max_seconds:g} s")


def _resampled(resampler: av.AudioResampler, frame: av.AudioFrame | None) -> Iterator[Samples]:
    for piece in resampler.resample(frame):
        yield piece.to_ndarray()[0]
