"""How long somebody may pause before it is our turn: by what was asked, how much was said, how this caller speaks."""

from __future__ import annotations

from collections import deque

from bot.channels.hotline.wire import Expected

SHORTEST_S, LONGEST_S = 0.3, 0.7
"""Bounds of the pause that ends what was said, numbers and addresses apart."""
SPELLED_S = 1.2
"""Numbers and addresses are said in groups, from paper, with pauses of up to a second between them."""
_STARTS_S: dict[Expected, float] = {
    Expected.YES_NO: 0.4,
    Expected.MENU: 0.4,
    Expected.ANYTHING: 0.55,
    Expected.DIGITS: SPELLED_S,
    Expected.AMOUNT: 0.9,
}
_REGION_S = 0.6
"""The name of a province is said in one go; the code may be keyed."""
_BRIEF_S = 0.6
"""Who has said less than this to an open question has often only begun ("那个……")."""
_MARGIN_S = 0.15
_REMEMBERED = 12
REGION = "region"
"""What the question about the caller's province fills."""
_SPELLED_SLOTS = ("address", "village", "phone", "number", "account", "name")


class Patience:
    """The pause that ends a turn, learnt from one caller's own pauses inside what they said."""

    def __init__(self) -> None:
        self._inner: deque[float] = deque(maxlen=_REMEMBERED)
        self.expect(Expected.ANYTHING)

    def expect(self, expected: Expected, slot: str | None = None) -> None:
        """What the next answer should be; ``slot``: what the question fills, where that is known."""
        spelled = slot is not None and any(word in slot for word in _SPELLED_SLOTS)
        self._expected = expected
        self._start = _REGION_S if slot == REGION else SPELLED_S if spelled else _STARTS_S[expected]

    def went_on_after(self, pause_s: float) -> None:
        """The caller was silent for so long and then went on."""
        self._inner.append(pause_s)

    def pause(self, spoken_s: float) -> float:
        """Seconds of silence that end what was said, of which ``spoken_s`` were speech."""
        if self._start > LONGEST_S:
            return self._start
        wanted = self._start
        if self._expected is Expected.ANYTHING and spoken_s < _BRIEF_S:
            wanted += _MARGIN_S
        if len(self._inner) >= 2:  # one long pause may be a thought, two are a habit
            wanted = max(wanted, sorted(self._inner)[-2] + _MARGIN_S)
        return min(max(wanted, SHORTEST_S), LONGEST_S)
