"""Sounds without a word in them, made from a seed: what a phone records in a pocket, a field or beside a radio."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
from scipy.signal import butter, lfilter, sosfilt

RATE = 16_000
Sound = npt.NDArray[np.float32]
_Chance = np.random.Generator

_SCALE = np.array([0, 2, 4, 7, 9, 12, 14, 16])  # pentatonic, in semitones


def clips(number: int, seed: int) -> Iterator[tuple[str, Sound]]:
    """``number`` different clips of 1 to 8 s, the kinds taking turns: (kind, mono samples at 16 kHz)."""
    chance = np.random.default_rng(seed)
    kinds = list(KINDS)
    for index in range(number):
        kind = kinds[index % len(kinds)]
        size = int(chance.uniform(1, 8) * RATE)
        sound = KINDS[kind](chance, size)
        peak = float(np.abs(sound).max()) or 1.0
        level = chance.choice([0.05, 0.2, 0.6, 0.95])
        yield kind, (sound * level / peak if kind != "silence" else sound).astype(np.float32)


def _silence(chance: _Chance, size: int) -> Sound:
    return (chance.choice([0.0, 1e-4, 1e-3]) * chance.standard_normal(size)).astype(np.float32)


def _white(chance: _Chance, size: int) -> Sound:
    return chance.standard_normal(size).astype(np.float32)


def _coloured(power: float) -> Callable[[_Chance, int], Sound]:
    def make(chance: _Chance, size: int) -> Sound:
        spectrum = np.fft.rfft(chance.standard_normal(size))
        frequencies = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 20)
        return np.fft.irfft(spectrum / frequencies ** (power / 2), size).astype(np.float32)

    return make


def _hum(chance: _Chance, size: int) -> Sound:
    time = np.arange(size) / RATE
    base = chance.choice([50, 60, 100])
    sound = sum(chance.uniform(0.1, 1) / n * np.sin(2 * np.pi * base * n * time) for n in range(1, 9))
    return np.asarray(sound + 0.02 * chance.standard_normal(size), np.float32)


def _clicks(chance: _Chance, size: int) -> Sound:
    sound = np.zeros(size)
    for at in chance.integers(0, max(1, size - 800), chance.integers(2, 20)):
        length = int(chance.integers(20, 800))
        sound[at : at + length] += chance.standard_normal(length) * np.exp(-np.arange(length) / (length / 5))
    return sound.astype(np.float32)


def _engine(chance: _Chance, size: int) -> Sound:
    """A tractor: firing pulses whose rate wanders, through a resonance, with rattle."""
    rate = chance.uniform(12, 45) * (1 + 0.15 * np.sin(2 * np.pi * chance.uniform(0.1, 0.6) * np.arange(size) / RATE))
    phase = np.cumsum(rate) / RATE
    pulses = (np.diff(np.floor(phase), prepend=0) > 0) * chance.uniform(0.7, 1.3, size)
    sos = butter(2, [60, chance.uniform(300, 1500)], "bandpass", fs=RATE, output="sos")
    return (30 * sosfilt(sos, pulses) + 0.05 * chance.standard_normal(size)).astype(np.float32)


def _wind(chance: _Chance, size: int) -> Sound:
    slow = sosfilt(butter(2, 1.5, "lowpass", fs=RATE, output="sos"), chance.standard_normal(size))
    low = sosfilt(butter(2, chance.uniform(200, 900), "lowpass", fs=RATE, output="sos"), chance.standard_normal(size))
    return (low * np.abs(slow)).astype(np.float32)


def _birds(chance: _Chance, size: int) -> Sound:
    sound = 0.01 * chance.standard_normal(size)
    for at in chance.integers(0, max(1, size - 4000), chance.integers(3, 15)):
        length = int(chance.integers(600, 4000))
        sweep = np.linspace(chance.uniform(1800, 5000), chance.uniform(1800, 6000), length)
        tone = np.sin(2 * np.pi * np.cumsum(sweep) / RATE) * np.hanning(length)
        sound[at : at + length] += tone[: sound[at : at + length].size]
    return sound.astype(np.float32)


def _rooster(chance: _Chance, size: int) -> Sound:
    """Harmonic calls that rise and fall, with an animal's formant: the nearest noise to a voice in a yard."""
    sound = 0.01 * chance.standard_normal(size)
    for at in chance.integers(0, max(1, size - 9000), 3):
        length = int(chance.integers(3000, 9000))
        pitch = chance.uniform(300, 700) * (1 + 0.5 * np.hanning(length)) * (1 + 0.02 * chance.standard_normal(length))
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        call = sum(np.sin(n * phase) / n for n in range(1, 7)) * np.hanning(length)
        sound[at : at + length] += call[: sound[at : at + length].size]
    return sosfilt(butter(1, [700, 3000], "bandpass", fs=RATE, output="sos"), sound).astype(np.float32)


def _note(chance: _Chance, pitch: float, length: int, timbre: float) -> Sound:
    time = np.arange(length) / RATE
    vibrato = 1 + 0.006 * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * pitch * np.cumsum(vibrato) / RATE
    tone = sum(np.sin(n * phase) / n**timbre for n in range(1, 9))
    attack = np.minimum(1, time / 0.02)
    return np.asarray(tone * attack * np.exp(-time / chance.uniform(0.2, 1.5)), np.float32)


