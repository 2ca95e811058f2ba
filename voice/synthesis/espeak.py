"""espeak-ng, if the system has it: the last resort when the embedded voice is not there."""

from __future__ import annotations

import io
import shutil
import subprocess
import wave

import numpy as np

from voice.errors import Code, VoiceError
from voice.synthesis.base import Speech

_WORDS_A_MINUTE = 150
_TIMEOUT_S = 20


class EspeakSynthesiser:
    """See :class:`voice.synthesis.base.Synthesiser`."""

    name = "espeak"

    def __init__(self, program: str = "espeak-ng") -> None:
        self._program = program

    def load(self) -> None:
        """Look for the program. Raises VoiceError ``model_missing``."""
        if shutil.which(self._program) is None:
            raise VoiceError(Code.MODEL_MISSING, detail="espeak-ng is not installed (Debian: apt install espeak-ng)")

    def say(self, sentence: str) -> Speech:
        """See :meth:`voice.synthesis.base.Synthesiser.say`."""
        command = [self._program, "-v", "cmn", "-s", str(_WORDS_A_MINUTE), "--stdin", "--stdout"]
        try:
            done = subprocess.run(command, input=sentence.encode(), capture_output=True, check=True, timeout=_TIMEOUT_S)
        except (OSError, subprocess.SubprocessError) as error:
            raise VoiceError(Code.SYNTHESIS_FAILED, detail=f"espeak-ng: {type(error).__name__}") from None
        try:
            with wave.open(io.BytesIO(done.stdout)) as source:
                # Written to a pipe, the header cannot know the length: take what is there.
                pcm = np.frombuffer(source.readframes(source.getnframes()), np.int16)
                rate = source.getframerate()
        except (wave.Error, EOFError) as error:
            raise VoiceError(Code.SYNTHESIS_FAILED, detail=f"espeak-ng: {error}") from None
        if not pcm.size:
            raise VoiceError(Code.NOTHING_TO_SAY)
        return Speech(pcm.astype(np.float32) / np.float32(32768), rate)
