"""The ``voice`` commands: hear files, speak a text. JSON to stdout, one error line to stderr."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from settings import load_settings
from voice.config import VoiceConfig
from voice.errors import Code, VoiceError
from voice.samples import wav
from voice.service import Hints, Transcript, VoiceService

_TELEPHONE_RATE = 8000
app = typer.Typer(help="Hear recordings, speak texts.", no_args_is_help=True)


@app.command()
def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings of any usual format.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    region: Annotated[str, typer.Option(help="Administrative code of the speaker's region.")] = "national",
) -> None:
    """Write what is said in each FILE, in order."""
    try:
        failed = asyncio.run(_transcribe(files, as_json, Hints(region=region)))
    except VoiceError as error:
        _complain(error)
        failed = True
    raise typer.Exit(1 if failed else 0)


@app.command()
def speak(
    text: Annotated[str, typer.Argument(help="What to say.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", help="The file to write: OGG/Opus, or *.wav for a telephone system.")
    ],
) -> None:
    """Speak TEXT into a file."""
    try:
        out.write_bytes(asyncio.run(_speak(text, telephone=out.suffix.lower() == ".wav")))
    except VoiceError as error:
        _complain(error)
        raise typer.Exit(1) from None
    except OSError as error:
        typer.echo(f"{out}: {error.strerror}", err=True)
        raise typer.Exit(1) from None


async def _transcribe(files: list[Path], as_json: bool, hints: Hints) -> bool:
    service = VoiceService(VoiceConfig.from_settings(load_settings()))
    failed = False
    try:
        for path in files:
            try:
                transcript = await service.hear(_read(path), hints)
            except OSError as error:
                typer.echo(f"{path}: {error.strerror}", err=True)
                failed = True
            except VoiceError as error:
                _complain(error, f"{path}: ")
                failed = True
                if error.code is Code.MODEL_MISSING:
                    break
            else:
                typer.echo(_line(path, transcript) if as_json else transcript.text)
    finally:
        await service.close()
    return failed


def _read(path: Path) -> bytes:
    return path.read_bytes()


def _line(path: Path, transcript: Transcript) -> str:
    return json.dumps({"file": str(path), **asdict(transcript)}, ensure_ascii=False)


async def _speak(text: str, *, telephone: bool) -> bytes:
    service = VoiceService(VoiceConfig.from_settings(load_settings()))
    try:
        if not telephone:
            return await service.speak(text)
        return wav(b"".join([piece async for piece in service.speak_pcm(text, _TELEPHONE_RATE)]), _TELEPHONE_RATE)
    finally:
        await service.close()


def _complain(error: VoiceError, where: str = "") -> None:
    reason = f" ({error.detail})" if error.detail else ""
    typer.echo(f"{where}{error.message} [{error.code}]{reason}".replace("\n", " "), err=True)


if __name__ == "__main__":
    app()
