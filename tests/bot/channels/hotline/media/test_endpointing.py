"""Whether speech is heard to begin and to end, on recorded callers; and that silence needs no sound."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from benchmarks.hotline.callers import RECORDINGS, click, cough, hum, traffic, utterances
from bot.channels.hotline.media.endpointing import (
    Ended,
    EndPointer,
    MaybeEnded,
    Resumed,
    SpeechEvent,
    SpeechStarted,
)
from bot.channels.hotline.media.pauses import LONGEST_S, SHORTEST_S, SPELLED_S, Patience
from bot.channels.hotline.wire import Expected
from tests.bot.channels.hotline.callers import LEAD_S, frames, recordings, sounds_at, telephone
from voice.activity import load_network
from voice.samples import Samples

Timed = tuple[float, SpeechEvent]


@pytest.fixture(scope="module")
def network() -> onnxruntime.InferenceSession:
    return load_network()


def listened(ears: EndPointer, sound: Samples, rate: int, *, suppress_below: int = 0) -> list[Timed]:
    """All events with their time; frames quieter than ``suppress_below`` never arrive, as with silence suppression."""
    events: list[Timed] = []
    for now, pcm in frames(sound, rate):
        loud = np.abs(np.frombuffer(pcm, "<i2").astype(int)).max() >= suppress_below
        events += [(now, event) for event in (ears.feed(pcm, now) if loud else ears.tick(now))]
    return events


def only(events: list[Timed], kind: type[SpeechEvent]) -> list[Timed]:
    return [(now, event) for now, event in events if isinstance(event, kind)]


@pytest.mark.unit
@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("suppress_below", [0, 100])
def test_recorded_callers_begin_and_end_once(
    network: onnxruntime.InferenceSession, rate: int, suppress_below: int
) -> None:
    for path in recordings(every=12):
        sound = telephone(path, rate)
        began, ended = (LEAD_S + seconds for seconds in sounds_at(sound, rate))
        events = listened(EndPointer(rate, network), sound, rate, suppress_below=suppress_below)
        (start, _), *more = only(events, SpeechStarted)
        assert not more, f"{path.name} was cut in pieces"
        assert start - began < 0.45, path.name
        [(end, said)] = only(events, Ended)
        assert isinstance(said, Ended)
        assert SHORTEST_S - 0.1 < end - ended < LONGEST_S + 0.1, path.name
        assert len(said.audio) / 2 / rate > ended - began - 0.2, f"{path.name} was not kept whole"
        assert only(events, MaybeEnded)[-1][0] < end


@pytest.mark.unit
def test_silence_and_clicks_are_nobody(network: onnxruntime.InferenceSession) -> None:
    random = np.random.default_rng(7)
    sound = random.normal(0, 0.002, 5 * 8000).astype(np.float32)
    for at in range(4000, 36000, 8000):
        sound[at : at + 80] += random.normal(0, 0.5, 80).astype(np.float32)
    assert listened(EndPointer(8000, network), sound, 8000) == []


def stopped_after(network: onnxruntime.InferenceSession, pcm: bytes, rate: int, seed: int = 5) -> float | None:
    """Seconds from the first sound of ``pcm`` in a quiet room until it stops our voice."""
    room = np.random.default_rng(seed).normal(0, 20 / 32768, rate).astype(np.float32)
    sound = np.concatenate([room, np.frombuffer(pcm, "<i2").astype(np.float32) / 32768, room])
    ears = EndPointer(rate, network)
    ears.playing(True)
    for now, frame in frames(sound, rate):
        if only([(now, event) for event in ears.feed(frame, now)], SpeechStarted):
            return now - LEAD_S - 1.0
    return None


@pytest.mark.unit
@pytest.mark.parametrize("rate", [8000, 16000])
def test_words_stop_our_voice_and_soon(network: onnxruntime.InferenceSession, rate: int) -> None:
    if not RECORDINGS.exists():
        pytest.skip("the recordings are not here")
    took = [stopped_after(network, one.pcm[: 2 * rate], rate) for one in utterances(rate)[::3]]
    assert all(seconds is not None and seconds <= 0.4 for seconds in took)
    assert sorted(filter(None, took))[len(took) * 2 // 3] <= 0.24


@pytest.mark.unit
@pytest.mark.parametrize("rate", [8000, 16000])
def test_coughs_hums_and_streets_do_not(network: onnxruntime.InferenceSession, rate: int) -> None:
    sounds = [make(rate, number) for make in (cough, hum, click) for number in range(6)]
    sounds += [traffic(rate, 1.5, number) for number in range(3)]
    assert [stopped_after(network, sound, rate) for sound in sounds] == [None] * len(sounds)


@pytest.mark.unit
@pytest.mark.parametrize("rate", [8000, 16000])
def test_hums_do_not_wherever_they_begin_in_a_frame(network: onnxruntime.InferenceSession, rate: int) -> None:
    sounds = [bytes(2 * (rate * 3 * n // 1000)) + hum(rate, n) for n in range(40)]
    stopped = [n for n, sound in enumerate(sounds) if stopped_after(network, sound, rate, seed=n)]
    assert not stopped


@pytest.mark.unit
def test_who_goes_on_after_a_pause_is_one_turn(network: onnxruntime.InferenceSession) -> None:
    first = telephone(recordings()[0], 8000)
    sound = np.concatenate([first, np.zeros(2400, np.float32), first])
    events = listened(EndPointer(8000, network), sound, 8000)
    assert len(only(events, SpeechStarted)) == len(only(events, Ended)) == 1
    assert only(events, Resumed)


@pytest.mark.unit
def test_a_number_may_be_said_with_long_pauses(network: onnxruntime.InferenceSession) -> None:
    group = telephone(recordings()[0], 8000)
    ears = EndPointer(8000, network)
    ears.patience(Expected.DIGITS)
    sound = np.concatenate([group, np.zeros(int(0.9 * 8000), np.float32), group])
    assert len(only(listened(ears, sound, 8000), Ended)) == 1


@pytest.mark.unit
def test_a_caller_who_never_stops_is_answered(network: onnxruntime.InferenceSession) -> None:
    sound = np.concatenate([telephone(path, 8000) for path in recordings()[:16]])
    assert sound.size > 34 * 8000
    events = listened(EndPointer(8000, network), sound, 8000)
    assert len(only(events, Ended)) >= 2


@pytest.mark.unit
def test_patience_stays_within_bounds_and_learns() -> None:
    patience = Patience()
    patience.expect(Expected.YES_NO)
    quick = patience.pause(2.0)
    assert SHORTEST_S <= quick <= LONGEST_S
    patience.went_on_after(0.4)
    assert patience.pause(2.0) == quick  # one long pause may be a thought
    patience.went_on_after(0.45)
    assert quick < patience.pause(2.0) <= LONGEST_S
    patience.expect(Expected.DIGITS)
    assert patience.pause(0.1) == SPELLED_S
    patience.expect(Expected.ANYTHING, "home_address")
    assert patience.pause(0.1) == SPELLED_S


@pytest.mark.unit
def test_another_rate_is_refused() -> None:
    with pytest.raises(ValueError, match="11025"):
        EndPointer(11025)
