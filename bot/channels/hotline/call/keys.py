"""What keys mean: an option, a number that is being entered, ``0`` a person, ``*`` once more, ``#`` back.

Pure: told when a key was pressed and what time it is. Digits are personal; nothing here logs them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bot.channels.hotline.wire import Expected
from bot.schema import Option

AT_A_TIME = 3
MORE = "9"
_BY_KEY = 8
"""So many options can be had by a digit: 0 and 9 mean something else."""
LONGEST_ENTRY = 32


@dataclass(frozen=True)
class Person:
    """The caller wants a person."""


@dataclass(frozen=True)
class Repeat:
    """Say it once more. ``cleared``: a number that had been begun is forgotten."""

    cleared: bool = False


@dataclass(frozen=True)
class Back:
    """One step back."""


@dataclass(frozen=True)
class More:
    """The next options."""


@dataclass(frozen=True)
class Chosen:
    """An option was chosen."""

    option: Option


@dataclass(frozen=True)
class Decided:
    """A yes or a no."""

    yes: bool


@dataclass(frozen=True)
class Entered:
    """A number is complete. Personal."""

    digits: str


@dataclass(frozen=True)
class Unknown:
    """A key that means nothing here."""


Meaning = Person | Repeat | Back | More | Chosen | Decided | Entered | Unknown


class Menu:
    """Options as a caller can bear them: at most three at a time, then the next three."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._all = tuple(options)
        self._options = tuple(o for o in self._all if len(o.key) == 1 and o.key in "12345678")[:_BY_KEY]
        if len(self._all) == _BY_KEY + 1 and self._all[-1].key == MORE:
            self._options = self._all  # the ninth needs no key for more behind it
        self._first = 0

    @property
    def page(self) -> tuple[Option, ...]:
        """The options that are offered now."""
        return self._options[self._first : self._first + AT_A_TIME]

    @property
    def more(self) -> bool:
        """Whether others follow."""
        return self._first + AT_A_TIME < len(self._options)

    @property
    def beyond_keys(self) -> bool:
        """Whether, after the last page, there are options that no key chooses."""
        return not self.more and len(self._options) < len(self._all)

    def start_over(self) -> None:
        """To the first options."""
        self._first = 0

    def turn_over(self) -> None:
        """To the next options; from the last to the first."""
        self._first = self._first + AT_A_TIME if self.more else 0

    def by_key(self, digit: str) -> Option | None:
        """Any page's option may be chosen; ``9`` only where nothing follows."""
        return next((o for o in self._options if o.key == digit), None)


class KeyPad:
    """The keys pressed in answer to one question.

    Args:
        expects: what the question wants.
        menu: its options.
        slot: what it fills; where there are no options, a number may be keyed for it.
        pause_s: seconds after a digit until a number counts as complete.
    """

    def __init__(self, expects: Expected, menu: Menu, pause_s: float, slot: str | None = None) -> None:
        figure = expects is Expected.ANYTHING and slot is not None and not menu.page
        self._entry = expects in (Expected.DIGITS, Expected.AMOUNT) or figure
        self._zero_first = expects is Expected.DIGITS
        self._yes_no = expects is Expected.YES_NO
        self._menu, self._pause_s = menu, pause_s
        self._digits = ""
        self._last = -math.inf

    @property
    def collecting(self) -> bool:
        """Whether a number is being entered."""
        return bool(self._digits)

    @property
    def due(self) -> float | None:
        """When :meth:`tick` will have something to say; None while no number is being entered."""
        return self._last + self._pause_s if self._digits else None

    def press(self, key: str, now: float) -> Meaning | None:
        """What ``key`` means; None while a number goes on."""
        if self._entry:
            return self._into_entry(key, now)
        if key == "0":
            return Person()
        if key == "*":
            return Repeat()
        if key == "#":
            return Back()
        if key == MORE and self._menu.more:
            return More()
        if option := self._menu.by_key(key):
            return Chosen(option)
        if self._yes_no and not self._menu.page and key in "12":
            return Decided(key == "1")
        return Unknown()

    def tick(self, now: float) -> Meaning | None:
        """The number that a pause has completed. A ``0`` alone calls a person."""
        if self.due is None or now < self.due:
            return None
        return Person() if self._digits == "0" else self._complete()

    def _into_entry(self, key: str, now: float) -> Meaning | None:
        if key == "*":
            cleared, self._digits = bool(self._digits), ""
            return Repeat(cleared)
        if key == "#":
            return self._complete() if self._digits else Back()
        if key == MORE and self._menu.more and not self._digits:
            return More()
        if key == "0" and not self._digits and not self._zero_first:  # no amount begins so
            return Person()
        self._digits += key
        self._last = now
        return self._complete() if len(self._digits) >= LONGEST_ENTRY else None

    def _complete(self) -> Meaning:
        digits, self._digits = self._digits, ""
        option = self._menu.by_key(digits) if len(digits) == 1 else None
        return Chosen(option) if option else Entered(digits)


def tail(digits: str) -> str:
    """The last digits of a number that may be said aloud: four of a long one, two of a short one, else none."""
    return digits[-4:] if len(digits) >= 8 else digits[-2:] if len(digits) >= 5 else ""
