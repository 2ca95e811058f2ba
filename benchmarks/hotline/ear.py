"""What a caller hears: when the assistant's voice began and ended, and where it broke off."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

VOICE_RMS = 200.0
"""A frame louder than this (of 32767) is voice; comfort noise lies far below."""
PAUSE_S = 0.4
"""Silence up to this long does not end a stretch of voice: people pause for breath, and so do synthetic voices."""
GAP_S = 0.04


def level(pcm: bytes) -> float:
    """Root mean square of 16 bit samples."""
    samples = np.frombuffer(pcm[: len(pcm) // 2 * 2], np.int16).astype(np.float32)
    return float(np.sqrt(np.dot(samples, samples) / max(len(samples), 1)))


@dataclass
class Span:
    """A stretch of voice; ``ended`` is the end of its last frame that was voice."""

    began: float
    ended: float


@dataclass
class Ear:
    """Times are ``time.monotonic`` seconds.

    Attributes:
        spans: when the assistant's voice was heard.
        gaps: lengths in seconds of the breaks over 40 ms inside its voice.
        frames: voice frames heard; what the share of gaps is taken of.
        first_frame: when anything at all came.
        noise: level of the loudest frame that was no voice.
        heard: all frames and when they were heard, where ``keep`` asks for it.
    """

    spans: list[Span] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    frames: int = 0
    first_frame: float | None = None
    noise: float = 0.0
    keep: bool = False
    heard: list[tuple[float, bytes]] = field(default_factory=list)

    def hear(self, at: float, pcm: bytes, seconds: float) -> None:
        """A frame that began to be heard at ``at``."""
        if self.first_frame is None:
            self.first_frame = at
        if self.keep:
            self.heard.append((at, pcm))
        loud = level(pcm)
        if loud < VOICE_RMS:
            self.noise = max(self.noise, loud)
            return
        self.frames += 1
        if self.spans and at - self.spans[-1].ended <= PAUSE_S:
            self.spans[-1].ended = at + seconds
        else:
            self.spans.append(Span(at, at + seconds))

    def missed(self, seconds: float) -> None:
        """Nothing came for so long, in the middle of the voice."""
        if seconds > GAP_S:
            self.gaps.append(seconds)

    def speaking_at(self, moment: float) -> Span | None:
        """The stretch of voice in which a moment lies."""
        return next((span for span in reversed(self.spans) if span.began <= moment <= span.ended + PAUSE_S), None)

    def first_after(self, moment: float) -> Span | None:
        """The first stretch of voice that began after a moment."""
        return next((span for span in self.spans if span.began >= moment), None)

    def quiet_for(self, now: float) -> float:
        """Seconds since the last voice."""
        return now - self.spans[-1].ended if self.spans else float("inf")
