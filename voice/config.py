"""What this package needs to know, taken from the settings once, at the edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from settings import Settings


@dataclass(frozen=True)
class VoiceConfig:
    """Models, limits and sizes of the voice workers.

    Times are in seconds, sizes in bytes.
    """

    models_dir: Path
    recogniser: Literal["whisper", "vosk"] = "whisper"
    recogniser_dir: Path | None = None
    """An operator's own recogniser; None means the embedded one."""
    voice_dir: Path | None = None
    """An operator's own Kokoro directory; None means the embedded one."""
    voice_name: str = "zf_xiaoxiao"
    repair: bool = True
    """Whether misheard words are repaired (``voice.repair``)."""

    max_audio_bytes: int = 10 * 2**20
    max_audio_seconds: float = 120.0
    decode_timeout_s: float = 10.0
    hear_timeout_s: float = 90.0
    speak_timeout_s: float = 90.0
    start_timeout_s: float = 120.0

    hear_threads: int = 2
    speak_threads: int = 2
    hear_queue: int = 8
    """Messages waiting or being heard; one more is told that we are busy."""
    speak_queue: int = 16
    cache_bytes: int = 32 * 2**20
    max_speech_chars: int = 1000

    @classmethod
    def from_settings(cls, settings: Settings) -> VoiceConfig:
        """The settings' part that concerns voice."""
        return cls(
            models_dir=settings.models_dir,
            recogniser=settings.recogniser,
            recogniser_dir=settings.recogniser_dir,
            voice_dir=settings.voice_dir,
            voice_name=settings.voice_name,
            repair=settings.repair,
            max_audio_bytes=settings.max_audio_bytes,
            max_audio_seconds=settings.max_audio_seconds,
        )

    @property
    def hearing_dir(self) -> Path:
        """Directory of the recogniser's model."""
        return self.recogniser_dir or self.models_dir / "whisper-base"

    @property
    def repair_model(self) -> Path:
        """Language model of the repair, made at set-up."""
        return self.models_dir / "repair" / "model.npz"

    @property
    def speaking_dir(self) -> Path:
        """Directory of the synthesiser's model and voices."""
        return self.voice_dir or self.models_dir / "kokoro"
