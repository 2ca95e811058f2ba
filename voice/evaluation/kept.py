"""What was heard in a recording is kept, so that measuring repair and meaning again does not hear everything again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TextIO

from pydantic import BaseModel, ConfigDict, ValidationError

from voice.config import VoiceConfig

_CODE = Path(__file__).resolve().parents[1]
_HEARING = (
    "activity.py",
    "decode.py",
    "resample.py",
    *(f"recognisers/{name}.py" for name in ("whisper", "vosk", "sherpa", "sherpa_kinds", "terms", "windows")),
)
"""Sources on which it depends what is heard; a change in one of them makes what was kept worthless."""


class HeardOnce(BaseModel):
    """One recording, heard without repair.

    Attributes:
        recording: SHA-256 of the file and the speaker's region.
        hypotheses: text and confidence, best first; empty when nothing was heard.
        seconds: length of the recording; 0 when nothing was heard.
        elapsed_ms: from the call to the result.
        cpu_s: CPU seconds of the worker.
        peak_mb: largest memory of the worker so far.
    """

    model_config = ConfigDict(frozen=True)

    recording: str
    hypotheses: tuple[tuple[str, float], ...]
    seconds: float
    elapsed_ms: int
    cpu_s: float
    peak_mb: float


class KeptHearings:
    """A file of JSON Lines for one recogniser with its settings; use as a context manager.

    Args:
        folder: of all such files.
        config: names the recognisers.
        fresh: what is there counts for nothing, though what is heard now is added to it.
    """

    def __init__(self, folder: Path, config: VoiceConfig, *, fresh: bool = False) -> None:
        self.path = folder / f"{fingerprint(config)}.jsonl"
        self._known = {} if fresh else {one.recording: one for one in _read(self.path)}
        self._out: TextIO | None = None

    def __enter__(self) -> KeptHearings:
        """Open for further lines."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._out = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._out is not None:
            self._out.close()

    def get(self, recording: str) -> HeardOnce | None:
        """What was heard in ``recording`` earlier."""
        return self._known.get(recording)

    def put(self, one: HeardOnce) -> None:
        """Keep it; written at once, so that an interrupted run goes on where it was."""
        self._known[one.recording] = one
        if self._out is not None:
            self._out.write(one.model_dump_json() + "\n")
            self._out.flush()


def recording(audio: bytes, region: str) -> str:
    """The key of a recording."""
    return f"{hashlib.sha256(audio).hexdigest()}:{region}"


def fingerprint(config: VoiceConfig) -> str:
    """Of everything that decides what is heard: models (names, sizes and times of their files), limits, our code."""
    digest = hashlib.sha256()
    for engine in config.hearing:
        digest.update(repr((engine.name, engine.kind, engine.regions, engine.channels)).encode())
        for path in sorted(engine.directory.resolve().rglob("*")):
            if path.is_file():
                stat = path.stat()
                digest.update(f"{path.name} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    digest.update(repr((config.max_audio_bytes, config.max_audio_seconds)).encode())
    for name in _HEARING:
        digest.update((_CODE / name).read_bytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> list[HeardOnce]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(HeardOnce.model_validate_json(line))
        except ValidationError:  # torn by an interrupted run: heard again
            continue
    return found
