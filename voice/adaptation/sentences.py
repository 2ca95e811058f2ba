"""What is said in training: the repository's own wordings and sentences made of villages, sums, crops and numbers."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from knowledge.entry import entry_files, load
from nlu.dialect.pinyin import syllables
from voice.adaptation.composed import composed
from voice.evaluation.measures import bare
from voice.synthesis.speakable import sentences as split_sentences
from voice.synthesis.speakable import speakable

Part = Literal["train", "dev", "test"]
_SHORTEST, _LONGEST = 4, 32
_NEAR = 0.65
"""Sentences whose syllables agree by more than this share count as the same sentence."""
_EXAMPLE = re.compile(r"^ {6}- (.+)$", re.MULTILINE)
_MARKED = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")


@dataclass(frozen=True)
class Sentence:
    """One sentence. ``topic`` is what must not be split between training and testing: an entry or an intent's line."""

    text: str
    topic: str


@dataclass(frozen=True)
class Corpus:
    """Sentences by part; no sentence is near another part's, nor near one that is kept out."""

    train: tuple[Sentence, ...]
    dev: tuple[Sentence, ...]
    test: tuple[Sentence, ...]


def corpus(
    root: Path, keep_out: Iterable[str], *, seed: int, dev: int, test: int, composed_count: int = 2500
) -> Corpus:
    """Draws the parts from the repository at ``root``.

    Args:
        keep_out: sentences of recordings that will be used to measure; nothing like them is trained on.
        dev, test: how many sentences to hold back.
    """
    rng = random.Random(seed)  # noqa: S311
    found = {item.text: item for item in (*_knowledge(root), *_dialogue(root), *_composed(rng, composed_count))}
    everything = sorted(found.values(), key=lambda item: item.text)
    rng.shuffle(everything)
    clear = _unlike(everything, list(keep_out))
    held, rest = _held_back(clear, dev + test)
    held = _scattered(held, rng)
    train = _unlike(rest, [item.text for item in held])
    return Corpus(tuple(train), tuple(held[:dev]), tuple(held[dev : dev + test]))


def _held_back(everything: Sequence[Sentence], wanted: int) -> tuple[list[Sentence], list[Sentence]]:
    """One sentence from each of many topics, so that held-back sentences differ; and all of the other topics."""
    held: dict[str, Sentence] = {}
    for item in everything:
        if len(held) < wanted and 6 <= len(bare(item.text)) <= 24:
            held.setdefault(item.topic, item)
    return list(held.values()), [item for item in everything if item.topic not in held]


def _scattered(items: list[Sentence], rng: random.Random) -> list[Sentence]:
    shuffled = list(items)
    rng.shuffle(shuffled)
    return shuffled


def _unlike(candidates: Sequence[Sentence], others: Sequence[str]) -> list[Sentence]:
    """Those of ``candidates`` that are not near any of ``others`` by sound."""
    if not others:
        return list(candidates)
    heard, against = ([syllables(bare(text)) for text in some] for some in ([c.text for c in candidates], others))
    table = process.cdist(heard, against, scorer=Levenshtein.normalized_similarity, score_cutoff=_NEAR, workers=1)
    near = np.asarray(table).max(axis=1) > 0
    return [item for item, close in zip(candidates, near, strict=True) if not close]


def _usable(text: str) -> str | None:
    said = speakable(text).strip().rstrip("。！？；，、：")
    said = re.sub(r"[（(].*?[)）]", "", said).translate(str.maketrans("、；：！？。", "，，，，，，"))
    if not _SHORTEST <= len(bare(said)) <= _LONGEST or re.search(r"[^\u4e00-\u9fff，]", said):
        return None
    return said.strip("，")


def _sentences(texts: Iterable[tuple[str, str]]) -> Iterator[Sentence]:
    for text, topic in texts:
        said = _usable(text)
        if said:
            yield Sentence(said, topic)


def _knowledge(root: Path) -> Iterator[Sentence]:
    for path in entry_files(root / "knowledge" / "content"):
        head, _ = load(path)
        texts = [head.title, *head.questions, *split_sentences(speakable(head.spoken or ""), longest=_LONGEST)]
        yield from _sentences((text, head.id) for text in texts)


def _dialogue(root: Path) -> Iterator[Sentence]:
    for path in sorted((root / "nlu" / "data").glob("*.yml")):
        for number, match in enumerate(_EXAMPLE.finditer(path.read_text(encoding="utf-8"))):
            yield from _sentences([(_MARKED.sub(r"\1", match[1]), f"{path.stem} {number}")])


def _composed(rng: random.Random, count: int) -> Iterator[Sentence]:
    yield from _sentences((text, f"composed {number}") for number, text in enumerate(composed(rng, count)))
