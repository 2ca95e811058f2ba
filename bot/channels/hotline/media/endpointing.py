"""When a caller begins to speak, and when they are done: on a wall clock, because silence may arrive as nothing at all.

The network says every 32 ms how likely speech is; ``runs.py`` what of it is enough to begin a turn, and to stop our
own voice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import onnxruntime

from bot.channels.hotline.media.pauses import Patience
from bot.channels.hotline.media.runs import FRAME_S, Run
from bot.channels.hotline.wire import Expected
from voice.activity import FRAME, SILENCE, SPEECH, SpeechDetector
from voice.samples import SAMPLE_RATE, Samples

MAYBE_S = 0.25
"""After so much silence what was said may already be recognised, at the risk of doing it in vain."""
_MURMUR_S = 1.0
"""A word said over the end of our voice, too short to stop it, still counts if our voice ends within this time."""
_PRE_ROLL_S = 0.3
_IDLE_S = 1.6
LONGEST_UTTERANCE_S = 30.0
"""Who speaks longer is answered in between (and a television is not recorded for ever)."""
_GAP_S = 0.1
_STALLED_S, _CATCH_UP_S = 0.15, 0.04
"""Not called for so long, this process stood still itself: what was said meanwhile comes in the next moment, and only
after that silence may be concluded."""
_QUIET = 60
"""Peak of 16-bit samples below which nothing is asked of the network: silence, comfort noise."""
_REST_FRAMES = 8


@dataclass(frozen=True)
class SpeechStarted:
    """Somebody speaks, since ``at`` (on the clock given to ``feed``). ``audio``: PCM from a little before it."""

    at: float
    audio: bytes


@dataclass(frozen=True)
class MaybeEnded:
    """Silence since ``at``: perhaps a pause, perhaps the end. ``audio``: all that was said, as PCM."""

    at: float
    audio: bytes


@dataclass(frozen=True)
class Resumed:
    """It was a pause: the caller went on at ``at``."""

    at: float


@dataclass(frozen=True)
class Ended:
    """What was said ended at ``at``; if a :class:`MaybeEnded` came without :class:`Resumed`, it held the same words."""

    at: float
    audio: bytes


SpeechEvent = SpeechStarted | MaybeEnded | Resumed | Ended


class EndPointer:
    """One caller's speech, as events. Used from one thread; every call takes well under a millisecond a frame.

    Args:
        rate: of the PCM, 8000 or 16000 Hz; 16 bit, mono, little-endian.
        network: see ``voice.activity.load_network``; one for all calls.
    """

    def __init__(self, rate: int, network: onnxruntime.InferenceSession | None = None) -> None:
        if rate not in (8000, 16000):
            raise ValueError(f"a line has 8000 or 16000 samples a second, not {rate}")
        self._rate = rate
        self._detector = SpeechDetector(network)
        self._detector.rest()
        self._quiet_frames = 0
        self._doubler = _Doubler() if rate == 8000 else None
        self._waiting = bytearray()
        self._frame_bytes = 2 * FRAME * rate // SAMPLE_RATE
        self._patience = Patience()
        self._playing = False
        self._audio = bytearray()
        self._fed_until: float | None = None
        self._run = Run()
        self._murmur: Run | None = None
        self._speaking = self._maybe = False
        self._began = self._last_voice = 0.0
        self._voiced_s = 0.0
        self._called: float | None = None
        self._conclude_from = 0.0

    def patience(self, expected: Expected, slot: str | None = None) -> None:
        """What the next answer should be: decides how long a pause may last. ``slot``: what the question fills."""
        self._patience.expect(expected, slot)

    def playing(self, playing: bool) -> None:
        """Whether our own voice plays: then only lasting speech counts."""
        self._playing = playing

    @property
    def speaking(self) -> bool:
        """Whether somebody speaks now (or pauses)."""
        return self._speaking

    def feed(self, pcm: bytes, now: float) -> list[SpeechEvent]:
        """Sound that arrived; its last sample belongs to ``now`` (seconds of any steady clock)."""
        self._called_at(now)
        pcm = pcm[: len(pcm) // 2 * 2]
        self._keep(pcm, now, len(pcm) / 2 / self._rate)
        self._waiting += pcm
        events: list[SpeechEvent] = []
        # Two frames at once cost a third less; while our voice plays every one counts.
        at_once = self._frame_bytes * (1 if self._playing else 2)
        while len(self._waiting) >= at_once:
            samples = np.frombuffer(bytes(self._waiting[:at_once]), "<i2")
            del self._waiting[:at_once]
            # What waits behind these frames came later by its own length.
            events += self._frames(samples, now - len(self._waiting) / 2 / self._rate)
        return events + self._promote(now) + self._silence(now)

    def tick(self, now: float) -> list[SpeechEvent]:
        """Time has passed, perhaps without any sound; call it every 20 to 50 ms."""
        self._called_at(now)
        return self._promote(now) + self._silence(now)

    def reset(self) -> None:
        """Forget what is being said; who speaks on begins anew."""
        self._speaking = self._maybe = False
        self._run, self._murmur = Run(), None
        self._audio.clear()

    def _called_at(self, now: float) -> None:
        if self._called is not None and now - self._called > _STALLED_S:
            self._conclude_from = now + _CATCH_UP_S
        self._called = now

    def _keep(self, pcm: bytes, now: float, length_s: float) -> None:
        if self._fed_until is not None and (gap := now - length_s - self._fed_until) > _GAP_S:
            self._audio += bytes(2 * int(min(gap, 1.0) * self._rate))  # words on both sides must not be glued together
            self._run = Run()
        self._fed_until = now
        self._audio += pcm
        if not self._speaking:
            spare = len(self._audio) - 2 * int(_IDLE_S * self._rate)
            if spare > 0:
                del self._audio[:spare]

    def _frames(self, samples: npt.NDArray[np.int16], ends: float) -> list[SpeechEvent]:
        loud = int(samples.max()) >= _QUIET or int(samples.min()) <= -_QUIET
        sound: Samples = self._doubler(samples) if self._doubler else (samples / np.float32(32768)).astype(np.float32)
        frames = sound.reshape(-1, FRAME)
        was_quiet, self._quiet_frames = self._quiet_frames, 0 if loud else self._quiet_frames + len(frames)
        if was_quiet < _REST_FRAMES <= self._quiet_frames:
            self._detector.rest()
        likely = self._detector.feed(sound) if loud else [0.0] * len(frames)
        events: list[SpeechEvent] = []
        for index, probability in enumerate(likely):
            events += self._frame(frames[index], probability, ends - (len(likely) - 1 - index) * FRAME_S)
        return events

    def _frame(self, frame: npt.NDArray[np.float32], probability: float, ends: float) -> list[SpeechEvent]:
        if self._speaking:
            return self._go_on(probability, ends)
        run = self._run
        likely = probability >= (SILENCE if run.voiced_s or self._playing else SPEECH)
        added = likely and run.add(ends, probability, frame if self._playing else None)
        if not added and run.voiced_s and run.dips():
            if run.starts():
                self._murmur = run
            self._run = run = Run(before=run)
        if self._playing:
            if run.interrupts():
                return [self._start(run)]
        elif run.starts():
            return [self._start(run)]
        return []

    def _promote(self, now: float) -> list[SpeechEvent]:
        """A short word over the end of our voice becomes a turn once the voice has ended."""
        murmur, self._murmur = self._murmur, self._murmur if self._playing else None
        if murmur is None or self._playing or self._speaking or now - murmur.last > _MURMUR_S:
            return []
        return [self._start(murmur)]

    def _start(self, run: Run) -> SpeechStarted:
        self._speaking, self._maybe, self._murmur = True, False, None
        self._began, self._last_voice, self._voiced_s = run.began, run.last, run.voiced_s
        self._run = Run()
        until = self._fed_until if self._fed_until is not None else run.last
        kept = 2 * int((until - run.began + _PRE_ROLL_S) * self._rate)
        del self._audio[: max(0, len(self._audio) - kept)]
        return SpeechStarted(run.began, bytes(self._audio))

    def _go_on(self, probability: float, ends: float) -> list[SpeechEvent]:
        run = self._run
        if probability < (SILENCE if run.voiced_s else SPEECH):
            self._run = Run()
            return []
        run.add(ends, probability)
        if self._maybe and run.voiced_s < 2 * FRAME_S - 1e-6:
            return []  # one frame alone is a click on the line
        self._voiced_s += FRAME_S
        resumed: list[SpeechEvent] = []
        if self._maybe:
            self._maybe = False
            self._patience.went_on_after(run.began - self._last_voice)
            resumed = [Resumed(run.began)]
        self._last_voice = ends
        if ends - self._began > LONGEST_UTTERANCE_S:
            return [*resumed, self._end(ends)]
        return resumed

    def _silence(self, now: float) -> list[SpeechEvent]:
        if not self._speaking or now < self._conclude_from:
            return []
        silent = now - self._last_voice
        events: list[SpeechEvent] = []
        if silent >= MAYBE_S and not self._maybe:
            self._maybe = True
            events.append(MaybeEnded(self._last_voice, bytes(self._audio)))
        unsure = self._run.voiced_s and now - self._run.last < 2 * FRAME_S  # the next frame tells a word from a click
        if silent >= self._patience.pause(self._voiced_s) and not unsure:
            events.append(self._end(self._last_voice))
        return events

    def _end(self, at: float) -> Ended:
        ended = Ended(at, bytes(self._audio))
        self.reset()
        return ended


class _Doubler:
    """8 kHz to 16 kHz: a half-band filter (windowed sinc, 31 taps), piece by piece."""

    def __init__(self) -> None:
        position = np.arange(-15, 16)
        taps = np.sinc(position / 2) * np.hamming(position.size)
        self._taps = (taps / taps.sum() * 2).astype(np.float32)
        self._tail = np.zeros(position.size - 1, np.float32)

    def __call__(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.float32]:
        stuffed = np.zeros(2 * samples.size, np.float32)
        stuffed[::2] = samples / np.float32(32768)
        padded = np.concatenate([self._tail, stuffed])
        self._tail = padded[-self._tail.size :]
        return np.convolve(padded, self._taps, "valid").astype(np.float32)
