"""``xiangyin staff``: who may log in to the staff console."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bot.commands.output import fail, print_json
from bot.database import open_engine
from bot.people.accounts import AccountError, Accounts
from settings import load_settings

app = typer.Typer(help="Accounts of the staff console (/staff).", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="The employee's name, as users will read it.")]


def _accounts() -> Accounts:
    return Accounts(open_engine(load_settings().sessions_url()))


@app.command()
def add(name: Name) -> None:
    """Make an account, or change its password. The password is asked for, or read from a pipe."""
    if sys.stdin.isatty():
        password = typer.prompt("password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    try:
        _accounts().add(name, password)
    except AccountError as error:
        fail(error)
    typer.echo(f"{name} can log in at /staff", err=True)


@app.command("list")
def list_names() -> None:
    """All accounts."""
    print_json(_accounts().names())


@app.command()
def remove(name: Name) -> None:
    """Take an account away; its sessions end at once."""
    if not _accounts().remove(name):
        fail(f"no account {name}")
