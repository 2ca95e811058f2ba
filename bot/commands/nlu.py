"""``xiangyin nlu parse``: understanding alone, by the running assistant or, without one, by Rasa's environment."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Annotated

import typer

from bot.client import ClientError, GatewayClient
from bot.commands.output import fail, print_json
from bot.supervisor.parts import RASA_ENV
from settings import ROOT, load_settings

app = typer.Typer(help="Language understanding.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Language understanding."""


@app.command()
def parse(
    text: Annotated[str | None, typer.Argument(help="What the user says.")] = None,
    file: Annotated[Path | None, typer.Option(help="One input a line; one JSON object a line comes out.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON (always).")] = True,  # noqa: ARG001
) -> None:
    """Intent and entities of a text."""
    if (text is None) == (file is None):
        fail("give either a text or --file")
    if file is not None and not file.is_file():
        fail(f"no such file: {file}")
    inputs = [text] if text is not None else _lines(file)
    client = GatewayClient(load_settings())
    if not client.running():
        raise typer.Exit(_parse_offline(inputs))
    try:
        for line in inputs:
            # An empty line of a file has its object too, so that output and input can be laid side by side.
            print_json(client.parse(line) if line.strip() or file is None else _nothing(line))
    except ClientError as error:
        fail(error)


def _nothing(line: str) -> dict[str, object]:
    return {"text": line, "intent": "nlu_fallback", "confidence": 0.0, "entities": []}


def _lines(file: Path | None) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines() if file else []
    except UnicodeDecodeError:
        fail(f"not UTF-8 text: {file}")


def _parse_offline(inputs: list[str]) -> int:
    python = RASA_ENV / "bin" / "python"
    if not python.exists():
        fail("Rasa's environment is missing: run `make setup`")
    done = subprocess.run(
        [str(python), "-m", "nlu.parse"],
        cwd=ROOT,
        input="\n".join(" ".join(line.split()) for line in inputs) + "\n",
        text=True,
        check=False,
    )
    return done.returncode
