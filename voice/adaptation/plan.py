"""Which sentence is said by whom and how: clips to train on, to choose by and to test on, drawn once from a seed.

Every accented clip has a twin: the same sentence, voice and pace in standard Mandarin. The matched control is trained
on the twins, so that it differs from the accented arm in the accents alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from nlu.dialect.profiles import STANDARD
from voice.adaptation.accents import PLAIN, Speaker, accented, speaker

if TYPE_CHECKING:
    from voice.adaptation.sentences import Corpus, Sentence
    from voice.synthesis.kokoro import Phonemes

TRAINED_VOICES = ("zf_xiaoxiao", "zf_xiaoyi", "zf_xiaobei", "zm_yunjian", "zm_yunxia")
DEV_VOICES = ("zm_yunyang",)
TEST_VOICES = ("zf_xiaoni", "zm_yunxi")
DEV_AREAS = ("江淮官话",)
TEST_AREAS = ("胶辽官话", "兰银官话", "赣语")
"""Accents never trained on."""

_COMMON = ("西南官话", "中原官话", "东北官话")
"""Twice as often as the others: they are spoken by most people."""
_ACCENTED = 0.7
"""Share of accented clips in training; the rest replays standard speech, so that it is not forgotten."""
_BLENDED = 0.6
"""Share of training clips said by a voice between two voices: more speakers than the few there are."""
_PACE = (0.85, 1.2)
_PITCH = (0.93, 1.08)


class Clip(BaseModel):
    """One thing to synthesise.

    Attributes:
        symbols: Kokoro's.
        mix: of ``voice`` and ``other``; 1 is ``voice`` alone.
        pace: of speech, 1 is the voice's own.
        pitch: the recording is played this much faster, which raises pitch and formants.
        twin: what an accented and a standard clip of the same sentence share.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    part: str
    text: str
    area: str
    place: str
    symbols: str
    voice: str
    other: str
    mix: float
    pace: float
    pitch: float
    twin: int


def training(texts: Sequence[Sentence], phonemes: Phonemes, seed: int) -> Iterator[Clip]:
    """Clips to train on; accented ones are followed by their twins."""
    rng = random.Random(seed)  # noqa: S311
    areas = [area for area in accented() if area not in (*DEV_AREAS, *TEST_AREAS)]
    areas += [area for area in _COMMON if area in areas]
    for number, item in enumerate(texts):
        who = speaker(rng.choice(areas), rng) if rng.random() < _ACCENTED else PLAIN
        voice, other = rng.sample(TRAINED_VOICES, 2)
        manner = {
            "voice": voice,
            "other": other,
            "mix": round(rng.random(), 3) if rng.random() < _BLENDED else 1.0,
            "pace": round(rng.uniform(*_PACE), 3),
            "pitch": round(rng.uniform(*_PITCH), 3),
        }
        for one in dict.fromkeys((who, PLAIN)):
            kind = "a" if one is not PLAIN else "s"
            yield _clip(f"train-{number:05}{kind}", "train", item.text, one, phonemes, rng, number, **manner)


def held_back(texts: Corpus, phonemes: Phonemes, seed: int) -> Iterator[Clip]:
    """Clips to choose by (part ``dev``) and to test on (``test``): their voices and sentences are never trained on."""
    rng = random.Random(seed)  # noqa: S311
    known = [area for area in accented() if area not in (*DEV_AREAS, *TEST_AREAS)]
    for part, items, voices, new in (
        ("dev", texts.dev, DEV_VOICES, DEV_AREAS),
        ("test", texts.test, TEST_VOICES, TEST_AREAS),
    ):
        for number, item in enumerate(items):
            share = number / len(items)
            who = PLAIN
            if share >= 1 / 3:
                choice = new if share >= 2 / 3 else known
                who = speaker(choice[number % len(choice)], rng)
            manner = {"voice": voices[number % len(voices)], "other": voices[0], "mix": 1.0, "pitch": 1.0}
            pace = round(rng.uniform(0.9, 1.15), 3)
            yield _clip(f"{part}-{number:03}", part, item.text, who, phonemes, rng, number, **manner, pace=pace)


def group(clip: Clip) -> str:
    """What a clip is counted under: standard, an accent trained on, or one never trained on."""
    if clip.area == STANDARD:
        return "standard"
    return "unseen accents" if clip.area in (*DEV_AREAS, *TEST_AREAS) else "trained accents"


def write(path: Path, clips: Iterable[Clip]) -> int:
    """Clips as JSON lines; returns how many."""
    lines = [clip.model_dump_json() for clip in clips]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(lines)


def read(path: Path) -> list[Clip]:
    """The clips of a file written by :func:`write`."""
    return [Clip.model_validate_json(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def _clip(
    name: str,
    part: str,
    text: str,
    who: Speaker,
    phonemes: Phonemes,
    rng: random.Random,
    twin: int,
    **manner: object,
) -> Clip:
    phrases = []
    for phrase in text.split("，"):
        words = ("".join(who.says(syllable, rng) for syllable in word) for word in phonemes.words(phrase))
        phrases.append(" ".join(word for word in words if word))
    values = {"symbols": ", ".join(phrases) + ".", "area": who.profile, "place": who.place, "twin": twin, **manner}
    return Clip.model_validate({"id": name, "part": part, "text": text, **values})
