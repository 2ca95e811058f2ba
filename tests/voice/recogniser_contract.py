"""What every recogniser must do, whatever its engine: derive, give a ``recogniser`` fixture and what it should hear."""

from __future__ import annotations

import numpy as np
import pytest

from voice.decode import SAMPLE_RATE, Samples
from voice.recognisers.base import Expects, Hints, Hypothesis, Recogniser

HINTS = (
    Hints(),
    Hints(terms=("种植贷款", "交电费"), expects=Expects.MENU),
    Hints(expects=Expects.YES_NO),
    Hints(expects=Expects.DIGITS),
    Hints(terms=("", "  ", "😀", '"]', "A" * 500), expects=Expects.MENU),
)


class RecogniserContract:
    """Fixtures to give: ``recogniser`` (loaded) and ``speech`` (16 kHz samples in which it finds words)."""

    def test_hypotheses_are_different_tidy_and_ranked(self, recogniser: Recogniser, speech: Samples) -> None:
        found = recogniser.transcribe(speech, Hints())
        assert found
        _check(found)

    @pytest.mark.parametrize("hints", HINTS, ids=lambda hints: hints.expects)
    def test_any_hints_are_taken(self, recogniser: Recogniser, speech: Samples, hints: Hints) -> None:
        found = recogniser.transcribe(speech, hints)
        assert found
        _check(found)

    def test_the_same_twice(self, recogniser: Recogniser, speech: Samples) -> None:
        assert recogniser.transcribe(speech, Hints()) == recogniser.transcribe(speech, Hints())

    @pytest.mark.parametrize("seconds", [0.01, 1.0, 10.0])
    def test_silence_of_any_length_does_no_harm(self, recogniser: Recogniser, seconds: float) -> None:
        _check(recogniser.transcribe(np.zeros(int(seconds * SAMPLE_RATE), np.float32), Hints()))

    def test_a_stream_hears_what_the_whole_holds(self, recogniser: Recogniser, speech: Samples) -> None:
        stream = recogniser.stream(Hints())
        partials = [stream.feed(speech[start : start + 3200]) for start in range(0, speech.size, 3200)]
        assert all(isinstance(partial, str) for partial in partials)
        found = stream.finish()
        _check(found)
        assert found
        assert found[0].text in {item.text for item in recogniser.transcribe(speech, Hints())}

    def test_streams_may_be_interleaved(self, recogniser: Recogniser, speech: Samples) -> None:
        alone = recogniser.stream(Hints())
        alone.feed(speech)
        first, second = recogniser.stream(Hints()), recogniser.stream(Hints(expects=Expects.YES_NO))
        for start in range(0, speech.size, 4000):
            first.feed(speech[start : start + 4000])
            second.feed(np.zeros(4000, np.float32))
        second.finish()
        assert _text(first.finish()) == _text(alone.finish())

    def test_the_telephones_rate_is_taken(self, recogniser: Recogniser, speech: Samples) -> None:
        stream = recogniser.stream(Hints(), sample_rate=8000)
        stream.feed(speech.reshape(-1, 2).mean(axis=1) if speech.size % 2 == 0 else speech[:-1:2])
        _check(stream.finish())

    def test_an_empty_stream_ends(self, recogniser: Recogniser) -> None:
        stream = recogniser.stream(Hints())
        assert stream.feed(np.zeros(0, np.float32)) == ""
        _check(stream.finish())


def _text(found: list[Hypothesis]) -> str:
    return found[0].text if found else ""


def _check(found: list[Hypothesis]) -> None:
    texts = [item.text for item in found]
    assert len(set(texts)) == len(texts) <= 10
    assert all(text and text == text.strip() for text in texts)
    assert all(0 <= item.confidence <= 1 for item in found)
