"""From what a recogniser wrote to what was probably said."""

from __future__ import annotations

import math
import operator
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt
import pypinyin

from nlu.dialect import pinyin, profiles
from voice.errors import Code, VoiceError
from voice.recognisers.base import Hypothesis
from voice.repair.expected import put_in
from voice.repair.language_model import EDGE, LanguageModel, is_chinese
from voice.repair.sounds import spoken_distance

MOST_DISTANT = 2.0
"""Syllables further apart are never taken for each other (see ``sounds``)."""


@dataclass(frozen=True)
class Weights:
    """What counts how much; nats. Chosen on development recordings (``benchmarks/voice.py``, decision 10)."""

    other: float = 1.0
    """Cost of another character of the same sound, where every second character is heard wrongly ..."""
    doubt: float = 2.5
    """... and how much it grows with the log odds that a character is heard rightly."""
    slope: float = 2.5
    """Further cost for each unit of distance between the sounds."""
    language: float = 0.8
    """Of a nat of the language model."""
    acoustic: float = 1.0
    """Of a nat of the recogniser's own score, for the whole utterance."""
    length: float = 3.0
    """For each character, so that a hypothesis that leaves words out does not win by it."""
    numeral: float = 4.0
    """Further cost of taking a numeral for another word."""
    plausible: float = -4.6
    """A repaired wording less likely than this a character is none of ours (another subject, another language): what
    was heard is left alone ..."""
    strained: float = 1.5
    """... and the more of its characters are others than were heard, the likelier it has to be: this much if all are.
    Among a few thousand sentences something always sounds a little like anything."""
    temper: float = 3.0
    """Nats between two wordings that make the likelier one count e times as much."""
    unlikely: float = 0.3
    """Wordings that count less than this beside the likeliest are left out."""
    margin: float = 2.0
    """A repaired wording must be this much likelier than what was heard."""


DEFAULT = Weights()
NUMERALS = frozenset("零一二三四五六七八九十百千万亿两幺半")
"""One of these is never taken for another of them: a wrong sum is worse than a question back."""
_CHOICES = 64
_BEAM = 32


