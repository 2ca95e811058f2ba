"""Long recordings: cut at pauses for the recogniser, and its hypotheses put together again."""

from __future__ import annotations

import math

import numpy as np

from voice.activity import Span
from voice.decode import SAMPLE_RATE, Samples
from voice.recognisers.base import MAX_SECONDS, Hypothesis

MOST_HYPOTHESES = 5
_WINDOW = MAX_SECONDS * SAMPLE_RATE


def windowed(samples: Samples, spans: list[Span]) -> list[Samples]:
    """The speech of ``spans``, pauses left out, in pieces of at most 28 s, cut at pauses where there are any."""
    pieces: list[list[Samples]] = [[]]
    room = _WINDOW
    for span in spans:
        for start in range(span.start, span.end, _WINDOW):
            part = samples[start : min(span.end, start + _WINDOW)]
            if part.size > room:
                pieces.append([])
                room = _WINDOW
            pieces[-1].append(part)
            room -= part.size
    return [np.concatenate(piece) for piece in pieces if piece]


def joined(windows: list[list[Hypothesis]]) -> list[Hypothesis]:
    """Whole-utterance hypotheses from those of its windows.

    The first takes the best of every window; each other one differs from it in a single window. Confidence is the
    geometric mean weighted by length.
    """
    if not windows:
        return []
    best = [window[0] for window in windows]
    whole = [best]
    for index, window in enumerate(windows):
        whole += [[*best[:index], other, *best[index + 1 :]] for other in window[1:]]
    found: dict[str, float] = {}
    for parts in whole:
        length = sum(len(part.text) for part in parts)
        mean = sum(len(part.text) * math.log(max(part.confidence, 1e-9)) for part in parts) / length
        found.setdefault("，".join(part.text for part in parts), math.exp(mean))
    first, *others = found.items()
    ranked = [first, *sorted(others, key=lambda item: -item[1])[: MOST_HYPOTHESES - 1]]
    return [Hypothesis(text, round(confidence, 4)) for text, confidence in ranked]
