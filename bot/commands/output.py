"""How commands print: JSON to stdout, failures as one line to stderr."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import typer


def print_json(value: Any, *, indent: int | None = None) -> None:
    """One JSON document; without ``indent`` on one line, so that many make JSON Lines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def fail(reason: object) -> NoReturn:
    """End with exit code 1 and one line on stderr."""
    typer.echo("error: " + " ".join(str(reason).split()), err=True)
    raise typer.Exit(1)
