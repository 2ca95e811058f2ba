"""Reads the bank's product sheet (XLSX, CSV, TSV): every bad row is named, the rest is taken."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zipfile import BadZipFile

from charset_normalizer import from_bytes
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from pydantic import ValidationError

from actions.catalogue.product import Product
from actions.errors import ActionsError

COLUMNS = {
    "编号": "id",
    "名称": "name",
    "类别": "category",
    "用途": "purposes",
    "种养": "things",
    "对象": "audience",
    "条件": "conditions",
    "最低金额": "least_yuan",
    "最高金额": "most_yuan",
    "最短期限": "shortest",
    "最长期限": "longest",
    "年利率": "annual_percent",
    "还款方式": "methods",
    "担保": "guarantee",
    "地区": "regions",
    "来源": "source",
    "日期": "published",
    "有效期至": "valid_to",
    "示例": "sample",
}
"""Heads of the sheet's columns; amounts in yuan, terms in months, the rate in percent a year."""
_NEEDED = [head for head, name in COLUMNS.items() if Product.model_fields[name].is_required()]
_NAMES = {name: head for head, name in COLUMNS.items()}
MOST_BYTES = 20 * 2**20
MOST_ROWS = 20_000


class SheetError(ActionsError):
    """The sheet as a whole cannot be read; ``message`` says what to do."""

    code = "product_sheet"


@dataclass(frozen=True)
class BadRow:
    """A row that was left out: its number in the sheet (the head is row 1) and what is wrong, column by column."""

    row: int
    problems: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """What a sheet holds: the good products in their order, and the rows left out."""

    products: tuple[Product, ...]
    bad: tuple[BadRow, ...]


def read_sheet(path: Path) -> Sheet:
    """Read a product sheet; an XLSX file's first worksheet counts.

    Raises:
        SheetError: no such file, not a sheet, too large, or columns missing.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SheetError(f"{path.name}：文件太大，最多20兆。")
        rows = _workbook(path) if path.suffix.lower() in (".xlsx", ".xlsm") else _text(path)
        return _products(rows, path.name)
    except OSError as error:
        raise SheetError(f"{path}：文件打不开。") from error


def _products(rows: Iterable[list[str]], file: str) -> Sheet:
    numbered = ((number, row) for number, row in enumerate(rows, start=1) if any(cell.strip() for cell in row))
    head_at, head = next(numbered, (0, []))
    heads = [cell.strip().split("（")[0].split("(")[0] for cell in head]
    missing = [name for name in _NEEDED if name not in heads]
    if not head_at or missing:
        raise SheetError(f"{file}：第一行要写列名，还缺：{'、'.join(missing or _NEEDED)}。")
    products: dict[str, Product] = {}
    bad: list[BadRow] = []
    for number, row in numbered:
        if number > MOST_ROWS:
            raise SheetError(f"{file}：行数太多，最多{MOST_ROWS}行。")
        cells = {COLUMNS[name]: cell.strip() for name, cell in zip(heads, row, strict=False) if name in COLUMNS}
        try:
            product = Product.model_validate({name: cell for name, cell in cells.items() if cell})
        except ValidationError as error:
            bad.append(BadRow(number, tuple(_problem(item["loc"], item) for item in error.errors())))
            continue
        if product.id in products:
            bad.append(BadRow(number, (f"编号：{product.id}前面已经有了",)))
            continue
        products[product.id] = product
    return Sheet(tuple(products.values()), tuple(bad))


def _problem(place: tuple[int | str, ...], item: object) -> str:
    assert isinstance(item, dict)
    where = _NAMES.get(str(place[0]), str(place[0])) if place else "整行"
    said = str(item["msg"]).removeprefix("Value error, ")
    known = {
        "missing": "没有填",
        "decimal_parsing": "不是数字",
        "int_parsing": "不是整数",
        "greater_than": "要大于零",
        "greater_than_equal": "太小",
        "less_than_equal": "太大",
        "enum": "只能写等额本息、等额本金、先息后本",
        "bool_parsing": "只能写是或者否",
        "date_from_datetime_parsing": "不是日期，要写成2026-11-01",
        "date_parsing": "不是日期，要写成2026-11-01",
        "string_pattern_mismatch": "只能用字母和数字",
        "too_short": "没有填",
    }.get(str(item["type"]), said)
    return f"{where}：{known}"


def _workbook(path: Path) -> Iterator[list[str]]:
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, BadZipFile, KeyError, ValueError) as error:
        raise SheetError(f"{path.name}：不是能读的XLSX表格。") from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield [_cell(value) for value in row]
    finally:
        book.close()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value)


def _text(path: Path) -> Iterator[list[str]]:
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = from_bytes(data, cp_isolation=["gb18030", "big5", "utf_16"]).best()
        if best is None:
            raise SheetError(f"{path.name}：不是文字表格。") from None
        text = str(best)
    if "\0" in text:
        raise SheetError(f"{path.name}：不是文字表格。")
    separator = "\t" if "\t" in text.partition("\n")[0] else ","
    try:
        yield from csv.reader(io.StringIO(text), delimiter=separator)
    except csv.Error as error:
        raise SheetError(f"{path.name}：不是文字表格。") from error
