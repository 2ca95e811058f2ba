"""What was heard, as the voice service tells it and as it travels over HTTP."""

from __future__ import annotations

from bot.schema import Alternative, Heard
from voice.service import Hypothesis, Transcript


def heard_of(transcript: Transcript) -> Heard:
    """A transcript for HTTP."""
    return Heard(
        text=transcript.text,
        raw=transcript.raw,
        confidence=transcript.confidence,
        alternatives=[Alternative(text=a.text, confidence=a.confidence) for a in transcript.alternatives],
        engine=transcript.engine,
        seconds=transcript.seconds,
    )


def transcript_of(heard: Heard) -> Transcript:
    """What :func:`heard_of` was given; the time it took is not known any more."""
    others = tuple(Hypothesis(other.text, other.confidence) for other in heard.alternatives)
    return Transcript(heard.text, heard.raw, heard.confidence, others, heard.engine, heard.seconds, 0)
