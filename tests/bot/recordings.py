"""Recordings made on the spot, in the formats that chats send."""

from __future__ import annotations

import io

import av
import numpy as np

from voice.encode import to_ogg_opus


def tone(seconds: float = 1.0, rate: int = 24_000) -> np.ndarray:
    """A hum of 220 Hz, shape (n,)."""
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(int(seconds * rate)) / rate)).astype(np.float32)


def ogg_opus() -> bytes:
    return to_ogg_opus(tone(), 24_000)


def encoded(container: str, codec: str, rate: int, *, picture: bool = False) -> bytes:
    """A tone in any container and codec; with ``picture`` a video track of a grey square comes first."""
    target = io.BytesIO()
    samples = (tone(1.0, rate) * 32_767).astype(np.int16)
    with av.open(target, "w", format=container) as out:
        video = out.add_stream("mpeg4", rate=10) if picture else None
        stream = out.add_stream(codec, rate=rate, layout="mono")
        if video is not None:
            video.width = video.height = 64
            video.pix_fmt = "yuv420p"
            for _ in range(10):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 128, np.uint8), format="rgb24")
                out.mux(video.encode(frame))
            out.mux(video.encode(None))
        resampler = av.AudioResampler(
            format=stream.codec_context.format.name,
            layout="mono",
            rate=rate,
            frame_size=stream.codec_context.frame_size or None,
        )
        frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        frame.sample_rate = rate
        frame.pts = 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return target.getvalue()
