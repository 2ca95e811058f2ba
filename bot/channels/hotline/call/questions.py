"""What a call says and asks: the words of an answer, its options by digits, and what is read back of keys."""

from __future__ import annotations

from collections.abc import Sequence

from bot.channels.hotline.call import texts
from bot.channels.hotline.call.keys import Menu, tail
from bot.channels.hotline.call.saying import Saying, Script, Voice, fixed
from bot.channels.hotline.wire import Expected, SpokenReply
from bot.schema import Option

_HINTS = {
    Expected.YES_NO: texts.YES_NO_KEYS,
    Expected.DIGITS: texts.DIGITS_KEYS,
    Expected.AMOUNT: texts.AMOUNT_KEYS,
}


class Question:
    """What was said last, and how it may be answered.

    Attributes:
        script: all of it.
        expects: what kind of answer; ``slot``: what it fills, where that is known.
        final: nothing is asked any more.
        region: it is about where the caller is from.
    """

    def __init__(
        self,
        voice: Voice,
        sayings: Sequence[Saying],
        *,
        expects: Expected = Expected.ANYTHING,
        slot: str | None = None,
        options: Sequence[Option] = (),
        final: bool = False,
        region: bool = False,
    ) -> None:
        self._voice = voice
        self.options = tuple(options)
        self.menu = Menu(options)
        self.expects, self.slot, self.final, self.region = expects, slot, final, region
        # The question about the region says its keys itself.
        self.script = Script(voice, [*sayings, *([] if region else self._choices())])

    def once_more(self) -> Script:
        """All of it, from the beginning."""
        self.menu.start_over()
        self.script.rewind()
        return self.script

    def next_page(self) -> Script:
        """The next options."""
        self.menu.turn_over()
        return Script(self._voice, self._choices())

    def by_keys(self) -> Script:
        """How to answer it with keys, for who cannot be heard."""
        return Script(self._voice, [*fixed(texts.KEYS_OFFERED), *self._choices(), *fixed(texts.KEYS_ALWAYS)])

    def _choices(self) -> list[Saying]:
        if not self.menu.page:
            return fixed(_HINTS[self.expects]) if self.expects in _HINTS else []
        words = "".join(texts.CHOICE.format(title=option.title, key=option.key) for option in self.menu.page)
        further = [texts.MORE_KEY] if self.menu.more else [texts.MORE_BY_NAME] if self.menu.beyond_keys else []
        return [Saying(words), *fixed(*further)]


def sayings_of(replies: Sequence[SpokenReply]) -> list[Saying]:
    """The words of replies, without their options."""
    return [Saying(reply.say, reply.must_hear) for reply in replies if reply.say.strip()]


def options_of(replies: Sequence[SpokenReply]) -> tuple[Option, ...]:
    """The options of the last reply that has some."""
    return next((reply.options for reply in reversed(replies) if reply.options), ())


def read_back(digits: str, expects: Expected) -> list[Saying]:
    """What is said of a number that was keyed: an amount whole, of telephones and accounts the end."""
    if expects is Expected.AMOUNT:
        return [Saying(texts.AMOUNT_ENTERED.format(amount=digits.lstrip("0") or "0"))]
    if expects is Expected.ANYTHING:
        return []  # an area, a number of months: the dialogue says it itself
    if end := tail(digits):
        return [Saying(fixed=(texts.TAIL, *(texts.DIGITS[int(digit)] for digit in end)))]
    return fixed(texts.COUNTED[len(digits) - 1])


def is_murmur(text: str) -> bool:
    """Whether somebody only made a sound to show that they listen."""
    words = [character for character in text if character.isalnum()]
    return bool(words) and all(character in texts.MURMURS for character in words)


def asks_for_more(text: str) -> bool:
    """Whether the next options are wanted."""
    return "".join(character for character in text if character.isalnum()) in texts.ASKS_FOR_MORE
