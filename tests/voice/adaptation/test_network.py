"""The network that is trained is the recogniser's own: the same features give the same encoding, also when adapted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from voice.adaptation import network
from voice.adaptation.listening import with_adapter
from voice.decode import Samples

pytestmark = pytest.mark.slow


def test_it_encodes_as_the_product_does_with_and_without_an_adapter(
    models_dir: Path, speech: Samples, tmp_path: Path
) -> None:
    from ctranslate2 import StorageView
    from ctranslate2.models import Whisper
    from faster_whisper.feature_extractor import FeatureExtractor

    base = models_dir / "whisper-base"
    mel = np.zeros((1, 80, 3000), np.float32)
    features = FeatureExtractor()(speech)
    mel[0, :, : features.shape[1]] = features

    made = network.load(base / "model.bin")
    torch.manual_seed(1)
    trained = network.adapt(made, 4, 0.0)
    torch.nn.Module.train(made, False)

    def differ(directory: Path) -> float:
        product = np.asarray(Whisper(str(directory), compute_type="float32").encode(StorageView.from_array(mel)))
        with torch.inference_mode():
            ours = made.model.encoder(torch.from_numpy(mel)).last_hidden_state.numpy()
        return float(np.abs(ours - product).mean() / np.abs(product).mean())

    assert differ(base) < 0.01
    with torch.no_grad():
        for matrix in trained[1::2]:
            matrix.normal_(0, 0.02)
    assert differ(base) > 0.05
    assert differ(with_adapter(base, network.adapter(made), 1.0, tmp_path / "adapted")) < 0.01
