"""The command line ``xiangyin``: JSON on stdout, one error line on stderr, exit code 0 only on success."""

from __future__ import annotations

import typer

from bot.commands.cases import app as cases
from bot.commands.doctor import doctor
from bot.commands.nlu import app as nlu
from bot.commands.turns import ask, listen
from bot.commands.up import up
from knowledge.cli import fraud, kb
from voice.cli import app as voice

main = typer.Typer(
    name="xiangyin",
    help="Xiangyin (乡音): a voice and text assistant for villages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
main.command()(up)
main.command()(ask)
main.command()(listen)
main.command()(doctor)
main.add_typer(nlu, name="nlu")
main.add_typer(kb, name="kb")
main.add_typer(fraud, name="fraud")
main.add_typer(voice, name="voice")
main.add_typer(cases, name="cases")
