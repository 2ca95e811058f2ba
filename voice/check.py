"""Tries an operator's model directory in a process of its own: ``python -m voice.check ENGINE DIR [KIND]``.

Native engines end the process at a broken file, some of them only when a recogniser is made or fed. So a directory is
loaded, a second of silence recognised and a word looked up (a voice: a word said) here before it is used anywhere else.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np

from voice.errors import Code, VoiceError

_TIMEOUT_S = 180
_SAID_S = 1
_TELLING = re.compile(r"error|fail|not |no |invalid|unsupported|expect|missing|please", re.IGNORECASE)


def validate(engine: str, directory: Path, kind: str | None = None) -> None:
    """Try a directory in a subprocess.

    Raises:
        VoiceError: ``model_missing``; ``detail`` is one line that says what is wrong.
    """
    if not directory.is_dir():
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} is not a directory")
    command = [sys.executable, "-m", "voice.check", engine, str(directory), *([kind] if kind else [])]
    root = Path(__file__).resolve().parents[1]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, cwd=root, text=True, errors="replace")
    except subprocess.TimeoutExpired:
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory}: does not load in {_TIMEOUT_S} s") from None
    if done.returncode:
        why = reason(done.stderr) or f"the engine ended with {done.returncode}"
        raise VoiceError(Code.MODEL_MISSING, detail=f"{directory} is not a usable {engine} model: {why}")


def reason(log: str) -> str:
    """The line of an engine's log that says most, shortened; empty if there is none."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    telling = [line for line in lines if _TELLING.search(line)] or lines
    line = re.sub(r"^.*?\.(?:cc|h|cpp):[\w:]*\s*|^(?:ERROR|LOG) \([^)]*\)\s*", "", telling[-1]) if telling else ""
    return line[:200]


def _try(engine: str, directory: Path, kind: str | None) -> None:
    if engine == "sherpa-voice":
        from voice.synthesis.sherpa import SherpaSynthesiser

        voice = SherpaSynthesiser(directory, "0", threads=1)
        voice.open()
        voice.say("您好。")
        return
    from voice.recognisers.base import Hints
    from voice.recognisers.sherpa import SherpaRecogniser
    from voice.recognisers.vosk import VoskRecogniser

    silence = np.zeros(_SAID_S * 16000, np.float32)
    recogniser = VoskRecogniser(directory) if engine == "vosk" else SherpaRecogniser(directory, kind, threads=1)
    recogniser.open()
    recogniser.transcribe(silence, Hints())
    if isinstance(recogniser, VoskRecogniser):
        recogniser.knows("a")


if __name__ == "__main__":
    try:
        _try(sys.argv[1], Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else None)
    except VoiceError as error:
        sys.exit(f"error: {error.detail}")
    except Exception as error:  # noqa: BLE001 - whatever a library throws, the parent gets one line of it
        sys.exit(f"error: {type(error).__name__}: {error}")
