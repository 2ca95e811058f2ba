"""The command line ``xiangyin``: JSON on stdout, one error line on stderr, exit code 0 only on success."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from actions.cli import ledger, partners
from bot.commands.cases import app as cases
from bot.commands.doctor import doctor
from bot.commands.feedback import app as feedback
from bot.commands.loans import app as loans
from bot.commands.nlu import app as nlu
from bot.commands.staff import app as staff
from bot.commands.turns import ask, listen
from bot.commands.up import up
from bot.commands.voice_eval import evaluate as voice_eval
from knowledge.cli import fraud, kb
from voice.cli import app as voice

app = typer.Typer(
    name="xiangyin",
    help="Xiangyin (乡音): a voice and text assistant for villages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(up)
app.command()(ask)
app.command()(listen)
app.command()(doctor)
app.add_typer(nlu, name="nlu")
app.add_typer(kb, name="kb")
app.add_typer(fraud, name="fraud")
voice.command("eval")(voice_eval)
app.add_typer(voice, name="voice")
app.add_typer(cases, name="cases")
app.add_typer(loans, name="loans")
app.add_typer(feedback, name="feedback")
app.add_typer(staff, name="staff")
app.add_typer(partners, name="partners")
app.add_typer(ledger, name="ledger")


def main() -> None:
    """Run the command line; wrong usage is one line as well."""
    try:
        code = app(standalone_mode=False)
    except TyperException as error:
        format_message = getattr(error, "format_message", None)
        reason = format_message() if format_message else str(error)
        print("error: " + " ".join(reason.split()), file=sys.stderr)
        sys.exit(2)
    except ValidationError as error:
        wrong = "; ".join(f"XIANGYIN_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors() if e["loc"])
        print(f"error: settings: {wrong or error.title}", file=sys.stderr)
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)