def _melody(chance: _Chance, size: int) -> Sound:
    """A bowed or plucked tune on a pentatonic scale."""
    sound = np.zeros(size, np.float32)
    base, timbre, at = chance.uniform(180, 500), chance.uniform(0.7, 2), 0
    while at < size:
        length = min(size - at, int(chance.choice([0.15, 0.25, 0.4, 0.7]) * RATE))
        note = _note(chance, base * 2 ** (chance.choice(_SCALE) / 12), length, timbre)
        sound[at : at + length] += note
        at += length
    return sound


def _drums(chance: _Chance, size: int) -> Sound:
    sound = np.zeros(size)
    step = int(chance.uniform(0.15, 0.35) * RATE)
    for index, at in enumerate(range(0, size, step)):
        length = min(size - at, 3000)
        time = np.arange(length) / RATE
        if index % 4 == 0:
            hit = np.sin(2 * np.pi * (50 + 80 * np.exp(-time * 30)) * time) * np.exp(-time * 12)
        else:
            hit = 0.5 * chance.standard_normal(length) * np.exp(-time * 25)
        sound[at : at + length] += hit
    return sound.astype(np.float32)


def _band(chance: _Chance, size: int) -> Sound:
    """Tune, chords and drums together, as a radio plays."""
    chords = np.zeros(size, np.float32)
    step = RATE
    for at in range(0, size, step):
        length = min(size - at, step)
        root = 110 * 2 ** (chance.choice([0, 5, 7]) / 12)
        for ratio in (1, 1.26, 1.5):
            chords[at : at + length] += _note(chance, root * ratio, length, 1.2)
    return (_melody(chance, size) + 0.5 * chords + 0.7 * _drums(chance, size)).astype(np.float32)


def _babble(chance: _Chance, size: int) -> Sound:
    """A market heard from far: noise in the bands of vowels that swells in the rhythm of syllables, no words in it."""
    sound = np.zeros(size)
    for _ in range(int(chance.integers(4, 12))):
        centre = chance.uniform(300, 2500)
        sos = butter(1, [centre * 0.8, centre * 1.2], "bandpass", fs=RATE, output="sos")
        slow = sosfilt(butter(2, chance.uniform(3, 6), "lowpass", fs=RATE, output="sos"), chance.standard_normal(size))
        sound += sosfilt(sos, chance.standard_normal(size)) * np.maximum(slow, 0)
    return sound.astype(np.float32)


def _hummed(chance: _Chance, size: int) -> Sound:
    """Somebody hums with closed lips, or a cow lows: a voice's buzz through one low formant, without words."""
    pitch = chance.uniform(90, 220) * (1 + 0.1 * np.sin(2 * np.pi * chance.uniform(0.2, 0.8) * np.arange(size) / RATE))
    buzz = (np.cumsum(pitch) / RATE) % 1 - 0.5
    pole = np.exp(-2 * np.pi * 80 / RATE + 2j * np.pi * chance.uniform(200, 350) / RATE)
    return lfilter([1], [1, -2 * pole.real, abs(pole) ** 2], buzz).astype(np.float32)


def _reed(chance: _Chance, size: int) -> Sound:
    """A suona or a mouth organ: a reed's buzz through a bell's resonances, on a tune."""
    sound = np.zeros(size)
    base, at = chance.uniform(250, 600), 0
    while at < size:
        length = min(size - at, int(chance.choice([0.15, 0.3, 0.6]) * RATE))
        time = np.arange(length) / RATE
        pitch = base * 2 ** (chance.choice(_SCALE) / 12) * (1 + 0.01 * np.sin(2 * np.pi * 6 * time))
        sound[at : at + length] = ((np.cumsum(pitch) / RATE) % 1 - 0.5) * np.minimum(1, time / 0.01)
        at += length
    sos = butter(2, [800, 3500], "bandpass", fs=RATE, output="sos")
    return (sosfilt(sos, sound) + 0.2 * sound).astype(np.float32)


def _vocalise(chance: _Chance, size: int) -> Sound:
    """An opera tune on "ah" and "oh" from the neighbour's radio: a throat's buzz through two vowels' formants."""
    time = np.arange(size) / RATE
    notes = 2 ** (chance.choice(_SCALE, size=size // 8000 + 1).repeat(8000)[:size] / 12)
    smooth = lfilter([0.002], [1, -0.998], notes - notes[0]) + notes[0]
    pitch = chance.uniform(120, 250) * smooth * (1 + 0.015 * np.sin(2 * np.pi * 5.5 * time))
    buzz = (np.cumsum(pitch) / RATE) % 1 - 0.5
    sound = np.zeros(size)
    for first, second in ((750, 1200), (450, 850)):
        voiced = buzz.copy()
        for centre, width in ((first, 90), (second, 110), (2600, 160)):
            pole = np.exp(-np.pi * width / RATE + 2j * np.pi * centre / RATE)
            voiced = lfilter([1 - abs(pole)], [1, -2 * pole.real, abs(pole) ** 2], voiced)
        share = 0.5 + 0.5 * np.sin(2 * np.pi * 0.4 * time + (0 if first == 750 else np.pi))
        sound += voiced * share
    return sound.astype(np.float32)


KINDS: dict[str, Callable[[_Chance, int], Sound]] = {
    "silence": _silence,
    "white": _white,
    "pink": _coloured(1),
    "brown": _coloured(2),
    "hum": _hum,
    "clicks": _clicks,
    "engine": _engine,
    "wind": _wind,
    "birds": _birds,
    "rooster": _rooster,
    "melody": _melody,
    "drums": _drums,
    "band": _band,
    "babble": _babble,
    "hummed": _hummed,
    "reed": _reed,
    "vocalise": _vocalise,
}
