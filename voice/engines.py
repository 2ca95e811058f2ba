"""Which recogniser hears whom: a table in TOML, one block a recogniser, the first that fits is taken.

    [[recogniser]]
    engine = "sherpa"                  # whisper, vosk or sherpa
    directory = "/srv/models/yue"      # relative paths: beside the table
    kind = "wenet_ctc"                 # sherpa only, where the files do not tell it
    regions = ["4406", "4407"]         # beginnings of administrative codes; left out: everywhere
    channels = ["hotline"]             # left out: all

Who fits no block is heard by the recogniser that the settings name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tomllib
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from voice.errors import Code, VoiceError
from voice.recognisers.sherpa_kinds import KINDS, detect

EngineName = Literal["whisper", "vosk", "sherpa"]


@dataclass(frozen=True)
class Engine:
    """A recogniser and whom it hears.

    Attributes:
        directory: of its model.
        kind: of a sherpa-onnx model; None means found out.
        regions: beginnings of administrative codes; empty means everywhere.
        channels: empty means all.
    """

    name: EngineName
    directory: Path
    kind: str | None = None
    regions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()

    def hears(self, region: str, channel: str) -> bool:
        """Whether somebody of ``region`` who speaks through ``channel`` is heard by this one."""
        return (not self.regions or region.startswith(self.regions)) and (not self.channels or channel in self.channels)

    @property
    def model(self) -> tuple[str, Path, str | None]:
        """What is loaded: blocks that share it share a process."""
        return (self.name, self.directory, self.kind)


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: EngineName
    directory: Path
    kind: str | None = None
    regions: tuple[Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")], ...] = ()
    channels: tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,32}$")], ...] = ()


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    recogniser: tuple[_Block, ...] = Field(min_length=1)


def read_table(path: Path) -> tuple[Engine, ...]:
    """The blocks of a table, in order.

    Raises:
        VoiceError: ``model_missing``; ``detail`` is one line that names the file, the block and the fault.
    """
    try:
        table = _Table.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise _wrong(path, error.strerror or "cannot be read") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, f"is not TOML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = [str(part + 1) if isinstance(part, int) else part for part in first["loc"]]
        raise _wrong(path, f"{' '.join(where)}: {first['msg']}") from None
    engines = []
    for number, block in enumerate(table.recogniser, start=1):
        if block.kind is not None and block.engine != "sherpa":
            raise _wrong(path, f"recogniser {number} kind: only sherpa has kinds")
        if block.kind is not None and block.kind not in KINDS:
            raise _wrong(path, f"recogniser {number} kind: {block.kind!r} is not one of {', '.join(KINDS)}")
        if not block.regions and not block.channels and number < len(table.recogniser):
            raise _wrong(path, f"recogniser {number} hears everybody, so those after it never hear anybody")
        directory = (path.parent / block.directory).resolve()
        if not directory.is_dir():
            raise _wrong(path, f"recogniser {number} directory: {directory} is not a directory")
        engines.append(Engine(block.engine, directory, block.kind, block.regions, block.channels))
    return tuple(engines)


def streams(engine: Engine) -> bool:
    """Whether it hears while somebody speaks; the others hear a whole utterance at its end."""
    if engine.name == "vosk":
        return True
    if engine.name != "sherpa":
        return False
    try:
        return detect(engine.directory, engine.kind).kind.startswith("streaming_")
    except VoiceError:  # said when it is loaded
        return False


def choose(engines: Sequence[Engine], region: str, channel: str) -> Engine:
    """The first that hears this user; the last one hears everybody."""
    return next((engine for engine in engines if engine.hears(region, channel)), engines[-1])


def _wrong(path: Path, why: str) -> VoiceError:
    return VoiceError(Code.MODEL_MISSING, detail=f"{path}: {' '.join(why.split())}")
