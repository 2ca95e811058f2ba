"""``xiangyin cases``: applications and payments with their state and history."""

from __future__ import annotations

from typing import Annotated

import typer

from bot.client import ClientError, GatewayClient
from bot.commands.output import fail, print_json
from settings import load_settings

app = typer.Typer(help="Applications and payments.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON instead of indented JSON.")]


@app.command("list")
def list_cases(
    as_json: AsJson = False,
    sender: Annotated[str | None, typer.Option(help="Only this sender's, as channel:id.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
) -> None:
    """The newest cases."""
    try:
        print_json(GatewayClient(load_settings()).cases(sender, limit), indent=None if as_json else 2)
    except ClientError as error:
        fail(error)


@app.command()
def show(case_id: Annotated[str, typer.Argument(help="The case number.")], as_json: AsJson = False) -> None:
    """One case with its history."""
    try:
        print_json(GatewayClient(load_settings()).case(case_id), indent=None if as_json else 2)
    except ClientError as error:
        fail(error)
