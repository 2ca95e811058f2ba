"""Errors between what was said and what was heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Levenshtein

from nlu.dialect import lexicon, pinyin
from voice.recognisers.terms import DEFAULT_TERMS
from voice.repair.language_model import stretches

KINDS = ("crop", "livestock", "pest", "product")


@dataclass(frozen=True)
class Errors:
    """Counts over one or many utterances; add them up, then divide.

    Attributes:
        characters, wrong_characters: of the reference; edit distance (substitutions, insertions, deletions).
        wrong_sounds: edit distance over toneless syllables.
        terms, found_terms: domain words said; those that stand in what was heard.
    """

    characters: int = 0
    wrong_characters: int = 0
    wrong_sounds: int = 0
    terms: int = 0
    found_terms: int = 0

    def __add__(self, other: Errors) -> Errors:
        return Errors(
            self.characters + other.characters,
            self.wrong_characters + other.wrong_characters,
            self.wrong_sounds + other.wrong_sounds,
            self.terms + other.terms,
            self.found_terms + other.found_terms,
        )

    @property
    def cer(self) -> float:
        """Character error rate."""
        return self.wrong_characters / max(self.characters, 1)

    @property
    def per(self) -> float:
        """Pinyin error rate."""
        return self.wrong_sounds / max(self.characters, 1)

    @property
    def recall(self) -> float | None:
        """Share of domain words heard; None where none was said."""
        return self.found_terms / self.terms if self.terms else None


def bare(text: str) -> str:
    """Only what is spoken: Chinese characters, figures read as characters."""
    return "".join(stretches(text))


def errors(said: str, heard: str) -> Errors:
    """Errors of one utterance; ``heard`` is empty when nothing was heard."""
    reference, hypothesis = bare(said), bare(heard)
    terms = [term for term in domain_terms() if term in reference]
    return Errors(
        characters=len(reference),
        wrong_characters=Levenshtein.distance(reference, hypothesis),
        wrong_sounds=Levenshtein.distance(_sounds(reference), _sounds(hypothesis)),
        terms=len(terms),
        found_terms=sum(term in hypothesis for term in terms),
    )


def total(each: Iterable[Errors]) -> Errors:
    """Sum of errors."""
    return sum(each, Errors())


def _sounds(text: str) -> Sequence[str]:
    return pinyin.syllables(text)


@lru_cache(maxsize=1)
def domain_terms() -> tuple[str, ...]:
    """Words of two and more characters that decide what is meant: crops, animals, pests, products, services."""
    words = {mandarin for kind in KINDS for mandarin in lexicon.terms(kind).values()}
    return tuple(sorted(word for word in words | set(DEFAULT_TERMS) if len(word) > 1))
