"""How somebody speaks: the dialect area they named, the one they live in, or the one their words point to.

Kept in memory only, for the hearing of their next message; forgotten with the process.
"""

from __future__ import annotations

import re
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from nlu.dialect import lexicon
from nlu.dialect.profiles import Profile, profile_for_region, profile_named

MOST_SPEAKERS = 10_000
MOST_WORDS = 30
"""Of one speaker, the latest. Only words that tell a dialect are kept, never what was said."""
_NAMED = re.compile(
    r"(?:我|俺|咱|额|阿拉|偶|侬)们?(?:家|这儿|这里|这边|那边)?(?:都|只|平时|一直)?(?:会|能)?"
    r"(?:说|讲|用|是说|是讲)(?:的)?(?:都)?(?:是)?(?P<name>[\u4e00-\u9fff]{1,5}?(?:话|语|腔))"
)


@dataclass
class _Speaker:
    chosen: Profile | None = None
    words: deque[str] = field(default_factory=lambda: deque(maxlen=MOST_WORDS))
    guessed: Profile | None = None


class Speakers:
    """What is known of the speakers of this process; the longest silent are forgotten first."""

    def __init__(self, most: int = MOST_SPEAKERS) -> None:
        self._most = most
        self._known: OrderedDict[str, _Speaker] = OrderedDict()

    def said(self, speaker: str, text: str) -> None:
        """Learn from what somebody wrote or said."""
        known = self._known.setdefault(speaker, _Speaker())
        self._known.move_to_end(speaker)
        if len(self._known) > self._most:
            self._known.popitem(last=False)
        if named := named_in(text):
            known.chosen = named
        if words := [word for word in lexicon.telling_words(text) if word not in known.words]:
            known.words.extend(words)
            known.guessed = lexicon.guess_profile(known.words)

    def dialect_of(self, speaker: str, region: str | None) -> str | None:
        """Name of the dialect area (``nlu.dialect.profiles``): named by the speaker, else of their region, else guessed
        from their words; None when nothing tells."""
        known = self._known.get(speaker, _Speaker())
        profile = known.chosen or profile_for_region(region) or known.guessed
        return profile.name if profile else None

    def forget(self, speaker: str) -> None:
        """At the speaker's wish."""
        self._known.pop(speaker, None)


def named_in(text: str) -> Profile | None:
    """The dialect somebody says they speak (我讲四川话, 俺说的是河南话); None where none is named."""
    match = _NAMED.search(text)
    return profile_named(match["name"]) if match else None