class Repairer:
    """Repairs hypotheses; safe to share between threads."""

    def __init__(self, model: LanguageModel, weights: Weights = DEFAULT) -> None:
        self._model = model
        self._weights = weights
        by_syllable: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for char, count in model.characters():
            for syllable in _readings(char):
                by_syllable[syllable].append((count, char))
        self._chars = {one: [char for _, char in sorted(many, reverse=True)] for one, many in by_syllable.items()}
        self._counts = dict(model.characters())
        self._choices = lru_cache(maxsize=8192)(self._choices_of)

    @classmethod
    def open(cls, path: Path) -> Repairer:
        """The repairer with the language model at ``path``.

        Raises:
            VoiceError: ``model_missing``; says how to make it.
        """
        try:
            return cls(LanguageModel.load(path))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise VoiceError(
                Code.MODEL_MISSING, detail=f"{path}: {type(error).__name__}; run python -m voice.repair"
            ) from None

    def repair(
        self, hypotheses: Sequence[Hypothesis], terms: Sequence[str] = (), area: str | None = None, most: int = 5
    ) -> list[Hypothesis]:
        """The hypotheses as they were probably said, likeliest first; their confidence says how they compare.

        Args:
            hypotheses: of one utterance, best first.
            terms: words expected just now: options offered, what the form asks for, places nearby.
            area: the speaker's region code, or a dialect area's name; None when unknown.
            most: hypotheses given back.
        """
        if not hypotheses:
            return []
        known = profiles.profile_of(area)
        profile = known.name if known else None
        words = sorted({term for term in terms if len(term) > 1}, key=len, reverse=True)
        scores: dict[str, float] = {}
        heard: dict[str, float] = {}
        for one in hypotheses:
            expected, taken = put_in(words, one.text)
            said, likelihood = self._said(expected, taken, one.confidence, profile)
            text, _ = put_in(words, said)
            acoustic = self._weights.acoustic * math.log(max(one.confidence, 1e-6)) + self._weights.length
            score = likelihood + acoustic * len(one.text)
            scores[text] = float(np.logaddexp(scores[text], score)) if text in scores else score
            heard[text] = max(one.confidence, heard.get(text, 0.0))
        ranked = sorted(scores, key=lambda text: -scores[text])
        shares = {text: math.exp((scores[text] - scores[ranked[0]]) / self._weights.temper) for text in ranked}
        kept = [text for text in ranked if shares[text] >= self._weights.unlikely]
        return [Hypothesis(text, round(heard[text] * shares[text], 4)) for text in kept[:most]]

    def _said(self, text: str, fixed: Sequence[bool], confidence: float, profile: str | None) -> tuple[str, float]:
        """The likeliest reading of what was heard and its score; the text itself when nothing is clearly likelier.

        Args:
            fixed: characters that stay as they are, one a character.
        """
        sure = min(max(confidence, 0.5), 0.95)
        trust = self._weights.doubt * math.log(sure / (1 - sure))
        heard = [self._alone(char) for char in text]
        as_heard, _ = self._search(heard)
        sounds = pinyin.syllables(text)
        columns = [
            self._alone(char) if stays else self._choices(char, sound, profile)
            for char, sound, stays in zip(text, sounds, fixed, strict=True)
        ]
        if all(len(column) == 1 for column in columns):
            return text, as_heard
        score, path = self._search(columns, trust)
        said = "".join(chr(code) if is_chinese(old) else old for code, old in zip(path, text, strict=True))
        changed = sum(map(operator.ne, said, text)) / len(text)
        wanted = self._weights.plausible + self._weights.strained * changed
        if score - as_heard < self._weights.margin or self._plain(said) < wanted:
            return text, as_heard
        return said, score

    def _plain(self, text: str) -> float:
        """How likely ``text`` is by itself, nats a character."""
        score, _ = self._search([self._alone(char) for char in text])
        return score / (self._weights.language * len(text))

    def _search(self, columns: list[tuple[tuple[int, float], ...]], trust: float = 0.0) -> tuple[float, list[int]]:
        """Beam search: the best score and the code points on its way."""
        before = np.array([EDGE], dtype=np.int64)
        last = np.array([EDGE], dtype=np.int64)
        score = np.zeros(1)
        back: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]] = []
        for column in columns:
            codes = np.array([code for code, _ in column], dtype=np.int64)
            costs = np.array([cost + trust if cost else 0.0 for _, cost in column])
            chance = self._model.log_probability(before[:, None], last[:, None], codes[None, :])
            if codes.size == 1 and codes[0] == EDGE and bool((last == EDGE).all()):
                chance = np.zeros_like(chance)  # no second end after an end
            total = score[:, None] + self._weights.language * chance - costs[None, :]
            order = np.argsort(-total, axis=None, kind="stable")
            came, place = np.unravel_index(order, total.shape)
            pairs = (last[came] << 21) | codes[place]
            _, first = np.unique(pairs, return_index=True)
            kept = np.sort(first)[:_BEAM]
            came, place = came[kept], place[kept]
            back.append((codes[place], came))
            before, last, score = last[came], codes[place], total[came, place]
        ends = self._weights.language * self._model.log_probability(before, last, np.array([EDGE]))
        score = score + np.where(last == EDGE, 0.0, ends)
        at = int(score.argmax())
        best = float(score[at])
        path: list[int] = []
        for codes, came in reversed(back):
            path.append(int(codes[at]))
            at = int(came[at])
        return best, path[::-1]

    @staticmethod
    def _alone(char: str) -> tuple[tuple[int, float], ...]:
        return ((ord(char) if is_chinese(char) else EDGE, 0.0),)

    def _choices_of(self, char: str, sound: str, profile: str | None) -> tuple[tuple[int, float], ...]:
        if not is_chinese(char):
            return self._alone(char)
        found = {char: 0.0}
        for syllable, chars in self._chars.items():
            between = min(spoken_distance(one, syllable, profile) for one in {sound, *_readings(char)})
            if between <= MOST_DISTANT:
                cost = self._weights.other + self._weights.slope * between
                cost += self._weights.numeral * (char in NUMERALS)
                for other in chars:
                    if char in NUMERALS and other in NUMERALS:
                        continue
                    if cost < found.get(other, math.inf):
                        found[other] = cost
        likely = sorted(found.items(), key=lambda item: item[1] - math.log(self._counts.get(item[0], 0.0) + 1))
        kept = dict(likely[:_CHOICES]) | {char: 0.0}
        return tuple((ord(other), cost) for other, cost in kept.items())


@lru_cache(maxsize=16384)
def _readings(char: str) -> tuple[str, ...]:
    """All toneless syllables a character is read as (行 -> xing, hang)."""
    return tuple(dict.fromkeys(pypinyin.pinyin(char, style=pypinyin.Style.NORMAL, heteronym=True)[0]))
