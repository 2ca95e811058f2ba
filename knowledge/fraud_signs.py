"""Named signs of fraud: patterns in what was received or told, each with words a grandmother understands."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_DATA = Path(__file__).with_name("fraud_data") / "signs.yml"
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True)
class Sign:
    """One sign. ``sure`` marks what no honest caller does; ``weight`` is its share in the log-odds of fraud."""

    name: str
    say: str
    weight: float
    sure: bool
    any: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def found_in(self, clause: str) -> bool:
        """True when a pattern matches and none of the cancelling ones does."""
        return any(pattern.search(clause) for pattern in self.any) and not any(
            pattern.search(clause) for pattern in self.unless
        )


@dataclass(frozen=True)
class Signs:
    """All signs and the advice for each label."""

    signs: tuple[Sign, ...]
    advice: dict[str, str]

    def found(self, text: str) -> tuple[Sign, ...]:
        """Signs in ``text``, the gravest first."""
        plain = plain_text(text)
        hits = [sign for sign in self.signs if sign.found_in(plain)]
        return tuple(sorted(hits, key=lambda sign: -sign.weight))


def plain_text(text: str) -> str:
    """Width and case folded, without spaces: spaces between characters are a way round filters."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).lower()


@cache
def load_signs() -> Signs:
    """The shipped signs."""
    stored = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    signs = tuple(
        Sign(
            name=sign["name"],
            say=sign["say"],
            weight=float(sign["weight"]),
            sure=bool(sign.get("sure", False)),
            any=tuple(re.compile(pattern) for pattern in sign["any"]),
            unless=tuple(re.compile(pattern) for pattern in sign.get("not", ())),
        )
        for sign in stored["signs"]
    )
    return Signs(signs, dict(stored["advice"]))
