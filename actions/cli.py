"""``xiangyin partners`` and ``xiangyin ledger``: for operators, beside the running assistant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from actions.errors import ActionsError
from actions.ledger.database import migrate, open_engine
from actions.ledger.ledger import Ledger
from actions.ledger.reseal import Resealer
from actions.ledger.vault import Vault
from actions.partners.book import PER_DAY, PER_MINUTE, PartnerBook, PartnerInvalid, Scope
from bot.commands.output import fail, print_json
from settings import load_settings

partners = typer.Typer(help="Partner platforms and their API keys.", no_args_is_help=True)
ledger = typer.Typer(help="Keys of the ledger.", no_args_is_help=True)
_EVERY = [scope.value for scope in Scope]


@contextmanager
def _open() -> Iterator[Ledger]:
    settings = load_settings()
    try:
        engine = open_engine(settings.ledger_url())
        try:
            migrate(engine)
            yield Ledger(engine, Vault.from_setting(settings.ledger_key.get_secret_value()))
        finally:
            engine.dispose()
    except PartnerInvalid as error:
        fail(error.message)
    except ActionsError as error:
        fail(error.code)
    except DBAPIError as error:
        fail(f"the ledger's database cannot be opened: {type(error.orig).__name__}")


@partners.command("add")
def add_partner(
    name: Annotated[str, typer.Argument(help="The partner's name; a known one gets another key.")],
    scope: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(_EVERY)}; all when none is given.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(help="https:// address for news.")] = None,
    per_minute: Annotated[int, typer.Option(min=1, help="Requests a minute.")] = PER_MINUTE,
    per_day: Annotated[int, typer.Option(min=1, help="Requests a day.")] = PER_DAY,
) -> None:
    """Make an API key. It is shown this once and kept as a hash; so is the secret that signs the web-hooks."""
    if unknown := sorted(set(scope or ()) - set(_EVERY)):
        fail(f"unknown scope {', '.join(unknown)}; known: {', '.join(_EVERY)}")
    with _open() as opened:
        new = PartnerBook(opened).add(
            name,
            frozenset(Scope(one) for one in scope or _EVERY),
            webhook_url=webhook,
            per_minute=per_minute,
            per_day=per_day,
        )
    shown = {"partner_id": new.partner_id, "key_id": new.key_id, "api_key": new.key}
    print_json(shown | ({"webhook_secret": new.webhook_secret} if new.webhook_secret else {}), indent=2)


@partners.command("list")
def list_partners() -> None:
    """All keys, with scopes, quotas and news that could not be delivered; never a key itself."""
    with _open() as opened:
        print_json(PartnerBook(opened).every_key(), indent=2)


@partners.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="The key's id, from `partners list`.")]) -> None:
    """A key opens nothing from now on."""
    with _open() as opened:
        if not PartnerBook(opened).revoke(key_id):
            fail(f"no key {key_id} that is valid")
    print_json({"revoked": key_id})


@ledger.command("keys")
def keys() -> None:
    """Which keys seal how many values, and which of them we have."""
    with _open() as opened:
        print_json(Resealer(opened).count().as_json(), indent=2)


@ledger.command("reseal")
def reseal() -> None:
    """Seal everything with the first key of XIANGYIN_LEDGER_KEY; safe beside the running assistant and to repeat."""
    with _open() as opened:
        print_json(Resealer(opened).run().as_json(), indent=2)
