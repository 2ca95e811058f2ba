"""What every synthesiser does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class Speech:
    """Synthesised sound.

    Attributes:
        samples: mono, in [-1, 1], shape (n,).
        sample_rate: Hz.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int


class Synthesiser(Protocol):
    """An engine with its voice in memory. Not for several threads."""

    name: str

    def load(self) -> None:
        """Load the voice.

        Raises:
            VoiceError: ``model_missing``.
        """

    def say(self, sentence: str) -> Speech:
        """Speak one sentence of speakable text (see ``speakable.py``).

        Raises:
            VoiceError: ``nothing_to_say`` or ``synthesis_failed``.
        """
