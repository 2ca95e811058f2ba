"""Named signs of fraud: patterns in what was received or told, each with words a grandmother understands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_DATA = Path(__file__).with_name("fraud_data") / "signs.yml"
_WORD = re.compile(r"<([a-z]+)>")


@dataclass(frozen=True)
class Sign:
    """One sign. ``sure`` marks what no honest caller does; ``weight`` is what it adds to the log-odds of fraud, below
    zero for what speaks for an honest message."""

    name: str
    say: str
    weight: float
    sure: bool
    any: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]

    def found_in(self, plain: str) -> bool:
        """True when a pattern matches and none of the cancelling ones does."""
        return any(pattern.search(plain) for pattern in self.any) and not any(
            pattern.search(plain) for pattern in self.unless
        )


@dataclass(frozen=True)
class Signs:
    """All signs and the advice for each label."""

    signs: tuple[Sign, ...]
    advice: dict[str, str]

    def found(self, plain: str) -> tuple[Sign, ...]:
        """Signs in ``plain`` (from ``knowledge.fraud_text.plain_text``), the gravest first."""
        hits = [sign for sign in self.signs if sign.found_in(plain)]
        return tuple(sorted(hits, key=lambda sign: -sign.weight))


@cache
def load_signs() -> Signs:
    """The shipped signs."""
    stored = yaml.safe_load(_DATA.read_text(encoding="utf-8"))
    words: dict[str, str] = stored["words"]

    def pattern(written: str) -> re.Pattern[str]:
        return re.compile(_WORD.sub(lambda match: words[match.group(1)], written))

    signs = tuple(
        Sign(
            name=sign["name"],
            say=sign["say"],
            weight=float(sign["weight"]),
            sure=bool(sign.get("sure", False)),
            any=tuple(map(pattern, sign["any"])),
            unless=tuple(map(pattern, sign.get("not", ()))),
        )
        for sign in stored["signs"]
    )
    return Signs(signs, dict(stored["advice"]))
