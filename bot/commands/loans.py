"""``xiangyin loans``: the product catalogue and repayment plans."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from actions.catalogue.product import Product
from actions.catalogue.sheet import SheetError, read_sheet
from actions.catalogue.store import FILE, Catalogue
from actions.repayment.picture import PlanPainter, find_font
from actions.repayment.plan import MOST_MONTHS, Method, Plan, make_plan
from bot.commands.output import fail, print_json
from settings import load_settings

app = typer.Typer(help="Loan products and repayment plans.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="One line of JSON instead of indented JSON.")]


def _catalogue() -> Catalogue:
    return Catalogue(load_settings().state_dir / FILE)


@app.command("import")
def import_sheet(file: Annotated[Path, typer.Argument(help="The bank's sheet: XLSX, CSV or TSV.")]) -> None:
    """Take the bank's products in; they replace the catalogue as a whole. Bad rows are named and left out."""
    try:
        sheet = read_sheet(file)
    except SheetError as error:
        fail(error.message)
    refused = [{"row": bad.row, "problems": list(bad.problems)} for bad in sheet.bad]
    if sheet.products:
        _catalogue().replace(sheet.products)
    print_json({"imported": len(sheet.products), "refused": refused}, indent=2)
    if not sheet.products:
        fail("no product was imported, the catalogue is as it was")


@app.command("list")
def list_products(as_json: AsJson = False) -> None:
    """The products that are offered now."""
    try:
        products = _catalogue().products()
    except SheetError as error:
        fail(error.message)
    print_json([_shown(product) for product in products], indent=None if as_json else 2)


@app.command()
def plan(
    amount: Annotated[str, typer.Option(help="In yuan.")],
    months: Annotated[int, typer.Option(min=1, max=MOST_MONTHS)],
    product: Annotated[str | None, typer.Option(help="A product's number: its rate and way of paying back.")] = None,
    rate: Annotated[str | None, typer.Option(help="Percent a year.")] = None,
    method: Annotated[str | None, typer.Option(help="等额本息, 等额本金 or 先息后本.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Write the picture (PNG) there.")] = None,
    as_json: AsJson = False,
) -> None:
    """What is to be paid month by month."""
    chosen = None
    if product is not None:
        try:
            chosen = _catalogue().get(product)
        except SheetError as error:
            fail(error.message)
        if chosen is None:
            fail(f"no product {product}")
    if rate is None and chosen is None:
        fail("give --rate or --product")
    try:
        fen = Decimal(amount) * 100
        percent = Decimal(rate) if rate is not None else chosen.annual_percent if chosen else Decimal(0)
        way = Method(method) if method else chosen.methods[0] if chosen else Method.EQUAL_INSTALMENTS
        if fen != fen.to_integral_value():
            raise ValueError("finer than a fen")
        made = make_plan(way, int(fen), percent, months)
    except (InvalidOperation, ValueError, OverflowError) as error:
        fail(f"amount, rate or method: {error or 'not a number'}")
    sample = chosen.sample if chosen else False
    if picture is not None:
        try:
            picture.write_bytes(PlanPainter(find_font(load_settings().font)).png(made, sample=sample))
        except OSError as error:
            fail(f"{picture}: {error.strerror}")
    print_json({**_told(made), "product": chosen.title if chosen else None}, indent=None if as_json else 2)


def _shown(product: Product) -> dict[str, Any]:
    return {**product.model_dump(mode="json"), "title": product.title}


def _told(made: Plan) -> dict[str, Any]:
    return {
        "method": made.method.value,
        "amount_fen": made.amount_fen,
        "annual_percent": str(made.annual_percent),
        "months": made.months,
        "interest_fen": made.interest_fen,
        "total_fen": made.total_fen,
        "payments": [
            {
                "month": payment.month,
                "total_fen": payment.total,
                "principal_fen": payment.principal,
                "interest_fen": payment.interest,
                "left_fen": payment.left,
            }
            for payment in made.payments
        ],
    }
