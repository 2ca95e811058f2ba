"""Recordings with what was said in them: one JSON object a line."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError


class ManifestError(ValueError):
    """The manifest cannot be used; the message names file and line."""

    code = "manifest"


class Clip(BaseModel):
    """One recording. ``audio`` is relative to the manifest; further fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    text: str
    audio: str
    accent: str = ""
    dialect: str = ""
    voice: str = ""
    region: str = "national"

    @property
    def group(self) -> str:
        """What the clip is counted under."""
        return self.accent or self.dialect or "all"


def read(path: Path) -> list[Clip]:
    """The clips of a manifest.

    Raises:
        ManifestError: the file cannot be read, or a line is not a clip, or its recording is missing.
    """
    clips = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path}: cannot be read ({type(error).__name__})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            clip = Clip.model_validate_json(line)
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ManifestError(f"{path}:{number}: {'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from None
        if not (path.parent / clip.audio).is_file():
            raise ManifestError(f"{path}:{number}: no recording {clip.audio}")
        clips.append(clip)
    if not clips:
        raise ManifestError(f"{path}: no recordings in it")
    return clips
