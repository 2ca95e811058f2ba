"""sherpa-onnx: an operator's own voice (VITS, Matcha or Kokoro, as k2-fsa packs them)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from voice.check import validate
from voice.errors import Code, VoiceError
from voice.synthesis.base import Speech


class SherpaSynthesiser:
    """See :class:`voice.synthesis.base.Synthesiser`.

    Args:
        directory: of the voice, as its publisher packed it.
        speaker: number of the speaker in it; anything that is no number is the first.
        threads: of the network.
    """

    name = "sherpa"

    def __init__(self, directory: Path, speaker: str, threads: int) -> None:
        self._directory, self._threads = directory, threads
        self._speaker = int(speaker) if speaker.isdecimal() else 0
        self._voice: Any = None

    def load(self) -> None:
        """Validate and load the voice. Raises VoiceError ``model_missing``."""
        validate("sherpa-voice", self._directory)
        self.open()

    def open(self) -> None:
        """Load the voice unchecked: a broken directory may end the process."""
        import sherpa_onnx

        model = sherpa_onnx.OfflineTtsModelConfig(**self._networks(sherpa_onnx), num_threads=self._threads)
        rules = ",".join(str(path) for path in sorted(self._directory.glob("*.fst")))
        config = sherpa_onnx.OfflineTtsConfig(model=model, rule_fsts=rules, max_num_sentences=1)
        if not config.validate():
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} is not a voice that sherpa-onnx takes")
        self._voice = sherpa_onnx.OfflineTts(config)
        if self._speaker >= max(1, self._voice.num_speakers):
            raise VoiceError(
                Code.MODEL_MISSING, detail=f"{self._directory} has {self._voice.num_speakers} speakers, from 0 on"
            )

    def say(self, sentence: str) -> Speech:
        """See :meth:`voice.synthesis.base.Synthesiser.say`."""
        if self._voice is None:
            self.load()
        made = self._voice.generate(sentence, sid=self._speaker, speed=1.0)
        samples = np.asarray(made.samples, np.float32)
        if not samples.size:
            raise VoiceError(Code.NOTHING_TO_SAY)
        if not np.isfinite(samples).all():
            raise VoiceError(Code.SYNTHESIS_FAILED, detail="the voice returned no usable samples")
        return Speech(samples, int(made.sample_rate))

    def _networks(self, library: Any) -> dict[str, Any]:
        """The configuration of the voice's kind, told from its files."""
        networks = sorted(self._directory.glob("*.onnx"), key=lambda path: (".int8." not in path.name, path.name))
        vocoders = [path for path in networks if "vocos" in path.name or "hifigan" in path.name]
        acoustic = [path for path in networks if path not in vocoders]
        if not acoustic:
            raise VoiceError(Code.MODEL_MISSING, detail=f"{self._directory} has no *.onnx file")
        model, voices = str(acoustic[0]), self._directory / "voices.bin"
        common = {
            "tokens": self._file("tokens.txt"),
            "lexicon": self._lexicons(),
            "data_dir": self._file("espeak-ng-data"),
        }
        if voices.is_file():
            return {"kokoro": library.OfflineTtsKokoroModelConfig(model=model, voices=str(voices), **common)}
        if vocoders:
            return {
                "matcha": library.OfflineTtsMatchaModelConfig(acoustic_model=model, vocoder=str(vocoders[0]), **common)
            }
        return {"vits": library.OfflineTtsVitsModelConfig(model=model, **common)}

    def _file(self, name: str) -> str:
        path = self._directory / name
        return str(path) if path.exists() else ""

    def _lexicons(self) -> str:
        """Chinese first: the first that knows a word reads it."""
        found = sorted(self._directory.glob("lexicon*.txt"), key=lambda path: ("zh" not in path.name, path.name))
        return ",".join(str(path) for path in found)
