"""``xiangyin up``."""

from __future__ import annotations

import typer

from settings import load_settings


def up() -> None:
    """Start everything; print the address of the web chat when a turn works."""
    from bot.supervisor.up import up as run

    raise typer.Exit(run(load_settings()))
